// The core's results pass the page's check, for any file; and every field of them is checked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '../plain.mjs';
import { faultIn, faultInEvent } from '../../www/state/checked.js';
import { newEntry, newRun } from '../../www/state/run.js';
import { catalog, jfk, Session, table } from './package.mjs';

const DAY = 86_400_000;

/** @param {number} length @param {(row: number) => string} line */
const lines = (length, line) => Array.from({ length }, (_, row) => line(row)).join('\n');
/** @param {number} row */
const day = (row) => new Date(Date.UTC(2020, 0, 1) + row * DAY).toISOString().slice(0, 10);
/** @param {number} row */
const wave = (row) => (10 + 5 * Math.sin(row / 3)).toFixed(2);

/** Files of every kind with special notes of the core. @type {Record<string, string>} */
const files = {
  'one series': `day,value\n${lines(200, (row) => `${day(row)},${wave(row)}`)}\n`,
  'several series': `day,city,value\n${lines(200, (row) => `${day(row)},Oslo,${wave(row)}\n${day(row)},Rome,${wave(row + 9)}`)}\n`,
  'numbers that mean no value': `day,value\n${lines(200, (row) => `${day(row)},${row % 17 ? wave(row) : '-999'}`)}\n`,
  'gaps and duplicates': `day,value\n${lines(200, (row) => `${day(row + (row > 90 ? 4 : 0))},${wave(row)}`)}\n${day(5)},77\n`,
  'dates that could be read two ways': `day,value\n${lines(9, (row) => `0${row + 1}/01/2020,${wave(row)}`)}\n`,
  'no times': `value,other\n${lines(200, (row) => `${wave(row)},${row % 7}`)}\n`,
};

/** @param {Uint8Array} bytes @param {any} [read] @returns {any} */
function dataset(bytes, read = {}) {
  const found = table(bytes, bytes.length, read);
  const series = found.series();
  const source = { kind: 'file', id: '', name: 'file.csv' };
  return { id: 'one', understood: found.understood(), preview: found.preview(0, 12), about: series.about(), parts: series.to_parts(), times: series.times(), source, blob: new Blob([bytes]), read, series: {} };
}

/** A place in an object, and the object with another value there. @typedef {{place: string, changed: any}} Change */

/** @param {any} value @param {unknown} instead @returns {Change[]} One for each field in it. */
function changes(value, instead) {
  if (Array.isArray(value)) return value.length ? changes(value[0], instead).map(({ place, changed }) => ({ place: `[0]${place}`, changed: [changed, ...value.slice(1)] })) : [];
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return [];
  return Object.entries(value).flatMap(([name, one]) => [
    { place: `.${name}`, changed: { ...value, [name]: instead } },
    ...changes(one, instead).map(({ place, changed }) => ({ place: `.${name}${place}`, changed: { ...value, [name]: changed } })),
  ]);
}

/** Values that are valid in no field. */
const NOTHING = () => {};

for (const [kind, text] of Object.entries(files)) {
  test(`a file of ${kind} passes the check, read in every way that it asks about`, () => {
    const data = dataset(Buffer.from(text));
    assert.equal(faultIn('data', data), '');
    const ways = [...data.understood.notes, ...data.about.notes].flatMap((/** @type {any} */ { choices }) => choices.map((/** @type {any} */ { options }) => options));
    for (const read of ways) assert.equal(faultIn('data', dataset(Buffer.from(text), read)), '', JSON.stringify(read));
  });

  test(`of what the core says of a file of ${kind} every field is checked`, () => {
    const unseen = changes(dataset(Buffer.from(text)), NOTHING).filter(({ changed }) => !faultIn('data', changed));
    assert.deepEqual(unseen.map(({ place }) => place), []);
  });
}

for (const [name, settings] of Object.entries({
  windows: { architecture: 'lstm' },
  'the series as one': { architecture: 'gru', reading: 'continuous' },
})) {
  test(`a model that reads ${name} passes the check, as its report does, and every field of both is checked`, () => {
    const data = dataset(jfk);
    const asked = { ...plain, target: 'temp_c', hidden: 4, window: 48, horizon: 3, epochs: 1, ...settings };
    const session = new Session(data.parts);
    const configured = session.configure(asked);
    while (session.train(200).state !== 'finished');
    /** @type {any} */
    const report = {
      progress: session.progress(),
      epochs: session.history(0),
      validation: session.evaluate('validation'),
      predictions: session.predictions('validation', 1),
      forecast: session.forecast(3),
      forecastProblem: '',
      bytes: session.save(),
      gradients: session.gradients(),
    };
    const test = session.evaluate('test');
    const { predictions, ...reported } = report;
    const run = { ...newRun(1, configured, report.progress, asked, 'plain'), ...reported, test };
    const known = { catalog: catalog(), data };
    const entry = newEntry({ id: 1, data: 'one', asked, run }, []);
    assert.equal(faultIn('entry', entry, known), '');
    assert.match(faultIn('entry', { ...entry, data: 'other' }, known), /other data/);
    const event = { type: 'report', run: 1, report };
    const weights = { type: 'weights', run: 1, weights: { bytes: report.bytes, step: 1, epoch: 1 } };
    for (const one of [event, weights]) assert.equal(faultInEvent(one), '');
    const unseen = [
      ...changes(entry, NOTHING).filter(({ changed }) => !faultIn('entry', changed, known)),
      ...[event, weights].flatMap((one) => changes(one, NOTHING)).filter(({ changed }) => !faultInEvent(changed)),
    ];
    assert.deepEqual(unseen.map(({ place }) => place), []);
    const bytes = report.bytes.slice(0, -1);
    for (const one of [{ ...event, report: { ...report, bytes } }, { ...weights, weights: { ...weights.weights, bytes } }]) assert.match(faultInEvent(one), /cut short or damaged/);
    session.free();
  });
}
