// The data worker's handling of errors of the core, and of a file that does not arrive.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { CsvReader } from './package.mjs';
import { tryToRead, unreadable } from '../../www/actions/unreadable.js';
import { dataJobs } from '../../www/core/data_jobs.js';
import { bytesOf } from '../../www/core/drive.js';
import { deathOf, problemOf } from '../../www/core/errors.js';
import { faultIn } from '../../www/state/checked.js';

const csv = `time,value\n${Array.from({ length: 60 }, (_, day) => `2020-01-${String((day % 28) + 1).padStart(2, '0')} ${Math.floor(day / 28)}:00,${day}`).join('\n')}\n`;

/** A core whose tables throw when they become a series. @param {unknown} thrown */
function throwing(thrown) {
  let freed = 0;
  const table = {
    series() {
      throw thrown;
    },
    free: () => void freed++,
  };
  const core = { CsvReader: class { push() {} finish() { return table; } } };
  return { core, freed: () => freed };
}

const request = { source: new Blob([csv]), read: {}, series: {} };

test('a trap while a file is read is thrown on, and nothing is asked of that memory again', async () => {
  const trap = new WebAssembly.RuntimeError('unreachable');
  const { core, freed } = throwing(trap);
  await assert.rejects(dataJobs(core, () => {}).read(request), trap);
  assert.equal(freed(), 0);
});

test('what the core refuses is freed and thrown on', async () => {
  const error = Object.assign(new Error('Too short.'), { name: 'UnrolledError', code: 'too_short' });
  const { core, freed } = throwing(error);
  await assert.rejects(dataJobs(core, () => {}).read(request), error);
  assert.equal(freed(), 1);
});

test('a real file is read as before', async () => {
  const { value } = await dataJobs({ CsvReader }, () => {}).read(request);
  assert.deepEqual(value.about.names, ['value']);
});

test('a file of which nothing comes is refused after a while, and the worker can read the next one', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const never = { size: 10, slice: () => ({ arrayBuffer: () => new Promise(() => {}) }) };
    const read = dataJobs({ CsvReader }, () => {}).read(/** @type {any} */ ({ ...request, source: never }));
    const refused = assert.rejects(read, (/** @type {any} */ error) => /nothing of the file has arrived/i.test(problemOf(error)?.message ?? ''));
    mock.timers.tick(60_000);
    await refused;
  } finally {
    mock.timers.reset();
  }
});

test('before a file is read, and while a model is, a drive that never answers is given up', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { FileReader } = globalThis;
  globalThis.FileReader = /** @type {any} */ (class { readAsArrayBuffer() {} });
  try {
    const never = /** @type {any} */ ({ arrayBuffer: () => new Promise(() => {}) });
    const refused = [tryToRead(never), bytesOf(never)].map((reading) => assert.rejects(reading, (error) => /nothing of the file has arrived/i.test(unreadable(error) ?? '')));
    mock.timers.tick(60_000);
    await Promise.all(refused);
  } finally {
    globalThis.FileReader = FileReader;
    mock.timers.reset();
  }
});

test('a file that is gone before it was read to its end is refused, and the worker goes on', async () => {
  let pieces = 0;
  const first = new TextEncoder().encode(csv).buffer;
  const gone = { size: 3 << 20, slice: () => ({ arrayBuffer: async () => {
    if (pieces++) throw new DOMException('x', 'NotReadableError');
    return first;
  } }) };
  const { read } = dataJobs({ CsvReader }, () => {});
  await assert.rejects(read(/** @type {any} */ ({ ...request, source: gone })), (/** @type {any} */ error) => /moved or deleted/.test(problemOf(error)?.message ?? ''));
  assert.deepEqual((await read(request)).value.about.names, ['value']);
});

test('what is thrown is told apart: the core’s own errors, a lack of memory, everything else', () => {
  assert.equal(problemOf(new WebAssembly.RuntimeError('unreachable')), null);
  assert.equal(problemOf('a text'), null);
  assert.equal(problemOf(undefined), null);
  assert.equal(problemOf(Object.assign(new Error('No.'), { name: 'UnrolledError', row: 3 }))?.row, 3);
  for (const text of ['unreachable executed', 'unreachable', 'memory allocation of 4096 bytes failed', 'out of memory', 'Array buffer allocation failed', 'capacity overflow', 'Invalid array length']) {
    assert.equal(deathOf(null, new Error(text)).code, 'memory', text);
  }
  for (const text of ['panicked at src/lib.rs:1:2:\nindex out of bounds', 'x is not a function', 'memory access out of bounds']) {
    assert.equal(deathOf(null, new Error(text)).code, 'trap', text);
  }
  for (const { message } of [deathOf('start'), deathOf('ended'), deathOf('core', new Error('404')), deathOf(null, new Error('unreachable'))]) {
    assert.match(message, /^[A-Z][^:]*\.$/);
    assert.doesNotMatch(message, /unreachable|404/);
  }
});

test('a file of several series is what the page can show and keep, before and after its question is answered', async () => {
  const rows = ['north', 'east'].flatMap((site, at) => Array.from({ length: 60 }, (_, day) => `${site},2020-0${Math.floor(day / 28) + 1}-${String((day % 28) + 1).padStart(2, '0')},${100 * at + (day % 9)}`));
  const blob = new Blob([`site,day,value\n${rows.join('\n')}\n`]);
  const jobs = dataJobs({ CsvReader }, () => {});
  const source = { kind: 'file', id: '', name: 'sites.csv' };
  const read = async (/** @type {any} */ options) => {
    const { value } = await jobs.read({ source: blob, read: options, series: {} });
    assert.equal(faultIn('data', { id: 'one', ...value, source, blob, read: options, series: {} }), '');
    return value;
  };
  const choices = (await read({})).understood.notes.find((note) => note.code === 'several-series')?.choices ?? [];
  assert.deepEqual(choices.map((choice) => choice.label), ['north (60 rows)', 'east (60 rows)', 'Average them']);
  const east = await read(choices[1].options);
  assert.deepEqual([...east.parts.columns[0].slice(0, 3)], [100, 101, 102]);
  const broken = { id: 'one', ...east, source, blob, read: { series: [{ column: ['site'] }] }, series: {} };
  assert.match(faultIn('data', broken), /read\.series\[0\]\.column/);
  const odd = { id: 'one', ...east, source, blob, read: {}, series: {}, parts: { ...east.parts, sentinels: { said: [], aside: [1, 2, 3] } } };
  assert.match(faultIn('data', odd), /sentinels\.aside/);
});
