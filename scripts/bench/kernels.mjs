// GFLOP/s of our matrix products and nalgebra's `gemm`, at the shapes of jobs S and M, in both browsers and both builds. A
// multiply-add is two operations. scripts/bench/kernels.sh builds them.
import { fileURLToPath } from 'node:url';
import { browserNames } from '../../tests/page/browsers.mjs';
import { Browser } from '../../tests/page/harness.mjs';

/** Rows, inner size and columns of one product. @type {Record<string, [number, number, number]>} */
export const shapes = {
  'S forward (256×64 · 64×32)': [256, 64, 32],
  'S backward (64×256 · 256×32)': [64, 256, 32],
  'S weights (256×768 · 768×64)': [256, 64, 768],
  'M forward (512×128 · 128×64)': [512, 128, 64],
  'M backward (128×512 · 512×64)': [128, 512, 64],
  'M weights (512×10752 · 10752×128)': [512, 128, 10752],
};
export const kinds = ['packed', 'packing', 'outer', 'nalgebra'];

/**
 * Runs in the page: the best of several repeats, since other programs can only slow it down.
 * @param {string} build
 * @param {Record<string, [number, number, number]>} shapes
 * @param {string[]} kinds
 * @param {number} budget Milliseconds for a repeat.
 */
async function time(build, shapes, kinds, budget) {
  const { default: start, Product } = await import(new URL(`../../../target/kernels/${build}/kernels.js`, location.href).href);
  await start();
  /** @type {Record<string, Record<string, number>>} */
  const rates = {};
  for (const [name, [rows, inner, n]] of Object.entries(shapes)) {
    /** @type {Record<string, number>} */
    const row = (rates[name] = {});
    const product = new Product(rows, inner, n);
    for (const kind of kinds) {
      const operations = 2 * rows * inner * n;
      const times = Math.max(1, Math.round((budget / 1000) * 2e10 / operations));
      let best = Infinity;
      for (let repeat = 0; repeat < 6; repeat++) {
        const from = performance.now();
        product[kind](times);
        best = Math.min(best, performance.now() - from);
      }
      row[kind] = (operations * times) / best / 1e6;
    }
    product.free();
  }
  return rates;
}

/** @returns {Promise<{browser: string, build: string, rates: Record<string, Record<string, number>>}[]>} */
export async function measureKernels() {
  const found = [];
  for (const name of browserNames) {
    const browser = new Browser(name);
    await browser.start();
    for (const build of ['plain', 'relaxed']) {
      const page = await browser.open({ address: 'tests/page/fixture/' });
      found.push({ browser: name, build, rates: await page.run(time, build, shapes, kinds, 40) });
      await browser.closePages();
    }
    await browser.stop();
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { browser, build, rates } of await measureKernels()) {
    console.log(`\n${browser}, ${build}: GFLOP/s`.padEnd(40) + kinds.map((kind) => kind.padStart(10)).join(''));
    for (const [shape, row] of Object.entries(rates)) {
      console.log(shape.padEnd(38) + kinds.map((kind) => (row[kind] ?? NaN).toFixed(1).padStart(10)).join(''));
    }
  }
}
