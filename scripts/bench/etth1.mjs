// `make etth1`: the published protocol on ETTh1 for every architecture, in a real browser; writes docs/etth1.md. The validation
// part chooses the settings from the few below; the chosen model is scored once on the test part. ETTh1 may not be shipped: name
// its file as the argument, or put it next to the checkout in `../shared/data/ett/`. TASKS and ARCHITECTURES select some, separated
// by commas; the file is then not written. As many browsers train at once as there are cores.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { root } from '../../tests/page/harness.mjs';
import { bench, digits } from './session.mjs';

const file = process.argv[2] ?? `${root}../shared/data/ett/ETTh1.csv`;
if (!existsSync(file)) {
  console.error(`There is no ${file}: name ETTh1.csv as the argument.`);
  process.exit(1);
}
const channels = ['HUFL', 'HULL', 'MUFL', 'MULL', 'LUFL', 'LULL', 'OT'];
/** @typedef {Record<string, string | number | boolean>} Candidate */
/** Where the protocol leaves the input length open, it is part of the choice. @type {Candidate[]} */
const ALONE = [
  {},
  { window: 336 },
  { window: 336, hidden: 128, schedule: 'cosine', epochs: 12, patience: 0 },
  { window: 336, highway: true },
  { window: 336, normalise: 'window' },
];
/** The second one is close to SegRNN's paper: segments of two days, absolute error, a falling rate. @type {Candidate[]} */
const TOGETHER = [
  {},
  { hidden: 256, segment: 48, loss: 'mae', batch_size: 256, schedule: 'cosine', patience: 0 },
  { normalise: 'window' },
  { highway: true },
  { hidden: 128, schedule: 'cosine', epochs: 12, patience: 0 },
];
/**
 * Published errors are from the named papers, mean squared / mean absolute on z-scored values, with the steps read in brackets.
 * Knobs that an architecture does not read are left out of a candidate.
 * @type {Record<string, {label: string, settings: Record<string, string | number>, candidates: Candidate[], published: string}>}
 */
const TASKS = {
  ot24: {
    label: 'OT alone, 24 ahead',
    settings: { target: 'OT', window: 168, horizon: 24 },
    candidates: ALONE,
    published: 'Informer .098/.247, LSTMa .114/.272 (Zhou et al. 2021): both worse than repeating the last value.',
  },
  ot96: {
    label: 'OT alone, 96 ahead',
    settings: { target: 'OT', window: 168, horizon: 96 },
    candidates: ALONE,
    published: 'NLinear (336) .053/.177, DLinear (336) .056/.180 (Zeng et al. 2023).',
  },
  all96: {
    label: 'All seven columns, 96 ahead',
    settings: { target: channels.join(','), window: 96, horizon: 96 },
    candidates: TOGETHER,
    published:
      'SegRNN (96) .368/.395 and (720) .351/.392 (Lin et al. 2023), PatchTST (512) .370/.400, NLinear (336) .374/.394, DLinear (336) .375/.399, S-Mamba (96) and iTransformer (96) .386/.405, GRU (720) 1.135/.844.',
  },
};
/** An architecture with a longer first training is tried with the first few candidates only. */
const PATIENCE = { seconds: 40, candidates: 3 };
const COMMON = { season: 24, split: '8640, 11520, 14400', batch_size: 64, epochs: 20, patience: 4, seed: 1 };

/** @typedef {Awaited<ReturnType<typeof bench>>} Bench */
/** @typedef {import('../../pkg/unrolled.js').Catalog['architectures'][0]} Architecture */
/** @typedef {{name: string, found: import('./session.mjs').Trained, validation: number}} Tried */

/** @param {Record<string, unknown>} settings */
const words = (settings) => Object.entries(settings).map(([key, value]) => `${key} ${value}`).join(', ') || 'defaults';

/** @param {{mse_scaled: number, mae_scaled: number}} row */
const errors = (row) => `${digits(row.mse_scaled)}/${digits(row.mae_scaled)}`;

/**
 * Trains all candidates, and scores on the test part the one with the smallest squared error on the validation part.
 * @param {Bench} browser @param {typeof TASKS['']} task @param {Architecture} architecture @param {Set<string>} special Knobs that only some architectures read.
 * @returns {Promise<{row: string, window: number, rivals: string}>}
 */
