// The same file, settings and seed give the same weights to the last bit in Firefox, in Chromium and in Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as unrolled from '../node/package.mjs';
import { forms, hashOfTraining, STEPS } from '../node/shared.mjs';
import { inBrowsers } from './harness.mjs';

inBrowsers((browser) => {
  for (const settings of forms(unrolled.catalog())) {
    const name = Object.values(settings).join(', ');
    test(`${name}: ${STEPS} steps give the same weights as in Node`, async (t) => {
      // A page that has nothing but the package.
      const page = await browser.open({ address: 'tests/page/fixture/' });
      const there = await page.run(async (chosen) => {
        const at = (/** @type {string} */ path) => new URL(`../../../${path}`, location.href).href;
        const [core, shared, sample] = await Promise.all([import(at('pkg/unrolled.js')), import(at('tests/node/shared.mjs')), fetch(at('www/samples/jfk_2013_hourly_celsius.csv'))]);
        await core.default();
        return shared.hashOfTraining(core, new Uint8Array(await sample.arrayBuffer()), chosen);
      }, settings);
      const here = await hashOfTraining(unrolled, unrolled.jfk, settings);
      t.diagnostic(`${browser.name}, ${name}: ${there.count} weights, SHA-256 ${there.hash.slice(0, 16)}…; in Node ${here.hash.slice(0, 16)}…`);
      assert.deepEqual(there, here);
    });
  }
});
