// The page's choice between the two builds of the core, and its words about it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as unrolled from '../node/package.mjs';
import { forms } from '../node/shared.mjs';
import { PLAIN } from '../plain.mjs';
import { inBrowsers } from './harness.mjs';
import { press, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** A short training. */
const SMALL = `${PLAIN}&sample=co2&hidden=4&epochs=1`;

/** Tolerance, as a share of the largest weight: the effect of one rounding in place of two over 100 steps. */
const TOLERANCE = 1e-4;

/** The requested wasm files. @param {import('./harness.mjs').Page} page */
const loaded = (page) =>
  (page.server?.requests ?? []).filter((line) => /\.wasm$/.test(line)).map((line) => line.replace(/^.*\//, ''));

/** In the page: whether this browser has relaxed SIMD, by another method than the page's own. */
const hasRelaxed = () =>
  WebAssembly.validate(
    Uint8Array.from(
      [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
    ),
  );

inBrowsers((browser) => {
  test('the fastest build that the browser knows is loaded, once for both workers, and named', async () => {
    const page = await browser.open({ address: `#${SMALL}` });
    await untilReady(page);
    const fast = await page.run(hasRelaxed);
    assert.deepEqual(loaded(page), [fast ? 'unrolled_relaxed_bg.wasm' : 'unrolled_bg.wasm']);
    assert.match(await page.text('#rounding'), fast ? /relaxed SIMD/ : /plain SIMD/);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    assert.match(await page.text('#rounding'), fast ? /^This model was computed by the relaxed SIMD/ : /plain SIMD/);
  });

  test('without relaxed SIMD the plain build is loaded', async () => {
    const page = await browser.open({
      address: `#${SMALL}`,
      before: () => {
        const { validate } = WebAssembly;
        // The opcode of a relaxed instruction.
        WebAssembly.validate = (bytes) => !new Uint8Array(/** @type {any} */ (bytes)).includes(0x85) && validate(bytes);
      },
    });
    await untilReady(page);
    assert.deepEqual(loaded(page), ['unrolled_bg.wasm']);
    assert.match(await page.text('#rounding'), /plain SIMD/);
  });

  test('while the package has no relaxed build yet the plain one computes, and after a reload the fastest that is there', async () => {
    let here = "['plain']";
    // pkg/ as `make serve` leaves it until the relaxed build is finished.
    const page = await browser.open({ address: `#${SMALL}`, replace: { 'pkg/builds.js': () => `export const builds = ${here};` } });
    await untilReady(page);
    assert.deepEqual(loaded(page), ['unrolled_bg.wasm']);
    assert.match(await page.text('#rounding'), /plain SIMD/);
    here = "['plain', 'relaxed']";
    await page.reload();
    await untilReady(page);
    const fast = await page.run(hasRelaxed);
    if (fast) assert.deepEqual(loaded(page), ['unrolled_bg.wasm', 'unrolled_relaxed_bg.wasm']);
    assert.match(await page.text('#rounding'), fast ? /relaxed SIMD/ : /plain SIMD/);
  });

  test('without SIMD the page says so, and what to do', async () => {
    const page = await browser.open({
      before: () => {
        WebAssembly.validate = () => false;
      },
    });
    const said = await page.until('the sentence', () => {
      const box = /** @type {HTMLElement} */ (document.querySelector('#boot'));
      return box && !box.hidden ? box.textContent : null;
    });
    assert.match(String(said), /WebAssembly SIMD, which this browser lacks\. Open the page in a current Firefox/);
    // It stays: nothing later replaces it.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(await page.text('#boot'), said);
    assert.deepEqual(loaded(page), []);
  });

  test('a host that does not know what wasm is will do', async () => {
    const page = await browser.open({
      address: `#${SMALL}`,
      before: () => {
        const { fetch } = window;
        window.fetch = async (...request) => {
          const response = await fetch(...request);
          return new Response(response.body, { status: response.status, headers: { 'Content-Type': 'application/octet-stream' } });
        };
      },
    });
    await untilReady(page);
  });

  for (const settings of browser.cases(forms(unrolled.catalog()))) {
    const name = Object.values(settings).join(', ');
    test(`${name}: both builds start with the same JavaScript and train to nearly the same weights`, async (t) => {
      const page = await browser.open({ address: 'tests/page/fixture/' });
      if (!(await page.run(hasRelaxed))) return t.skip('this browser has no relaxed SIMD');
      const apart = await page.run(async (chosen) => {
        const at = (/** @type {string} */ path) => new URL(`../../../${path}`, location.href).href;
        const sample = new Uint8Array(await (await fetch(at('www/samples/jfk_2013_hourly_celsius.csv'))).arrayBuffer());
        const { base, weightsOf } = await import(at('tests/node/shared.mjs'));
        /** @type {Float32Array[]} */
        const weights = [];
        for (const file of ['unrolled_bg.wasm', 'unrolled_relaxed_bg.wasm']) {
          // A module for each, because a package has one wasm.
          const core = await import(at(`pkg/unrolled.js?${file}`));
          await core.default({ module_or_path: at(`pkg/${file}`) });
          weights.push(weightsOf(core, sample, chosen));
        }
        const [plain, relaxed] = weights;
        const largest = plain.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
        // A parameter that no output depends on has only rounding errors as a gradient, which Adam turns into whole steps; its
        // range is left out. The bias of attention's keys (the middle third of in_proj_bias) shifts all scores of a query alike,
        // which softmax ignores; that of an sLSTM's input gates (the first quarter) scales cell and normaliser alike.
        const core = await import(at('pkg/unrolled.js?unrolled_bg.wasm'));
        const reader = new core.CsvReader();
        reader.push(sample);
        const { rows } = new core.Session(reader.finish().series().to_parts()).configure({ ...base, ...chosen }).parameters;
        const idle = new Set();
        let from = 0;
        for (const { name, count } of rows) {
          if (name.endsWith('slstm_cell._bias_')) for (let k = 0; k < count / 4; k++) idle.add(from + k);
          if (name.endsWith('in_proj_bias')) for (let k = count / 3; k < (2 * count) / 3; k++) idle.add(from + k);
          from += count;
        }
        return plain.reduce((most, weight, k) => (idle.has(k) ? most : Math.max(most, Math.abs(weight - relaxed[k]))), 0) / largest;
      }, settings);
      t.diagnostic(`${browser.name}, ${name}: largest difference ${apart.toExponential(1)} of the largest weight`);
      assert.ok(apart <= TOLERANCE, `${apart}`);
    });
  }

  test('the switch makes the next model reproducible, and the address says so', async () => {
    const page = await browser.open({ address: `#${SMALL}` });
    await untilReady(page);
    const fast = await page.run(hasRelaxed);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await page.run(() => /** @type {HTMLElement} */ (document.querySelector('#reproducible')).click());
    await page.until('the address', () => location.hash.includes('reproducible=true'));
    if (fast) {
      assert.match(await page.text('#rounding'), /^This model was computed by the relaxed/, 'what is there is not touched');
      await press(page, 'Train again');
      await page.until('another model', () => /^This model was computed by the plain/.test(document.querySelector('#rounding')?.textContent ?? ''));
      await untilStatus(page, 'finished');
      assert.deepEqual(loaded(page), ['unrolled_relaxed_bg.wasm', 'unrolled_bg.wasm']);
    }
    await untilJudged(page);
    await untilKept(page, 'the newest model', ({ runs, open }) => runs.length === (fast ? 2 : 1) && runs.at(-1)?.judged && open?.shown[open.data] === runs.at(-1)?.id);
    await page.reload();
    await untilReady(page);
    // The model is back, and matches the settings: no button asks to train it again.
    await page.until('the model of this visit', () => document.querySelector('#train .main')?.textContent === 'Another seed');
    assert.equal(await page.run(() => /** @type {HTMLInputElement} */ (document.querySelector('#reproducible')).checked), true);
  });
});
