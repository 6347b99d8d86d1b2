// Members of a team that train one model, as in the page's workers but in one thread: the sharing of parts, late peers and lost
// peers change no bit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '../plain.mjs';
import { jfk, Session, table } from './package.mjs';
import { createInbox, ownParts } from '../../www/core/exchange.js';
import { servePeer } from '../../www/core/peer.js';
import { candidates, createTeam } from '../../www/core/team.js';

const parts = table(jfk).series().to_parts();
const settings = {
  ...plain, target: 'temp_c', architecture: 'lstm', hidden: 6, layers: 2, dropout: 0.2, head_dropout: 0.2, window: 24, horizon: 6,
  epochs: 2, shards: 4, schedule: 'plateau', seed: 3,
};

/** @param {any} error */
const fatal = (error) => {
  throw error;
};

/**
 * A team whose peers start after `late` rounds; `more` are other settings.
 * @param {{wanted: number, fit?: number, late?: number, more?: object}} how `fit`: number that fits into memory.
 */
function gather({ wanted, fit = 4, late = 0, more = {} }) {
  const session = new Session(parts);
  const chosen = { ...settings, ...more };
  session.configure(chosen);
  /** @type {number[]} */
  const asked = [];
  /** @type {MessagePort[]} */
  const ends = [];
  /** @type {(() => void)[]} */
  const closing = [];
  const team = createTeam({ session, settings: chosen, shards: 4, wanted, most: 4, fit, ask: (count) => void asked.push(count) });
  const seen = new Set();
  let rounds = 0;
  return {
    session, team, asked, ends, seen,
    async run(most = Infinity) {
      for (let done = 0; done < most && session.parts(); done++) {
        if (rounds++ === late) {
          for (let peer = 0; peer < (asked[0] ?? 0); peer++) {
            const { port1, port2 } = new MessageChannel();
            closing.push(servePeer(new Session(parts), port1, fatal));
            ends.push(port1);
            team.join(port2);
          }
        }
        await team.next();
        seen.add(team.workers());
        // Lets a peer's answers arrive.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    close() {
      team.disband();
      for (const close of closing) close();
    },
  };
}

/** @param {Session} session */
const state = (session) => ({ weights: [...session.weights()], history: session.history(0), why: session.progress().why });

const expected = (() => {
  const session = new Session(parts);
  session.configure(settings);
  while (session.train(1000).state !== 'finished');
  return state(session);
})();

for (const wanted of [1, 2, 4]) {
  for (const late of wanted > 1 ? [0, 40] : [0]) {
    test(`${wanted} members, peers after ${late} rounds: the weights and curves of one`, async () => {
      const it = gather({ wanted, late });
      await it.run();
      assert.deepEqual(it.asked[0] ?? 0, wanted - 1);
      assert.ok(it.seen.has(wanted), `they shared: ${[...it.seen]}`);
      assert.deepEqual(state(it.session), expected);
      it.close();
    });
  }
}

for (const [what, exchange, best, asked] of /** @type {[string, number, number, number[]][]} */ ([
  ['is quick', 1, 4, [3]],
  ['takes longer than it saves', 100, 1, [3, 0]],
  ['is worth it for two', 12, 2, [3, 1]],
])) {
  test(`left to itself a team tries, decides, and lets go whom it does not need: an exchange that ${what}`, async (t) => {
    const it = gather({ wanted: 0 });
    // A part takes ten milliseconds; an exchange, ten for each sharing peer.
    let clock = 0;
    t.mock.method(performance, 'now', () => clock);
    const { part, apply } = it.session;
    t.mock.method(it.session, 'part', (/** @type {number} */ index) => ((clock += 10), part.call(it.session, index)));
    t.mock.method(it.session, 'apply', (/** @type {Float32Array[]} */ round) => {
      clock += it.team.workers() > 1 ? exchange * (it.team.workers() - 1) : 0;
      return apply.call(it.session, round);
    });
    await it.run();
    assert.deepEqual([...it.seen].sort(), [1, 2, 4], 'each was tried');
    assert.equal(it.team.workers(), best);
    assert.deepEqual(it.asked, asked);
    assert.deepEqual(state(it.session), expected);
    it.close();
  });
}

test('a team is no larger than the memory has room for, whatever is wanted', async () => {
  for (const [wanted, fit, asked] of [[4, 2, [1]], [0, 1, []], [4, 1, []]]) {
    const it = gather({ wanted: Number(wanted), fit: Number(fit) });
    await it.run(3);
    assert.deepEqual(it.asked, asked);
    it.close();
  }
});

test('a team that loses its peers in the middle of a round goes on alone', async () => {
  const it = gather({ wanted: 4 });
  await it.run(60);
  assert.equal(it.team.workers(), 4);
  const rest = it.run();
  it.team.disband();
  await rest;
  assert.equal(it.team.workers(), 1);
  assert.deepEqual(it.asked, [3, 0]);
  assert.deepEqual(state(it.session), expected);
  it.close();
});

test('peers whose ports are shut are given up after a while', async (t) => {
  const it = gather({ wanted: 2 });
  await it.run(60);
  assert.equal(it.team.workers(), 2);
  it.ends[0].onmessage = null;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const rest = it.run();
  while (it.team.workers() > 1) {
    t.mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.mock.timers.reset();
  await rest;
  assert.deepEqual(state(it.session), expected);
  it.close();
});

test('an explosion is told once, by the leader', async () => {
  const wild = { architecture: 'gru', hidden: 8, window: 48, horizon: 12, optimiser: 'sgd', learning_rate: 10, clip: 0, init_scale: 10, highway: true, epochs: 50 };
  const it = gather({ wanted: 2, more: wild });
  await assert.rejects(it.run(), { name: 'UnrolledError', code: 'training' });
  it.close();
});

test('only numbers of members that save time are tried, and every part has one member', () => {
  assert.deepEqual(candidates(4, 4), [1, 2, 4]);
  assert.deepEqual(candidates(3, 4), [1, 2]);
  assert.deepEqual(candidates(4, 3), [1, 2, 3]);
  assert.deepEqual(candidates(4, 1), [1]);
  assert.deepEqual(candidates(1, 4), [1]);
  const session = { part: (/** @type {number} */ index) => new Float32Array([index]) };
  for (const sharing of [1, 2, 3, 4]) {
    const all = [0, 1, 2, 3].flatMap((member) => ownParts(session, 7, member, sharing).map(([index]) => index));
    assert.deepEqual(all.sort(), [0, 1, 2, 3, 4, 5, 6]);
  }
});

test('an inbox waits for all parts of its round, and takes those of later rounds meanwhile', async () => {
  const inbox = createInbox();
  const part = (/** @type {number} */ value) => new Float32Array([value]);
  inbox.put(1, [[0, part(10)]]);
  inbox.put(0, [[1, part(1)]]);
  let whole = false;
  const wait = inbox.whole(0, 2).then(() => (whole = true));
  await Promise.resolve();
  assert.equal(whole, false);
  inbox.put(0, [[0, part(0)]]);
  await wait;
  assert.deepEqual(inbox.take(0, 2), [part(0), part(1)]);
  assert.deepEqual([inbox.has(1, 0), inbox.has(0, 0)], [true, false]);
});
