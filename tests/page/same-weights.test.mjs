// The same file, settings and seed give the same weights to the last bit in Firefox, in Chromium and in Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unrolled } from '../node/package.mjs';
import { hashOfTraining } from '../node/shared.mjs';
import { inBrowsers } from './harness.mjs';

const STEPS = 100;

inBrowsers((browser) => {
  for (const { id } of unrolled.catalog().architectures) {
    test(`${id}: ${STEPS} steps`, async () => {
      const page = await browser.open({ address: 'tests/page/fixture/' });
      const inPage = await page.run(
        async (architecture, steps) => {
          const address = (/** @type {string} */ path) => new URL(`../../../${path}`, location.href).href;
          const [module, shared] = await Promise.all([import(address('pkg/unrolled.js')), import(address('tests/node/shared.mjs'))]);
          await module.default();
          return shared.hashOfTraining(module, architecture, steps);
        },
        id,
        STEPS,
      );
      assert.match(inPage, new RegExp(`^${STEPS} steps, `));
      assert.equal(inPage, hashOfTraining(unrolled, id, STEPS));
    });
  }
});
