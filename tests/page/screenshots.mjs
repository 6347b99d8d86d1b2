// Pictures of the page in both browsers, at a phone's and a desk's width, light and dark, for a person to look at:
//   node tests/page/screenshots.mjs --out DIR [--place built|source|site|file] [--address REST] [--train SECONDS] [--widths 390,1440]
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { browserNames } from './browsers.mjs';
import { Browser } from './harness.mjs';
import { press, untilReady } from './steps.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    place: { type: 'string', default: 'built' },
    address: { type: 'string', default: '' },
    train: { type: 'string', default: '0' },
    widths: { type: 'string', default: '390,1440' },
  },
});
if (!values.out) throw new Error('Say where to: --out DIR');
await mkdir(values.out, { recursive: true });

for (const name of browserNames) {
  for (const dark of [false, true]) {
    const browser = new Browser(name);
    await browser.start({ dark });
    try {
      for (const width of values.widths.split(',').map(Number)) {
        const page = await browser.open({ place: values.place, address: values.address, width, height: width < 600 ? 844 : 900 });
        // The first chart, if the page has one; otherwise the page after a moment.
        await page.until('a chart', () => document.querySelector('canvas'), { timeout: 5000 }).catch(() => {});
        if (Number(values.train) > 0) {
          await untilReady(page);
          await press(page, 'Train');
          await new Promise((resolve) => setTimeout(resolve, 1000 * Number(values.train)));
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
        const file = path.join(values.out, `${name}-${width}-${dark ? 'dark' : 'light'}.png`);
        await page.screenshot(file);
        console.log(file);
        for (const problem of await page.takeProblems()) console.log(`  ${problem}`);
      }
    } finally {
      await browser.closePages();
      await browser.stop();
    }
  }
}
