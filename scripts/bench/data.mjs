// `make bench-data`: the time of a large file from bytes to a configured model, in Node and in both browsers, stage by stage as in
// the workers, and the time of evaluating a model on all test windows. ROWS=1000000 REPEATS=3.
//
// The file: one row a minute, an ISO time and three columns of numbers, one cell in a hundred empty. “page: all” is the file as a
// Blob through the page's own two workers, with messages and transfers; “page: ready” a person's wait from choosing the file until
// it is drawn and can be trained on.
import { readFile } from 'node:fs/promises';
import { browserNames } from '../../tests/page/browsers.mjs';
import { Browser, root } from '../../tests/page/harness.mjs';
import { untilReady } from '../../tests/page/steps.mjs';

const ROWS = Number(process.env.ROWS ?? 1_000_000);
const REPEATS = Number(process.env.REPEATS ?? 3);
const JUDGED_ROWS = 100_000;
const STAGES = ['push', 'finish', 'series', 'suggest', 'to_parts', 'times', 'session', 'configure', 'all'];
const SAMPLE = 'www/samples/jfk_2013_hourly_celsius.csv';

/**
 * The file's bytes. Self-contained: it runs here and in the page.
 * @param {number} rows @param {number} minutes Between two rows. @param {number} empty One cell in so many is empty; 0: none.
 */
function file(rows, minutes, empty) {
  const begin = Date.UTC(2013, 0, 20);
  let bits = 1;
  const noise = () => (bits = (Math.imul(bits, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const cell = (/** @type {number} */ value) => (empty && noise() * empty < 1 ? '' : (value + noise()).toFixed(1));
  const pieces = [];
  let lines = ['time,temp_c,humidity,pressure_hpa'];
  for (let row = 0; row < rows; row++) {
    const angle = (row * minutes * Math.PI) / 720;
    const time = new Date(begin + row * minutes * 60_000).toISOString().slice(0, 19);
    lines.push(`${time}Z,${cell(10 * Math.sin(angle))},${cell(60 + 20 * Math.cos(angle))},${cell(1013 + 9 * Math.cos(angle / 7))}`);
    if (lines.length === 20_000) {
      pieces.push(lines.join('\n') + '\n');
      lines = [];
    }
  }
  pieces.push(lines.join('\n') + '\n');
  return new TextEncoder().encode(pieces.join(''));
}

/**
 * Milliseconds of each stage, as in the workers, and the memory needed.
 * @param {any} core The package, started. @param {any} memory Its memory. @param {Uint8Array<ArrayBuffer>} bytes
 */
function load({ CsvReader, Session }, memory, bytes) {
  /** @type {Record<string, number>} */
  const took = {};
  /** @param {string} name @param {() => any} work */
  const stage = (name, work) => {
    const from = performance.now();
    const result = work();
    took[name] = performance.now() - from;
    return result;
  };
  const all = performance.now();
  const reader = new CsvReader({}, bytes.length);
  stage('push', () => {
    for (let at = 0; at < bytes.length; at += 1 << 20) reader.push(bytes.subarray(at, at + (1 << 20)));
  });
  const table = stage('finish', () => reader.finish());
  const series = stage('series', () => table.series());
  stage('suggest', () => series.about().names.forEach((/** @type {string} */ name) => series.suggest(name)));
  const parts = stage('to_parts', () => series.to_parts());
  stage('times', () => series.times());
  series.free();
  const read = memory.buffer.byteLength;
  // In the page this is another worker with a memory of its own.
  const session = stage('session', () => new Session(parts));
  const { windows } = stage('configure', () => session.configure({}));
  took.all = performance.now() - all;
  const rows = table.understood().rows;
  session.free();
  table.free();
  return { took, rows, windows, read, both: memory.buffer.byteLength };
}

/**
 * Milliseconds of an evaluation on all test windows. The first one also fits the linear models; the difference is their time. It is
 * called twice, and the second call counts: by then the engine has compiled the hot code.
 * @param {any} core @param {Uint8Array<ArrayBuffer>} bytes
 */
function judge({ CsvReader, Session }, bytes) {
  const reader = new CsvReader();
  reader.push(bytes);
  const session = new Session(reader.finish().series().to_parts());
  // The smallest network, so that the time is that of the windows, the naive forecasts and the linear models.
  const settings = { architecture: 'rnn', window: 168, horizon: 24, season: 24, segment: 24, hidden: 1, layers: 1 };
  const { windows } = session.configure(settings);
  const times = ['validation', 'validation', 'test'].map((part) => {
    const from = performance.now();
    session.evaluate(part);
    return performance.now() - from;
  });
  session.free();
  return { windows: windows.test, fit: times[0] - times[1], test: times[2] };
}

/**
 * Everything in a browser's page; the text of the functions above goes there with it.
 * @param {{rows: number, judged: number, repeats: number, sample: string}} what
 */
async function inPage({ rows, judged, repeats, sample }) {
  const base = new URL('../../../', location.href);
  const bytes = file(rows, 1, 100);
  const core = await import(new URL('pkg/unrolled.js', base).href);
  const { memory } = await core.default();
  const fresh = memory.buffer.byteLength;
  const loads = [];
  for (let repeat = 0; repeat < repeats; repeat++) loads.push(load(core, memory, bytes));
  const { createClient } = await import(new URL('www/core/client.js', base).href);
  const pages = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const clients = ['data', 'model'].map((kind) => createClient(kind, () => {}, ({ problem }) => { throw new Error(problem.technical ?? problem.message); }));
    await Promise.all(clients.map((client) => client.call('catalog', null)));
    const from = performance.now();
    const { parts } = await clients[0].call('read', { source: new Blob([bytes]), read: {}, series: {} });
    const read = performance.now() - from;
    await clients[1].call('open', { parts });
    await clients[1].call('configure', { settings: {} });
    pages.push({ 'page: read': read, 'page: all': performance.now() - from });
    clients.forEach((client) => client.close());
  }
  const text = new Uint8Array(await (await fetch(new URL(sample, base))).arrayBuffer());
  return { bytes: bytes.length, fresh, loads, pages, judged: [text, file(judged, 60, 0)].map((one) => [judge(core, one), judge(core, one)][1]) };
}

/**
 * A person's wait from choosing the file until the page has drawn it and can train. Runs in the page.
 * @param {{rows: number, repeats: number}} what
 */
async function chosen({ rows, repeats }) {
  const bytes = file(rows, 1, 100);
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#file'));
  const main = /** @type {HTMLButtonElement} */ (document.querySelector('#train .main'));
  const times = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], `large ${repeat}.csv`));
    const from = performance.now();
    input.files = transfer.files;
    input.dispatchEvent(new Event('change'));
    const name = () => document.querySelector('#source option')?.textContent;
    while (name() !== `large ${repeat}.csv` || main.disabled) {
      if (performance.now() - from > 60_000) throw new Error(document.querySelector('#data .message')?.textContent ?? 'no answer');
      await new Promise((next) => setTimeout(next, 4));
    }
    times.push({ 'page: ready': performance.now() - from });
  }
  return times;
}

