// The picture in the README, docs/page.png: the page after opening, once training has finished.
//   node tests/page/picture.mjs
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Browser, root } from './harness.mjs';
import { press, untilJudged, untilReady } from './steps.mjs';

const browser = new Browser('chromium');
await browser.start();
try {
  const page = await browser.open({ width: 1440, height: 900 });
  await untilReady(page);
  await press(page, 'Train');
  await page.until('the end of training', () => /Finished/.test(document.querySelector('#train')?.textContent ?? ''), { timeout: 180_000 });
  // The verdict on the test part comes a little later, with the last drawing.
  await untilJudged(page);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const height = await page.run(() => Math.ceil(/** @type {Element} */ (document.querySelector('#forecast')).getBoundingClientRect().bottom + scrollY));
  const { data } = await browser.command('browsingContext.captureScreenshot', {
    context: await page.driver.getWindowHandle(),
    origin: 'document',
    clip: { type: 'box', x: 0, y: 0, width: 1440, height },
  });
  const bytes = Buffer.from(data, 'base64');
  await writeFile(path.join(root, 'docs/page.png'), bytes);
  console.log(`docs/page.png: 1440 x ${height}, ${Math.round(bytes.length / 1024)} KB`);
} finally {
  await browser.closePages();
  await browser.stop();
}
