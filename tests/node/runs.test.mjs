// The list of runs: names, boards, differences. The package configures the models; their errors are invented.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, freeSlot, leaderboards, namesOf } from '../../www/state/ranking.js';
import { catalog as everything, jfk, Session, table } from './package.mjs';

const catalog = everything();
const parts = table(jfk).series().to_parts();
const [first, second] = catalog.architectures.map(({ id }) => id);
const labels = catalog.architectures.map(({ label }) => label);
let last = 0;

/** @param {Record<string, string | number>} asked @param {{validation?: number, test?: number, last?: number}} [errors] @param {any} [series] @returns {any} */
function entry(asked, errors = {}, series = parts) {
  const session = new Session(series);
  const configured = session.configure(asked);
  session.free();
  const judged = (/** @type {number | undefined} */ mae) => (mae === undefined ? null : { unit: '°C', rows: [{ id: 'model', mae }, { id: 'last', label: 'Last value', note: '', mae: errors.last ?? 3 }] });
  const run = { id: ++last, configured, progress: { step: 20, steps_per_epoch: 10 }, elapsed: 500, status: 'finished', validation: judged(errors.validation), test: judged(errors.test) };
  return { id: last, asked, slot: 0, limit: {}, ticked: false, run, problem: null };
}

test('a board is sorted by validation, whatever the test part says; rules stand among the runs, once', () => {
  const entries = [
    entry({ architecture: first }, { validation: 2, test: 1 }),
    entry({ architecture: second }, { validation: 1, test: 9 }),
    entry({ architecture: first, hidden: 8 }, { validation: 4 }),
    entry({ architecture: second, hidden: 8 }),
  ];
  const [board, ...others] = leaderboards(entries, catalog);
  assert.equal(others.length, 0);
  assert.deepEqual(board.lines.map(({ validation }) => validation), [1, 2, 3, 4, null]);
  assert.deepEqual(board.lines.map(({ rank }) => rank), [1, 2, 3, 4, null]);
  assert.deepEqual(board.lines.map(({ test: judged }) => judged), [9, 1, 3, null, null]);
  assert.equal(board.lines.filter(({ entry: run }) => !run).length, 1);
});

test('a run whose error is not a number has no rank and stands last, wherever it was started', () => {
  for (const place of [0, 1, 2]) {
    const entries = [entry({ architecture: second }, { validation: 2 }), entry({ architecture: first, hidden: 8 }, { validation: 1 })];
    entries.splice(place, 0, entry({ architecture: first }, { validation: NaN, test: NaN }));
    const [{ lines }] = leaderboards(entries, catalog);
    assert.deepEqual(lines.map(({ validation }) => validation), [1, 2, 3, null], `place ${place}`);
    assert.deepEqual(lines.map(({ rank }) => rank), [1, 2, 3, null], `place ${place}`);
    assert.equal(lines.at(-1)?.test, null);
  }
});

test('runs on other windows have a board of their own, the newest first; what waits stands with the newest', () => {
  const waiting = { id: 1e6, asked: { architecture: first }, slot: 1, limit: {}, ticked: false, run: null, problem: null };
  const entries = [entry({ horizon: 24 }, { validation: 2 }), entry({ horizon: 12 }, { validation: 1, last: 2.5 }), waiting];
  const boards = leaderboards(entries, catalog);
  assert.deepEqual(boards.map(({ about }) => about?.configured.horizon), [12, 24]);
  assert.deepEqual(boards.map(({ lines }) => lines.length), [3, 2]);
  assert.deepEqual(boards[0].lines.map(({ validation }) => validation), [1, 2.5, null]);
});

