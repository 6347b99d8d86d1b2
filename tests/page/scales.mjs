// Pictures of the forecast of series of four scales in both browsers, at a phone's and a desk's width, light and dark, for a
// person to look at:
//   node tests/page/scales.mjs [--out target/screenshots] [--widths 390,1440]
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PLAIN } from '../plain.mjs';
import { browserNames } from './browsers.mjs';
import { Browser, root } from './harness.mjs';
import { labelsOf, noteLabels, spoilt } from './labels.mjs';
import { billion, passengers, share, sunspots } from './series.mjs';
import { press, untilJudged, untilReady, untilStatus } from './steps.mjs';

const { values } = parseArgs({ options: { out: { type: 'string', default: path.join(root, 'target/screenshots') }, widths: { type: 'string', default: '390,1440' } } });
await mkdir(values.out, { recursive: true });

for (const name of browserNames) {
  const browser = new Browser(name);
  await browser.start();
  try {
    for (const series of [sunspots, passengers, share, billion]) {
      // Trained once, and photographed in each width and theme.
      const page = await browser.open({ before: noteLabels, address: `#${PLAIN}&hidden=16&epochs=10` });
      await untilReady(page);
      await page.dropFile('main', `${series.name}.csv`, series.csv);
      await page.until('the file', (column) => document.querySelector('#forecast figcaption').textContent.startsWith(`${column}, measured`) && !document.querySelector('#train .main').disabled, { args: [series.name] });
      await press(page, 'Train');
      await untilStatus(page, 'finished');
      await untilJudged(page);
      for (const width of values.widths.split(',').map(Number)) {
        await browser.viewport(width, width < 600 ? 844 : 900);
        for (const theme of ['light', 'dark']) {
          if ((await page.run(() => document.documentElement.dataset.theme)) !== theme) await page.run(() => document.querySelector('button[aria-label$="colours"]').click());
          for (const [view, short] of [['The end', 'end'], ['Everything', 'all']]) {
            await press(page, view);
            const chart = await labelsOf(page, '.hero-chart');
            const file = path.join(values.out, `scale-${series.name}-${short}-${name}-${width}-${theme}.png`);
            await page.screenshot(file, '#forecast');
            console.log(path.relative(root, file), ...spoilt(chart));
          }
        }
      }
      for (const problem of await page.takeProblems()) console.log(`  ${problem}`);
    }
  } finally {
    await browser.closePages();
    await browser.stop();
  }
}
