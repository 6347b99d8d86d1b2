// The counts of test scorings: counted before each scoring, over visits and tabs, whatever the browser stores.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

/** @type {Map<string, string>} */
let kept = new Map();
let refuses = false;
/** @type {Record<string, () => void>} */
let heard = {};
Object.assign(globalThis, {
  localStorage: {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem(/** @type {string} */ key, /** @type {string} */ value) {
      if (refuses) throw new Error('full');
      kept.set(key, value);
    },
    removeItem: (/** @type {string} */ key) => void kept.delete(key),
  },
  addEventListener: (/** @type {string} */ type, /** @type {() => void} */ hear) => void (heard[type] = hear),
});

let visits = 0;
/** The module in a new tab. @returns {Promise<any>} */
const visit = () => import(`../../www/state/scored.js?${++visits}`);

/** The answer of a worker that continues the count. @type {any} */
const scores = async (/** @type {string} */ _, /** @type {any} */ { before }) => ({ evaluation: { scored_times: before + 1 } });
/** @param {string} fingerprint @returns {any} */
const of = (fingerprint) => ({ id: 1, configured: { fingerprint } });

beforeEach(() => {
  kept = new Map();
  refuses = false;
});

test('scorings are counted for each experiment, in two workers at once and over visits', async () => {
  const { score } = await visit();
  const answers = await Promise.all([score(scores, of('a'), null), score(scores, of('a'), null), score(scores, of('b'), null)]);
  assert.deepEqual(answers.map(({ evaluation }) => evaluation.scored_times), [1, 2, 1]);
  const next = await visit();
  assert.equal((await next.score(scores, of('a'), null)).evaluation.scored_times, 3);
  // The first tab reads the other's counts before it adds to them.
  assert.equal((await score(scores, of('a'), null)).evaluation.scored_times, 4);
});

test('what other tabs count is told, and what is no scoring is not counted', async () => {
  const [here, there] = [await visit(), await visit()];
  let told = {};
  here.watchScored((/** @type {any} */ scored) => (told = scored));
  assert.deepEqual(told, {});
  await there.score(scores, of('a'), null);
  heard.storage();
  assert.deepEqual(told, { a: 1 });
  await assert.rejects(here.score(async () => Promise.reject(new Error('gone')), of('a'), null), /gone/);
  assert.deepEqual(told, { a: 1 });
  await here.score(async () => ({ evaluation: { scored_times: 1 } }), of('a'), null);
  assert.deepEqual(told, { a: 1 }, 'the same weights, which were scored before');
  assert.equal(await here.score(async () => null, of('a'), null), null);
  assert.deepEqual(told, { a: 1 }, 'the worker holds another run');
});

test('a count that cannot be read is set aside, and the next begins anew', async () => {
  for (const damaged of ['{"a": -1}', '{"a": 1.5}', '[3]', '{"a": "3"}', 'null', '7', '{"a":']) {
    kept = new Map([['unrolled-scored', damaged]]);
    const { score, watchScored } = await visit();
    /** @type {string[]} */ const said = [];
    watchScored((/** @type {any} */ _, /** @type {string} */ fault) => said.push(fault));
    assert.equal((await score(scores, of('a'), null)).evaluation.scored_times, 1, damaged);
    assert.deepEqual(said.map((fault) => /set aside/.test(fault)), [true, false], damaged);
    assert.deepEqual([...kept].sort(), [['unrolled-scored', '{"a":1}'], ['unrolled-scored-aside', damaged]]);
  }
});

test('where the browser keeps nothing, the count goes on in this tab', async () => {
  refuses = true;
  const { score } = await visit();
  for (const times of [1, 2, 3]) assert.equal((await score(scores, of('a'), null)).evaluation.scored_times, times);
});

test('the oldest of a thousand experiments is forgotten first', async () => {
  kept = new Map([['unrolled-scored', JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`f${at}`, 2])))]]);
  const { score } = await visit();
  assert.equal((await score(scores, of('f0'), null)).evaluation.scored_times, 3);
  assert.equal((await score(scores, of('new'), null)).evaluation.scored_times, 1);
  const left = JSON.parse(kept.get('unrolled-scored') ?? '{}');
  assert.deepEqual([Object.keys(left).length, left.f0, left.f1, left.new], [1000, 3, undefined, 1]);
});
