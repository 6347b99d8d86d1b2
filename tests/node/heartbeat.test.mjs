// The page's question about a silent worker, and the message for a person who presses a button meanwhile; with a clock of the
// test's own.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { turns } from '../../www/actions/turns.js';
import { createHeartbeat } from '../../www/core/heartbeat.js';
import { BEAT, PIECES, SILENCE } from '../../www/core/patience.js';

/** A heartbeat with a clock of the test's own. @param {import('node:test').TestContext} t */
function beating(t) {
  let now = 0;
  t.mock.timers.enable({ apis: ['setInterval'] });
  t.mock.method(performance, 'now', () => now);
  const it = { awaited: true, pings: 0, told: /** @type {number[]} */ ([]) };
  const heart = createHeartbeat({
    awaited: () => it.awaited,
    ping: () => void it.pings++,
    tell: (milliseconds) => void it.told.push(milliseconds),
  });
  /** @param {number} milliseconds @param {number} [slept] Milliseconds for which no timer ran, before them. */
  const pass = (milliseconds, slept = 0) => {
    now += slept;
    for (let beats = Math.round(milliseconds / BEAT); beats > 0; beats--) {
      now += BEAT;
      t.mock.timers.tick(BEAT);
    }
  };
  return { it, heart, pass };
}

test('a worker that is waited for is pinged, and asked about after its silence', (t) => {
  const { it, heart, pass } = beating(t);
  heart.watch();
  pass(SILENCE);
  assert.equal(it.pings, 1, 'once, until it answers');
  assert.deepEqual(it.told, []);
  pass(BEAT);
  assert.equal(it.told.length, 1);
  assert.ok(it.told[0] > SILENCE);
  heart.heard();
  assert.deepEqual(it.told.slice(1), [0], 'what was asked is taken back');
  pass(BEAT);
  assert.equal(it.pings, 2);
});

test('one that is idle is not pinged and never asked about', (t) => {
  const { it, heart, pass } = beating(t);
  it.awaited = false;
  heart.watch();
  pass(100 * SILENCE);
  assert.deepEqual([it.pings, it.told], [0, []]);
});

test('one whose pieces of work are long is given five times as long again', (t) => {
  const { it, heart, pass } = beating(t);
  const piece = 6 * BEAT;
  heart.watch();
  pass(piece);
  heart.heard();
  pass(SILENCE + PIECES * piece);
  assert.deepEqual(it.told, []);
  pass(BEAT);
  assert.equal(it.told.length, 1);
});

test('a page that slept accuses nobody', (t) => {
  const { it, heart, pass } = beating(t);
  heart.watch();
  pass(SILENCE / 2, 1000 * SILENCE);
  assert.deepEqual(it.told, []);
  heart.heard();
  // Nor does the sleep count as a piece of work.
  pass(SILENCE + PIECES * (SILENCE / 2 + 2 * BEAT));
  assert.equal(it.told.length, 1);
});

test('a person who waits is asked again later; the time until the core has come is no piece of work', (t) => {
  const { it, heart, pass } = beating(t);
  heart.watch();
  pass(SILENCE + BEAT);
  heart.wait();
  assert.deepEqual(it.told.slice(1), [0]);
  pass(SILENCE);
  assert.equal(it.told.length, 2);
  pass(2 * SILENCE);
  assert.equal(it.told.length, 3);
  heart.anew();
  pass(SILENCE + BEAT);
  assert.equal(it.told.filter(Boolean).length, 3);
});

test('a press that is not done soon is named until it is done, and one that fails holds up nobody', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    /** @type {string[][]} */
    const told = [];
    const inTurn = turns((names) => void told.push(names));
    /** @type {(value?: unknown) => void} */ let finish = () => {};
    const slow = inTurn(() => new Promise((resolve) => (finish = resolve)), 'Pause');
    const failing = inTurn(async () => {
      throw new Error('no');
    }, 'Stop');
    const quick = inTurn(async () => 'done', 'Train');
    const [first, second, third] = [slow(), failing(), quick()];
    second.catch(() => {});
    await Promise.resolve();
    mock.timers.tick(10_000);
    assert.deepEqual(told.at(-1), ['Pause', 'Stop', 'Train']);
    finish();
    await first;
    await assert.rejects(second);
    assert.equal(await third, 'done');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(told.at(-1), []);
    const many = told.length;
    await quick();
    mock.timers.tick(10_000);
    assert.equal(told.length, many, 'what is done at once is not spoken of');
  } finally {
    mock.timers.reset();
  }
});
