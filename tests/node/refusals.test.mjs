// What the package refuses: each error has a sentence, a code and a place, and nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvReader, jfk, parts, Series, Session, small, table, thrown, trainToTheEnd } from './package.mjs';

test('a refusal is an error with a place, and what was there stays', () => {
  const session = new Session(parts());
  const none = { row: null, column: null, knob: null };
  for (const call of [() => session.train(1), () => session.step(), () => session.evaluate('test'), () => session.forecast(1), () => session.save(), () => session.weights()]) {
    assert.deepEqual(thrown(call), { code: 'not-ready', ...none });
  }
  session.configure(small);
  session.step();
  const before = { configured: session.configured(), weights: session.current_weights() };
  /** @type {[unknown, string, string][]} */
  const wrong = [
    [{ hidden: 100_000 }, 'knob', 'hidden'],
    [{ hidden: 3.5 }, 'knob', 'hidden'],
    [{ hidden: NaN }, 'knob', 'hidden'],
    [{ hidden: 'many' }, 'knob', 'hidden'],
    [{ architecture: 'perceptron' }, 'knob', 'architecture'],
    [{ target: 'nowhere' }, 'knob', 'target'],
    [{ inputs: 'nowhere' }, 'knob', 'inputs'],
    [{ split: '70/10/30' }, 'knob', 'split'],
    [{ calendar: 'perhaps' }, 'knob', 'calendar'],
    [{ hiden: 8 }, 'unknown-knob', 'hiden'],
    ['hidden', 'knob', 'settings'],
    [[1, 2], 'knob', 'settings'],
  ];
  for (const [settings, code, knob] of wrong) {
    assert.deepEqual(thrown(() => session.configure(/** @type {any} */ (settings))), { ...none, code, knob }, JSON.stringify(settings));
  }
  assert.deepEqual(thrown(() => session.configure({ window: 9000 })), { ...none, code: 'too-short' });
  assert.deepEqual(thrown(() => session.load(new Uint8Array(100))), { ...none, code: 'model' });
  assert.deepEqual(thrown(() => session.evaluate(/** @type {any} */ ('train'))), { ...none, code: 'not-ready' });
  for (const steps of [0, 121, -1]) assert.deepEqual(thrown(() => session.forecast(steps)), { ...none, code: 'not-ready' });
  for (const lead of [0, 13]) assert.deepEqual(thrown(() => session.predictions('test', lead)), { ...none, code: 'not-ready' });
  assert.deepEqual(thrown(() => session.sample(1e6)), { ...none, code: 'not-ready' });
  assert.deepEqual({ configured: session.configured(), weights: session.current_weights() }, before);
});

test('what is no series is refused', () => {
  const good = { axis: { start: 0, step: { unit: 'rows' }, len: 2, utc: false }, names: ['a'], columns: [Float64Array.of(1, 2)] };
  Series.from_parts(/** @type {any} */ (good));
  for (const bad of [null, 5, {}, { ...good, names: ['a', 'b'] }, { ...good, columns: [[1, 2]] }, { ...good, axis: { ...good.axis, len: 3 } }, { ...good, axis: { ...good.axis, step: { unit: 'fortnights' } } }, { ...good, axis: { ...good.axis, step: { unit: 'milliseconds', count: 0 } } }, { ...good, names: ['a', 'a'], columns: [Float64Array.of(1, 2), Float64Array.of(3, 4)] }]) {
    for (const make of [() => Series.from_parts(/** @type {any} */ (bad)), () => new Session(/** @type {any} */ (bad))]) {
      assert.deepEqual(thrown(make), { code: 'not-ready', row: null, column: null, knob: null }, JSON.stringify(bad));
    }
  }
});

test('a file that is no table is refused, with its place', () => {
  const text = (/** @type {string} */ csv) => () => table(new TextEncoder().encode(csv));
  assert.equal(thrown(() => new CsvReader().finish()).code, 'empty');
  assert.equal(thrown(text('<!doctype html><p>Sign in</p>')).code, 'html');
  assert.ok(thrown(text('only,names\n')).code);
  assert.equal(thrown(() => new CsvReader(/** @type {any} */ ({ delimeter: ';' }))).code, 'knob', 'a misspelt option');
  assert.equal(thrown(() => new CsvReader(/** @type {any} */ ({ decimal: '!' }))).code, 'knob');
  assert.equal(thrown(() => table(jfk).series({ columns: ['nowhere'] })).knob, 'columns');
  assert.equal(thrown(() => table(jfk).series().suggest('nowhere')).column, 'nowhere');
  const reader = new CsvReader();
  reader.push(jfk);
  reader.finish();
  assert.equal(thrown(() => reader.finish()).code, 'not-ready', 'a reader reads one file');
});

