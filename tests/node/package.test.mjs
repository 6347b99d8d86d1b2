// The package without the page: what a person does with it in Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unrolled } from './package.mjs';
import { hashOfTraining, noisyWave, sessionOn } from './shared.mjs';

const { catalog, CsvReader } = unrolled;

/** Trains until it has finished, at most for so long. @param {import('../../pkg/unrolled.js').Session} session @param {number} seconds */
function train(session, seconds) {
  const end = performance.now() + 1000 * seconds;
  let progress = session.progress();
  while (progress.state !== 'finished' && performance.now() < end) progress = session.train(50);
  return progress;
}

test('the catalog lists architectures and the knobs they read', () => {
  const { architectures, knobs, version } = catalog();
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.ok(architectures.length >= 3, `${architectures.length} architectures`);
  const keys = new Set(knobs.map((knob) => knob.key));
  for (const { id, knobs: read } of architectures) {
    for (const key of read) assert.ok(keys.has(key), `${id} reads ${key}, which is no knob`);
  }
});

for (const { id } of catalog().architectures) {
  test(`${id}: from a file to a forecast with the right times and a held-out error`, () => {
    const session = sessionOn(unrolled, noisyWave(1200), { architecture: id, epochs: 10 });
    train(session, 20);
    assert.equal(session.stop().state, 'finished');

    const { rows, sentence } = session.evaluate('test');
    const errorOf = (/** @type {string} */ row) => /** @type {number} */ (rows.find((each) => each.id === row)?.mae);
    assert.ok(errorOf('model') < errorOf('last'), sentence);

    const { times, values, lower, upper } = session.forecast(30);
    assert.equal(times.length, 30);
    assert.equal(times[0], Date.UTC(2024, 0, 1, 1200));
    assert.equal(times[29], Date.UTC(2024, 0, 1, 1229));
    values.forEach((value, step) => {
      assert.ok(/** @type {number} */ (lower[step]) <= value && value <= /** @type {number} */ (upper[step]), `step ${step}`);
      assert.ok(Math.abs(value - 15) < 12, `step ${step}: ${value} is no temperature of this wave`);
    });

    // A saved model says the same in another session.
    const saved = session.save();
    const other = sessionOn(unrolled, noisyWave(1200));
    other.load(saved);
    assert.deepEqual(other.forecast(30).values, values);
  });
}

test('the same seed gives the same weights, another seed others', () => {
  assert.equal(hashOfTraining(unrolled, 'lstm', 20), hashOfTraining(unrolled, 'lstm', 20));
  const first = sessionOn(unrolled, noisyWave(600), { seed: 1 });
  const second = sessionOn(unrolled, noisyWave(600), { seed: 2 });
  assert.notDeepEqual(first.current_weights(), second.current_weights());
});

test('a wrong setting is refused, names its knob, and leaves what was configured', () => {
  const session = sessionOn(unrolled, noisyWave(600), { hidden: 16 });
  const before = session.configured();
  assert.throws(() => session.configure({ hidden: -3 }), { name: 'UnrolledError', code: 'knob', knob: 'hidden' });
  assert.throws(() => session.configure({ nonsense: 1 }), { name: 'UnrolledError', code: 'unknown-knob', knob: 'nonsense' });
  assert.deepEqual(session.configured(), before);
});

test('what is no table is refused in one sentence', () => {
  for (const text of ['', '<!doctype html><html><body>no</body></html>', '{"a": [1, 2]}', 'only,a,header\n']) {
    const reader = new CsvReader();
    assert.throws(
      () => {
        reader.push(new TextEncoder().encode(text));
        reader.finish().series();
      },
      (/** @type {any} */ error) => error.name === 'UnrolledError' && error.message.length > 10,
      text.slice(0, 20),
    );
  }
});