async function judged(browser, { settings, candidates }, { id, label, knobs }, special) {
  const read = (/** @type {string} */ key) => knobs.includes(key) || !special.has(key);
  const own = candidates.map((candidate) => Object.fromEntries(Object.entries(candidate).filter(([key]) => read(key))));
  const different = new Map(own.map((candidate) => [words(candidate), candidate]));
  /** @type {Tried[]} */
  const tried = [];
  /** The candidate with the smallest validation error so far, the only one kept. @type {Tried | undefined} */
  let best;
  for (const [name, candidate] of different) {
    if (tried.length >= PATIENCE.candidates && tried[0].found.seconds > PATIENCE.seconds) break;
    const found = await browser.train(name, { ...COMMON, ...settings, architecture: id, ...candidate });
    const validation = (await browser.score(name, 'validation')).rows[0].mse_scaled;
    const one = { name, found, validation };
    tried.push(one);
    const wins = !best || validation < best.validation;
    const loser = wins ? best : one;
    if (wins) best = one;
    if (loser) await browser.free(loser.name);
  }
  if (!best) throw new Error(`Nothing is tried with ${label}.`);
  const { rows } = await browser.score(best.name);
  await browser.free(best.name);
  const { parameters, seconds } = best.found;
  const others = tried.sort((a, b) => a.validation - b.validation).map((one) => `${one.name} ${digits(one.validation)} (${one.found.seconds.toFixed(0)} s)`);
  return {
    row: `| ${label} | ${best.name} | ${digits(best.validation)} | ${errors(rows[0])} | ${parameters} | ${seconds.toFixed(0)} | ${others.join('; ')} |`,
    window: Number(different.get(best.name)?.window ?? settings.window),
    rivals: rows.slice(1).map((row) => `${row.label} ${errors(row)}`).join(', '),
  };
}

const some = (/** @type {string} */ name) => process.env[name]?.split(',');
const browserName = process.env.BROWSERS?.split(',')[0] ?? 'chromium';
const text = readFileSync(file, 'utf8');
const browsers = await Promise.all(Array.from({ length: os.availableParallelism() }, () => bench(browserName, 1_800_000)));
try {
  for (const browser of browsers) await browser.open(text);
  const { architectures } = await browsers[0].catalog();
  // Training knobs, which no architecture lists, are read by all.
  const special = new Set(architectures.flatMap(({ knobs }) => knobs));
  const tasks = Object.entries(TASKS).filter(([id]) => some('TASKS')?.includes(id) ?? true);
  const jobs = tasks.flatMap(([task]) =>
    architectures.filter(({ id }) => some('ARCHITECTURES')?.includes(id) ?? true).map((architecture) => ({ task, architecture, row: '', window: 0, rivals: '' })),
  );
  // The last task has the longest trainings: first, so that no browser waits for another at the end.
  const queue = jobs.toReversed();
  await Promise.all(
    browsers.map(async (browser) => {
      for (let job = queue.shift(); job; job = queue.shift()) {
        Object.assign(job, await judged(browser, TASKS[job.task], job.architecture, special));
        console.log(`${job.task} ${job.row}`);
      }
    }),
  );

  const lines = [
    '# ETTh1\n',
    `Written by \`make etth1\` in ${browserName}, ${browsers.length} of them at once. Rows 0 to 8,640 train, to 11,520 validate, to 14,400 test; z-scored by the training part; every test window is scored. Errors are mean squared / mean absolute. For each architecture the validation part chose the settings with the smallest mean squared error, and that model alone was scored on the test part, once. The last column lists all settings tried, with that error and the seconds of training: the knobs that the architecture reads, and only the first ${PATIENCE.candidates} settings where the first took more than ${PATIENCE.seconds} s. AdamW, batches of ${COMMON.batch_size}, at most ${COMMON.epochs} epochs, patience ${COMMON.patience}, one seed: differences of a few percent mean little. Seconds are one worker's, while another browser trained on the same machine.\n`,
  ];
  for (const [id, { label, settings, candidates, published }] of tasks) {
    const of = jobs.filter(({ task }) => task === id);
    const windows = [...new Map(of.map(({ window, rivals }) => [window, rivals]))].sort(([a], [b]) => a - b);
    lines.push(
      `## ${label}\n`,
      `Reads ${settings.window} steps, unless “chosen” says otherwise. Tried: ${candidates.map(words).join('; ')}. Published, with the steps read in brackets: ${published}\n`,
      '| | chosen | validation | test | parameters | seconds | tried |\n| --- | --- | --- | --- | --- | --- | --- |',
      ...of.map(({ row }) => row),
      `\nOn the same windows: ${windows.map(([window, rivals]) => `reading ${window} steps, ${rivals}`).join('; ')}.\n`,
    );
  }
  console.log(lines.join('\n'));
  if (!process.env.TASKS && !process.env.ARCHITECTURES) writeFileSync(`${root}docs/etth1.md`, `${lines.join('\n').trimEnd()}\n`);
} finally {
  for (const browser of browsers) await browser.stop();
}