test('a model that would take more memory than there is is refused before it starts, with a knob and a value that fit', () => {
  const large = { target: 'temp_c', architecture: 'lstm', hidden: 512, layers: 4, window: 2000, segment: 1, batch_size: 1024 };
  const session = new Session(parts());
  // In 32 bits, these 100 GB and more would overflow to a small number.
  const { code, knob } = thrown(() => session.configure(large));
  assert.deepEqual([code, knob], ['memory', 'hidden']);
  assert.equal(session.configured(), null);
  const message = (/** @type {Record<string, unknown>} */ more, memory = session) => {
    try {
      memory.configure({ ...large, ...more });
      return '';
    } catch (error) {
      return /** @type {Error} */ (error).message;
    }
  };
  assert.match(message({}), /^Hidden units: training would take about \d+ GB of memory, and 3\.0 GB are available; /);
  // Every size up to the knobs' bounds is predicted in 64 bits, so that no refused one would pass.
  for (const hidden of [64, 128, 256, 512]) {
    for (const window of [500, 2000, 4000]) {
      for (const batch_size of [64, 256, 1024]) {
        const settings = { ...large, hidden, window, batch_size, layers: 1 };
        // Four gates, two states and the gradients of all, of so many windows in a part.
        const least = 6 * hidden * window * (batch_size / 4) * 4;
        let taken = 0;
        try {
          taken = session.configure(settings).memory_bytes;
        } catch {
          continue;
        }
        assert.ok(taken >= least && taken <= 3e9, `${JSON.stringify({ hidden, window, batch_size })}: ${taken} bytes, at least ${least}`);
      }
    }
  }
  const little = new Session(parts(), 0.25);
  const usual = { ...large, hidden: 256, layers: 2, window: 168, batch_size: 64 };
  assert.equal(message(usual), '', 'what fits the usual machine');
  assert.match(message(usual, little), /and 269 MB are available; /, 'and not one of a quarter of a gigabyte');
  for (const free of [session, little]) free.free();
});

test('the parts of a step do not depend on how wide addresses are', () => {
  // 168 steps, 225 windows and 797,720 weights: the number of multiplications overflows 32 bits to almost zero.
  const session = new Session(parts());
  const { settings } = session.configure({ target: 'temp_c', architecture: 'lstm', hidden: 256, layers: 2, window: 168, horizon: 24, segment: 1, batch_size: 225 });
  assert.equal(settings.shards, 4);
  session.free();
});

test('times beyond the calendar are refused by the file, the settings and plain parts alike', () => {
  const yearly = (/** @type {number} */ to) => Buffer.from(Array.from({ length: 200 }, (_, i) => `${to - 199 + i}-01-01,${i % 7}`).join('\n'));
  assert.deepEqual(thrown(() => table(yearly(9999)).series()), { code: 'column', row: null, column: 'column 1', knob: null });
  const near = table(yearly(9990)).series().to_parts();
  const session = new Session(near);
  const { code, knob } = thrown(() => session.configure({ horizon: 30, window: 12 }));
  assert.deepEqual([code, knob], ['knob', 'horizon']);
  session.configure({ window: 12, horizon: 3, epochs: 1, hidden: 4 });
  trainToTheEnd(session);
  for (const time of session.forecast(9).times) assert.match(new Date(time).toISOString(), /^999\d-01-01T/);
  assert.equal(thrown(() => session.forecast(10)).code, 'not-ready');
  session.free();
  // As an older version may have stored them.
  for (const axis of [{ start: 253_370_764_800_000, step: { unit: 'months', count: 12 } }, { start: 0, step: { unit: 'months', count: 1_000_000 } }]) {
    const bad = /** @type {any} */ ({ names: ['x'], columns: [new Float64Array(5)], axis: { ...axis, len: 5, utc: true } });
    assert.equal(thrown(() => new Session(bad)).code, 'not-ready');
  }
});
