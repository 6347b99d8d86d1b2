// `make load`: the time of the built page to its first chart and until it can train, in both browsers, and its size. It is served
// from this machine, so that the time is the browser's; each visit is a first one.
import { browserNames } from '../../tests/page/browsers.mjs';
import { Browser } from '../../tests/page/harness.mjs';
import { untilReady } from '../../tests/page/steps.mjs';
import { printSizes } from '../build/sizes.mjs';

const REPEATS = Number(process.env.REPEATS ?? 7);

/** Runs in the page before its own scripts: notes the times of the awaited events, in milliseconds since the visit began. */
function watch() {
  /** @type {Record<string, number>} */
  const seen = /** @type {any} */ (window).seen = {};
  const drawn = () =>
    [...document.querySelectorAll('canvas')].some((canvas) => {
      const context = canvas.width > 0 && canvas.height > 0 && canvas.getContext('2d');
      return context && context.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0);
    });
  const found = {
    chart: drawn,
    ready: () => /** @type {HTMLButtonElement | null} */ (document.querySelector('#train .main'))?.disabled === false,
  };
  const look = () => {
    for (const [name, is] of Object.entries(found)) if (!(name in seen) && is()) seen[name] = performance.now();
    if (Object.keys(seen).length < 2) setTimeout(look, 5);
  };
  look();
}

/** @param {number[]} numbers */
const spread = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return `${Math.round(sorted[sorted.length >> 1] ?? NaN)} (${Math.round(sorted[0] ?? NaN)} to ${Math.round(sorted.at(-1) ?? NaN)})`;
};

await printSizes();
console.log(`\nmilliseconds from the start of a first visit, median of ${REPEATS} (range)`);
console.log(`${''.padEnd(37)}${'first chart'.padEnd(24)}ready to train`);
for (const name of browserNames) {
  const browser = new Browser(name);
  await browser.start();
  for (const place of ['site', 'file']) {
    /** @type {{chart: number, ready: number}[]} */
    const visits = [];
    // One extra visit to warm the browser up.
    for (let repeat = 0; repeat <= REPEATS; repeat++) {
      const page = await browser.open({ place, before: watch });
      await untilReady(page);
      visits.push(await page.until('the first chart', () => 'chart' in /** @type {any} */ (window).seen && 'ready' in /** @type {any} */ (window).seen && /** @type {any} */ (window).seen));
      await browser.closePages();
    }
    visits.shift();
    const what = place === 'site' ? 'static site' : 'unrolled.html, from disk';
    console.log(`${name.padEnd(10)} ${what.padEnd(26)}${spread(visits.map(({ chart }) => chart)).padEnd(24)}${spread(visits.map(({ ready }) => ready))}`);
  }
  await browser.stop();
}