test('as many windows are not the same windows: another split, or a gap elsewhere in an input, has a board of its own', () => {
  const rows = parts.axis.len;
  const gap = (/** @type {number} */ row) => parts.columns[0].map((/** @type {number} */ value, /** @type {number} */ at) => (at === row ? NaN : value + (at % 7)));
  const middle = Math.round(0.9 * rows);
  const series = { ...parts, names: [...parts.names, 'one', 'other'], columns: [...parts.columns, gap(middle), gap(middle + 1)] };
  const of = (/** @type {Record<string, string | number>} */ asked) => entry({ target: parts.names[0], window: 24, horizon: 12, ...asked }, { validation: 1 }, series);
  const [one, other] = [of({ inputs: 'one' }), of({ inputs: 'other' })];
  assert.deepEqual(one.run.configured.windows, other.run.configured.windows);
  assert.equal(leaderboards([one, other], catalog).length, 2);
  assert.equal(leaderboards([one, of({ inputs: 'one', hidden: 8 })], catalog).length, 1);
  // As many windows from the same rows on, but of another series.
  const later = { ...series, axis: { ...series.axis, start: series.axis.start + 1 } };
  assert.equal(leaderboards([one, entry({ target: parts.names[0], window: 24, horizon: 12, inputs: 'one' }, { validation: 1 }, later)], catalog).length, 2);
  // Runs of older versions have no such digest.
  const before = of({ inputs: 'one' });
  delete before.run.configured.judged_on;
  assert.equal(leaderboards([one, before], catalog).length, 2);
});

test('a run that waits is not told apart by what only the data will choose for it, but by what a person chose', () => {
  const waits = (/** @type {Record<string, string | number>} */ asked) => ({ id: ++last, asked, slot: 1, limit: {}, ticked: false, run: null, problem: null });
  const entries = [
    entry({ architecture: first }),
    waits({ architecture: first }),
    waits({ architecture: first, hidden: 8 }),
    waits({ architecture: second, target: 'temp_c' }),
    waits({ architecture: second }),
    entry({ architecture: second, window: 48, horizon: 12 }),
  ];
  assert.deepEqual([...namesOf(entries, catalog).values()], [
    labels[0],
    `${labels[0]} (2)`,
    `${labels[0]} · hidden units 8`,
    labels[1],
    `${labels[1]} (2)`,
    `${labels[1]} (3)`,
  ]);
  assert.deepEqual(differences(entries[1], entries[0], catalog), []);
});

test('names tell what differs from the first of the same architecture; equal ones are counted', () => {
  const entries = [
    entry({ architecture: first }),
    entry({ architecture: first, hidden: 8 }),
    entry({ architecture: second, seed: 4 }),
    entry({ architecture: first, hidden: 8, seed: 5, learning_rate: 0.01 }),
    entry({ architecture: first }),
  ];
  assert.deepEqual([...namesOf(entries, catalog).values()], [
    labels[0],
    `${labels[0]} · hidden units 8`,
    labels[1],
    `${labels[0]} · hidden units 8, learning rate 0.01, …`,
    `${labels[0]} (2)`,
  ]);
});

test('differences are those of settings that are read, as a person reads them', () => {
  const rows = differences(entry({ architecture: first, seed: 3 }), entry({ architecture: first, optimiser: 'sgd' }), catalog);
  const optimiser = catalog.knobs.find(({ key }) => key === 'optimiser');
  const sgd = optimiser?.kind.type === 'choice' ? optimiser.kind.options.find(({ value }) => value === 'sgd')?.label : '';
  assert.deepEqual(rows.map(({ key, one, other }) => [key, one, other]).filter(([key]) => key === 'seed' || key === 'optimiser'), [
    ['optimiser', 'AdamW', sgd],
    ['seed', '3', '1'],
  ]);
  const linear = catalog.architectures.find(({ knobs }) => !knobs.includes('hidden'))?.id ?? '';
  const hidden = differences(entry({ architecture: first, hidden: 7 }), entry({ architecture: linear, hidden: 7 }), catalog).find(({ key }) => key === 'hidden');
  assert.deepEqual(hidden && [hidden.one, hidden.other], ['7', '–']);
  assert.deepEqual(differences(entry({ architecture: first }), entry({ architecture: first }), catalog), []);
});

test('a colour that is given back is given out again', () => {
  assert.equal(freeSlot([]), 0);
  assert.equal(freeSlot(/** @type {any} */ ([{ slot: 0 }, { slot: 2 }])), 1);
});
