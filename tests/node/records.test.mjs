// The records of the page's state, reading them back, and converting those of the previous version.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain as settings } from '../plain.mjs';
import { dataIdOf, isOurs, OPEN, sorted, wanted } from '../../www/state/records.js';
import { newEntry, newRun } from '../../www/state/run.js';
import { chosenOf } from '../../www/state/url.js';
import { catalog, jfk, Session, table } from './package.mjs';

const link = { sample: null, file: null, reproducible: null, settings: {} };

/** @param {string} name @param {(value: number) => number} [change] Of each value. */
function dataset(name, change = (value) => value) {
  const found = table(jfk);
  const series = found.series();
  const parts = series.to_parts();
  parts.columns = parts.columns.map((/** @type {Float64Array} */ column) => column.map(change));
  return { understood: found.understood(), preview: found.preview(0, 12), about: series.about(), parts, times: series.times(), source: { kind: /** @type {const} */ ('file'), id: '', name }, blob: new Blob([jfk]), read: {}, series: {} };
}

const plain = dataset('file.csv');
const one = { ...plain, id: dataIdOf(plain) };
const shifted = dataset('file.csv', (value) => value + 1000);
const other = { ...shifted, id: dataIdOf(shifted) };

const asked = { ...settings, target: 'temp_c', hidden: 4, window: 24, horizon: 2, epochs: 1 };
const session = new Session(one.parts);
const configured = session.configure(asked);
while (session.train(200).state !== 'finished');
/** @type {any} */
const report = { progress: session.progress(), epochs: session.history(0), validation: session.evaluate('validation'), forecast: session.forecast(2), forecastProblem: '', bytes: session.save() };
/** @param {number} id */
const run = (id) => ({ ...newRun(id, configured, report.progress, asked, 'plain'), ...report, status: /** @type {const} */ ('finished') });
/** @param {number} id @param {string} data */
const entry = (id, data) => newEntry({ id, data, asked, slot: id, run: run(id) }, []);

/** @param {Map<string, any>} records @returns {any} */
const read = (records) => sorted(records, catalog());

test('data that are the same have the same id, and others have another: by a value, a name, or how they were read', () => {
  assert.equal(dataIdOf(dataset('file.csv')), one.id);
  const ids = [one.id, other.id, dataIdOf({ ...plain, source: { ...plain.source, name: 'other.csv' } }), dataIdOf({ ...plain, read: { decimal: ',' } })];
  assert.equal(new Set(ids).size, ids.length);
  const last = dataset('file.csv');
  last.parts.columns[0][last.about.length - 1] += 1e-9;
  assert.notEqual(dataIdOf(last), one.id);
});

test('what is to be kept comes back as it is: each run with its own data, whatever else is kept', () => {
  const state = { data: one, runs: [entry(1, one.id), entry(2, one.id)], shownId: 2, earlierData: [{ data: other, runs: [entry(3, other.id)], removed: [], shownId: 3 }] };
  const records = wanted(state);
  assert.deepEqual([...records.keys()].sort(), [`unrolled-5-data-${one.id}`, `unrolled-5-data-${other.id}`, OPEN, `unrolled-5-run-${one.id}-1`, `unrolled-5-run-${one.id}-2`, `unrolled-5-run-${other.id}-3`].sort());
  assert.ok([...records.keys()].every(isOurs));
  const { kept, open, bad } = read(records);
  assert.deepEqual(bad, []);
  assert.equal(open, one.id);
  const told = kept.map((/** @type {any} */ { data, runs, shownId }) => [data.id, runs.map((/** @type {any} */ { id }) => id), shownId]);
  assert.deepEqual(new Map(told.map(([id, ...rest]) => [id, rest])), new Map([[one.id, [[1, 2], 2]], [other.id, [[3], 3]]]));
  // A tab opens its own data, or else the last ones opened; among equal names, its own history decides.
  assert.equal(chosenOf(kept, open, link, null)?.data, one);
  assert.equal(chosenOf(kept, open, link, { data: other.id, shown: 3 })?.data, other);
  assert.equal(chosenOf(kept, open, link, { data: one.id, shown: 1 })?.shownId, 1);
  assert.equal(chosenOf(kept, open, { ...link, sample: 'co2' }, { data: one.id, shown: 1 }), undefined);
});

