// No change of the structure moves a weight: each architecture, in every form, trains to the same bits as before. A change of the
// computation updates the hashes in the same commit: `UPDATE=1 node --test tests/node/weights.test.mjs`.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as unrolled from './package.mjs';
import { forms, hashOfTraining } from './shared.mjs';

const file = 'tests/data/weights.json';

test('every architecture trains to the weights that it had', async () => {
  /** @type {Record<string, {count: number, hash: string}>} */
  const found = {};
  for (const form of forms(unrolled.catalog())) found[Object.values(form).join(' ')] = await hashOfTraining(unrolled, unrolled.jfk, form);
  if (process.env.UPDATE) writeFileSync(new URL(`../../${file}`, import.meta.url), `${JSON.stringify(found, null, 1)}\n`);
  assert.deepEqual(found, JSON.parse(String(unrolled.read(file))));
});
