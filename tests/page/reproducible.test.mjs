// The same file, settings and seed give the same weights to the last bit in Firefox, in Chromium and in Node: the plain build
// alone, and the page in its reproducible mode.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as unrolled from '../node/package.mjs';
import { forms, hashOfTraining, STEPS } from '../node/shared.mjs';
import { plain } from '../plain.mjs';
import { inBrowsers } from './harness.mjs';
import { press, untilJudged, untilReady, untilStatus } from './steps.mjs';

/** A run on the first sample: from the linear model to the training on all rows, dropout in both places, sizes that fill no vector evenly. */
const RUN = { ...plain, from_line: true, all_rows: true, architecture: 'lstm', hidden: 13, layers: 2, dropout: 0.2, head_dropout: 0.2, epochs: 2, seed: 11 };

/** The SHA-256 of this run's weights. */
function weightsInNode() {
  const table = unrolled.table(unrolled.jfk);
  const session = new unrolled.Session(table.series({}).to_parts());
  session.configure({ target: table.understood().suggested_target ?? '', ...RUN });
  while (session.train(1000).state !== 'finished');
  session.stop();
  return hashOfWeights(session.save());
}

/**
 * A saved model is eight bytes with the header's length, the header, whose entries stand in no fixed order, and the weights.
 * @param {Uint8Array} saved
 */
function hashOfWeights(saved) {
  const header = Number(new DataView(saved.buffer, saved.byteOffset).getBigUint64(0, true));
  const weights = saved.subarray(8 + header);
  assert.ok(weights.length > 1000 && weights.some((byte) => byte !== 0), `${weights.length} bytes of weights`);
  return createHash('sha256').update(weights).digest('hex');
}

inBrowsers((browser) => {
  for (const settings of forms(unrolled.catalog())) {
    const name = Object.values(settings).join(', ');
    test(`${name}: ${STEPS} steps give the same weights as in Node`, async (t) => {
      // A page with only the package.
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

  // With or without the word: a link with a seed promises that seed's numbers.
  for (const word of ['&reproducible=true', '']) {
    test(`a link with a seed${word && ' and the word'} gives on the page the model that Node trains, bit by bit`, async (t) => {
      const page = await browser.open({ address: `#sample=jfk&${new URLSearchParams(Object.entries(RUN).map(([key, value]) => [key, String(value)]))}${word}` });
      await untilReady(page);
      await press(page, 'Train');
      await untilStatus(page, 'finished');
      await untilJudged(page);
      const there = await page.run(async () => {
        const { get } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
        for (;;) {
          const { data, shown } = (await get('unrolled-5-open')) ?? { data: '', shown: {} };
          const run = (await get(`unrolled-5-run-${data}-${shown[data]}`))?.run;
          if (run?.status === 'finished' && run.test) return { build: run.build, saved: [...run.bytes] };
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      });
      const [here, hash] = [weightsInNode(), hashOfWeights(Uint8Array.from(there.saved))];
      t.diagnostic(`${browser.name}: SHA-256 of the weights ${hash.slice(0, 16)}…; in Node ${here.slice(0, 16)}…`);
      assert.deepEqual({ build: there.build, hash }, { build: 'plain', hash: here });
      assert.match(await page.text('#rounding'), /bit for bit, in every browser/);
    });
  }
});
