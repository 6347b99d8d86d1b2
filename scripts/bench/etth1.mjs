// `make etth1`: the published protocol on ETTh1 for every architecture, in a real browser; writes docs/etth1.md.
// Settings are chosen on the validation part from the few below; the test part is scored once, by the model chosen. ETTh1 may not
// be shipped: name its file as the argument, or have it beside the checkout in `../shared/data/ett/`. TASKS and ARCHITECTURES
// name some (commas between them); the file is then not written.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from '../../tests/page/harness.mjs';
import { bench, digits } from './session.mjs';

const file = process.argv[2] ?? `${root}../shared/data/ett/ETTh1.csv`;
if (!existsSync(file)) {
  console.error(`There is no ${file}: name ETTh1.csv as the argument.`);
  process.exit(1);
}
const channels = ['HUFL', 'HULL', 'MUFL', 'MULL', 'LUFL', 'LULL', 'OT'];
/**
 * Published errors are of the papers named, mean squared / mean absolute on z-scored values; in brackets the steps they read.
 * @type {Record<string, {label: string, settings: Record<string, string | number>, published: string}>}
 */
const TASKS = {
  ot24: {
    label: 'OT alone, 24 ahead',
    settings: { target: 'OT', window: 168, horizon: 24 },
    published: 'Informer .098/.247, LSTMa .114/.272 (Zhou et al. 2021): both worse than repeating the last value.',
  },
  ot96: {
    label: 'OT alone, 96 ahead',
    settings: { target: 'OT', window: 168, horizon: 96 },
    published: 'NLinear (336) .053/.177, DLinear (336) .056/.180 (Zeng et al. 2023).',
  },
  all96: {
    label: 'All seven columns, 96 ahead',
    settings: { target: channels.join(','), window: 96, horizon: 96 },
    published:
      'SegRNN (96) .368/.395 and (720) .351/.392 (Lin et al. 2023), PatchTST (512) .370/.400, NLinear (336) .374/.394, DLinear (336) .375/.399, S-Mamba (96) and iTransformer (96) .386/.405, GRU (720) 1.135/.844.',
  },
};
/** What is tried; of each, what an architecture does not read is left out. @type {Record<string, string | number | boolean>[]} */
const CANDIDATES = [
  {},
  { head_dropout: 0.2 },
  { hidden: 128 },
  { normalise: 'window' },
  { highway: true },
  { learning_rate: 0.003 },
];
const COMMON = { season: 24, split: '8640, 11520, 14400', batch_size: 64, epochs: 20, patience: 4, seed: 1 };

const some = (/** @type {string} */ name) => process.env[name]?.split(',');
const browser = await bench(process.env.BROWSERS?.split(',')[0] ?? 'chromium', 1_800_000);
let text = '';
const say = (/** @type {string} */ line) => ((text += `${line}\n`), console.log(line));
try {
  await browser.open(readFileSync(file, 'utf8'));
  const { architectures } = await browser.catalog();
  say('# ETTh1\n');
  say(
    `Written by \`make etth1\` in ${browser.name}. Rows 0 to 8,640 train, to 11,520 validate, to 14,400 test; z-scored by the training part; every test window counts. Errors are mean squared / mean absolute. For each architecture the settings with the smallest validation error of those below were taken, and the test part was scored once, by that model. Adam, at most ${COMMON.epochs} epochs, one seed: differences of a few percent mean little. Seconds are those of the chosen model's training on one worker.\n`,
  );
  say(`Tried: ${CANDIDATES.map((one) => Object.entries(one).map(([key, value]) => `${key} ${value}`).join(', ') || 'the defaults').join('; ')}. What an architecture does not read is left out of it.\n`);
  for (const [id, { label, settings, published }] of Object.entries(TASKS)) {
    if (!(some('TASKS') ?? [id]).includes(id)) continue;
    say(`## ${label}\n`);
    say(`Reads ${settings.window} steps. Published: ${published}\n`);
    say('| | chosen | validation | test | parameters | seconds | tried |\n| --- | --- | --- | --- | --- | --- | --- |');
    let rivals = '';
    for (const architecture of architectures) {
      if (!(some('ARCHITECTURES') ?? [architecture.id]).includes(architecture.id)) continue;
      const seen = new Set();
      /** @type {{name: string, found: import('./session.mjs').Trained, validation: number}[]} */
      const tried = [];
      /** What has the smallest validation error so far: it alone is kept. @type {typeof tried[0] | undefined} */
      let best;
      let problem = '';
      for (const candidate of CANDIDATES) {
        const read = Object.fromEntries(Object.entries(candidate).filter(([key]) => key === 'learning_rate' || architecture.knobs.includes(key)));
        const name = Object.entries(read).map(([key, value]) => `${key} ${value}`).join(', ') || 'defaults';
        if (seen.has(name)) continue;
        seen.add(name);
        try {
          const found = await browser.train(name, { ...COMMON, ...settings, architecture: architecture.id, ...read });
          const validation = found.progress.best?.validation;
          if (validation === undefined) {
            await browser.free(name);
            continue;
          }
          const one = { name, found, validation };
          tried.push(one);
          const wins = !best || validation < best.validation;
          const loser = wins ? best : one;
          if (wins) best = one;
          if (loser) await browser.free(loser.name);
        } catch (error) {
          problem = /** @type {Error} */ (error).message;
        }
      }
      if (!best) {
        say(`| ${architecture.label} | ${problem} | | | | | |`);
        continue;
      }
      const { rows } = await browser.score(best.name);
      rivals ||= rows.slice(1).map((/** @type {any} */ row) => `${row.label} ${digits(row.mse_scaled)}/${digits(row.mae_scaled)}`).join(', ');
      const { parameters, seconds } = best.found;
      const others = tried.sort((a, b) => a.validation - b.validation).map(({ name, validation }) => `${name} ${digits(validation)}`).join('; ');
      say(
        `| ${architecture.label} | ${best.name} | ${digits(best.validation)} | ${digits(rows[0].mse_scaled)}/${digits(rows[0].mae_scaled)} | ${parameters} | ${seconds.toFixed(0)} | ${others} |`,
      );
      await browser.free(best.name);
    }
    say(`\nOn the same windows: ${rivals}.\n`);
  }
} finally {
  await browser.stop();
}
if (!process.env.TASKS && !process.env.ARCHITECTURES) writeFileSync(`${root}docs/etth1.md`, text);