/** @param {number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

/** @param {string} name @param {any} found */
function print(name, { bytes, fresh, loads, pages, judged }) {
  const [first] = loads;
  const mb = (/** @type {number} */ value) => `${(value / 2 ** 20).toFixed(0)} MB`;
  console.log(`\n${name}: ${first.rows} rows, ${mb(bytes)}; ${first.windows.train} training windows; ms, median of ${loads.length}`);
  const rows = STAGES.map((key) => [key, loads.map((/** @type {any} */ one) => one.took[key])]);
  for (const key of ['page: read', 'page: all', 'page: ready']) {
    const values = pages.map((/** @type {any} */ one) => one[key]).filter((/** @type {number} */ value) => value !== undefined);
    if (values.length) rows.push([key, values]);
  }
  for (const [key, values] of rows) console.log(`  ${key.padEnd(12)} ${median(values).toFixed(0).padStart(6)}   (${values.map((/** @type {number} */ value) => value.toFixed(0)).join(' ')})`);
  console.log(`  memory: ${mb(first.read)} to read it (${((first.read - fresh) / bytes).toFixed(2)} times the file), ${mb(first.both)} with the session in the same memory`);
  for (const [which, { windows, fit, test }] of [['sample', judged[0]], [`${JUDGED_ROWS} rows`, judged[1]]])
    console.log(`  judging, ${which}: ${windows} test windows in ${test.toFixed(1)} ms; linear models fitted in ${fit.toFixed(1)} ms`);
}

/** Functions as text, for the page. */
const program = (/** @type {Function} */ main) => `async (what) => { ${[file, load, judge, main].join('\n')}; return ${main.name}(what); }`;

const core = await import('../../pkg/unrolled.js');
const { memory } = core.initSync({ module: await readFile(`${root}pkg/unrolled_bg.wasm`) });
const fresh = memory.buffer.byteLength;
const bytes = file(ROWS, 1, 100);
const loads = Array.from({ length: REPEATS }, () => load(core, memory, bytes));
const judged = [await readFile(root + SAMPLE), file(JUDGED_ROWS, 60, 0)].map((one) => [judge(core, one), judge(core, one)][1]);
print('Node', { bytes: bytes.length, fresh, loads, pages: [], judged });

for (const name of browserNames.filter(Boolean)) {
  const browser = new Browser(name);
  await browser.start();
  try {
    await browser.driver.manage().setTimeouts({ script: 300_000 });
    const what = { rows: ROWS, judged: JUDGED_ROWS, repeats: REPEATS, sample: SAMPLE };
    const found = await (await browser.open({ address: 'tests/page/fixture/' })).run(/** @type {any} */ (program(inPage)), what);
    const page = await browser.open({ place: 'source' });
    await untilReady(page);
    found.pages.push(...(await page.run(/** @type {any} */ (program(chosen)), what)));
    print(name, found);
    await browser.closePages();
  } finally {
    await browser.stop();
  }
}
