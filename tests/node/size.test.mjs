// A visitor's download stays within its budget (scripts/build/sizes.mjs).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { BUDGET, coreSizes, firstVisit, packed, siteSizes } from '../../scripts/build/sizes.mjs';

for (const { name, bytes, brotli } of await coreSizes()) {
  test(`${name} is within its budget`, (t) => {
    t.diagnostic(`${bytes} bytes, ${brotli} packed, of ${BUDGET.wasm}`);
    assert.ok(brotli <= BUDGET.wasm, `${brotli} bytes packed, ${brotli - BUDGET.wasm} more than the budget`);
  });
}

const built = existsSync(new URL('../../dist/unrolled.html', import.meta.url)) ? {} : { skip: 'dist/ is not built: make build' };
test('a first visit to the static site is within its budget', built, async (t) => {
  const files = firstVisit(await siteSizes());
  for (const part of [/index\.html$/, /main\.js$/, /worker\.js$/, /\.css$/, /\.wasm$/, /\.csv$/]) {
    assert.equal(files.filter(({ name }) => part.test(name)).length, 1, `${part} is loaded once`);
  }
  t.diagnostic(`${packed(files)} bytes packed, of ${BUDGET.page}`);
  assert.ok(packed(files) <= BUDGET.page, `${packed(files)} bytes packed`);
});