test('nothing is kept of what has no weights, and of data that nothing was trained on only those that are open', () => {
  const bare = { ...entry(1, one.id), run: { ...run(1), bytes: null } };
  const records = wanted({ data: one, runs: [bare], shownId: 1, earlierData: [{ data: other, runs: [], removed: [], shownId: 0 }] });
  assert.deepEqual([...records.keys()], [`unrolled-5-data-${one.id}`, OPEN]);
});

test('a run whose data are missing, are others or are damaged is of no use, and is named', () => {
  const records = wanted({ data: one, runs: [entry(1, one.id)], shownId: 1, earlierData: [] });
  for (const [change, why] of /** @type {[(all: Map<string, any>) => void, RegExp][]} */ ([
    [(all) => all.delete(`unrolled-5-data-${one.id}`), /its training data are missing/],
    [(all) => all.set(`unrolled-5-data-${one.id}`, { ...one, id: other.id }), /it stands under another key/],
    [(all) => all.set(`unrolled-5-run-${one.id}-1`, entry(1, other.id)), /its training data are missing/],
    [(all) => all.set(`unrolled-5-run-${one.id}-1`, entry(2, one.id)), /it stands under another key/],
  ])) {
    const all = new Map(records);
    change(all);
    const { kept, bad } = read(all);
    assert.equal(kept.flatMap((/** @type {any} */ { runs }) => runs).length, 0);
    assert.ok(bad.some((/** @type {any} */ one) => why.test(one.why)), JSON.stringify(bad.map((/** @type {any} */ one) => one.why)));
  }
});

/** Records of version 4: the run on show twice, once with its predictions. */
function before() {
  const predictions = { validation: session.predictions('validation', 1), test: null };
  const none = { validation: null, test: null };
  const kept = (/** @type {number} */ id) => {
    const { data, ...rest } = entry(id, '');
    return { ...rest, run: { ...run(id), predictions: none } };
  };
  return new Map(/** @type {[string, any][]} */ ([
    ['unrolled-4-data', plain],
    ['unrolled-4-run', { ...run(2), predictions, earlier: true }],
    ['unrolled-4-runs', [kept(1), { ...kept(2), ticked: true }]],
  ]));
}

test('what version 4 kept is carried over: the data, every run once, and which was shown', () => {
  const { kept, open, bad } = read(before());
  assert.deepEqual(bad, []);
  assert.equal(open, one.id);
  assert.equal(kept.length, 1);
  assert.deepEqual(kept[0].runs.map((/** @type {any} */ { id, data, ticked, run: { bytes, predictions, earlier } }) => [id, data, ticked, bytes.length, predictions, earlier]), [
    [1, one.id, false, report.bytes.length, undefined, undefined],
    [2, one.id, true, report.bytes.length, undefined, undefined],
  ]);
  assert.equal(kept[0].shownId, 2);
  // The model on show had its own record, and could be outside the list.
  const alone = before();
  alone.delete('unrolled-4-runs');
  assert.deepEqual(read(alone).kept[0].runs.map((/** @type {any} */ { id, slot }) => [id, slot]), [[2, 0]]);
});

test('of what version 4 kept the damaged parts are named, and the others are carried over', () => {
  for (const [change, runs, why] of /** @type {[(all: Map<string, any>) => void, number[], RegExp][]} */ ([
    [(all) => all.set('unrolled-4-data', 'old'), [], /data/],
    [(all) => all.set('unrolled-4-run', 7), [1, 2], /entry/],
    [(all) => all.set('unrolled-4-runs', 7), [2], /a list is needed/],
    [(all) => all.get('unrolled-4-runs').push(null), [1, 2], /entry/],
    [(all) => all.set('unrolled-4-run', { ...run(2), bytes: new Uint8Array(9) }), [1, 2], /bytes/],
  ])) {
    const all = before();
    change(all);
    const { kept, bad } = read(all);
    assert.deepEqual(kept.flatMap((/** @type {any} */ one) => one.runs.map((/** @type {any} */ { id }) => id)), runs);
    assert.ok(bad.length && bad.some((/** @type {any} */ one) => why.test(one.why)), JSON.stringify(bad.map((/** @type {any} */ one) => one.why)));
  }
});
