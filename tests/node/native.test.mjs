// The library compiled for this machine and the package compiled for wasm train to the same weights, within a tolerance.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import * as unrolled from './package.mjs';
import { base, forms, STEPS, weightsOf } from './shared.mjs';

/** Tolerance, as a share of the largest weight. A native compiler may fuse or reorder operations, unlike wasm, and 100 steps accumulate the difference. */
const TOLERANCE = 1e-3;

const root = fileURLToPath(new URL('../../', import.meta.url));

for (const settings of forms(unrolled.catalog())) {
  test(`${Object.values(settings).join(', ')}: ${STEPS} steps natively and in wasm`, (t) => {
    const sample = `${root}www/samples/jfk_2013_hourly_celsius.csv`;
    const printed = execFileSync('cargo', ['run', '-q', '--example', 'weights', '--', sample, String(STEPS), JSON.stringify({ ...base, ...settings })], { cwd: root, encoding: 'utf8' });
    const native = Float32Array.from(printed.trimEnd().split('\n'), Number);
    const wasm = weightsOf(unrolled, unrolled.jfk, settings);
    assert.equal(native.length, wasm.length);
    const largest = wasm.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    const apart = wasm.reduce((most, weight, k) => Math.max(most, Math.abs(weight - native[k])), 0) / largest;
    t.diagnostic(`${wasm.length} weights, largest difference ${apart.toExponential(1)} of the largest weight`);
    assert.ok(apart <= TOLERANCE, `${apart}`);
  });
}
