// `make bench`: job S in Firefox and Chromium beside PyTorch on one thread, in one run, because only their ratio means
// something on another machine. Job S: an hourly series of 8,760 points, windows of 24 steps, the next one as target,
// batch 32, one layer of 64, a linear head on the last step, mean squared error, Adam at 1e-3, gradients clipped to norm 1;
// one epoch is 6,000 windows, 188 steps.
import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { browserNames } from '../../tests/page/browsers.mjs';
import { Browser } from '../../tests/page/harness.mjs';

const REPEATS = Number(process.env.REPEATS ?? 5);
const POINTS = 8760;
const WINDOWS = 6000;
const LENGTH = 24;
const STEPS = 188;
const CELLS = ['lstm', 'gru', 'rnn'];

const rows = WINDOWS + LENGTH;
const settings = {
  window: LENGTH, horizon: 1, segment: 1, normalise: 'none', head: 'direct', loss_on: 'last', highway: false,
  hidden: 64, layers: 1, dropout: 0, head_dropout: 0,
  loss: 'mse', optimiser: 'adam', learning_rate: 1e-3, batch_size: 32, clip: 1, schedule: 'constant', patience: 0, epochs: 10000,
  // As few validation windows as there can be: the job has none.
  split: `${rows}, ${rows + LENGTH + 1}, ${POINTS}`,
};

/**
 * Runs in the page.
 * @param {string} architecture
 * @param {Record<string, string | number | boolean>} common
 * @param {{points: number, steps: number, repeats: number}} size
 */
async function epochs(architecture, common, { points, steps, repeats }) {
  const { default: start, CsvReader, Session } = await import(new URL('../../../pkg/unrolled.js', location.href).href);
  await start();
  const lines = Array.from({ length: points }, (_, hour) => {
    const noise = Math.sin(hour * 12.9898) * 43758.5453;
    return `${new Date(Date.UTC(2024, 0, 1, hour)).toISOString().slice(0, 16)},${Math.sin((2 * Math.PI * hour) / 24) + 0.6 * (noise - Math.floor(noise)) - 0.3}`;
  });
  const reader = new CsvReader();
  reader.push(new TextEncoder().encode(`time,value\n${lines.join('\n')}\n`));
  const session = new Session(reader.finish().series().to_parts());
  const configured = session.configure({ ...common, architecture });
  if (configured.windows.train !== 6000 || configured.steps_per_epoch !== steps) throw new Error(`not job S: ${JSON.stringify(configured.windows)}`);
  const seconds = [];
  // One more, which warms up.
  for (let repeat = 0; repeat <= repeats; repeat++) {
    const from = performance.now();
    for (let step = 0; step < steps; step++) session.step();
    seconds.push((performance.now() - from) / 1000);
  }
  return { seconds: seconds.slice(1), loss: session.progress().loss, parameters: configured.parameters.total };
}

/** @param {number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

/** Seconds for an epoch by system and cell. @type {Map<string, Record<string, number>>} */
const table = new Map();

for (const name of browserNames) {
  const browser = new Browser(name);
  await browser.start();
  /** @type {Record<string, number>} */
  const found = {};
  for (const cell of CELLS) {
    const page = await browser.open({ address: 'tests/page/fixture/' });
    const { seconds, loss } = await page.run(epochs, cell, settings, { points: POINTS, steps: STEPS, repeats: REPEATS });
    console.log(`${name} ${cell}: ${seconds.map((s) => s.toFixed(3)).join(' ')} s/epoch, loss ${loss.toFixed(4)}`);
    found[cell] = median(seconds);
    await browser.closePages();
  }
  await browser.stop();
  table.set(name, found);
}

const python = fileURLToPath(new URL('../../.tools/reference/bin/python', import.meta.url));
if (existsSync(python)) {
  const script = fileURLToPath(new URL('torch_job_s.py', import.meta.url));
  const { torch, threads } = JSON.parse(execFileSync(python, [script, '--repeats', String(REPEATS), '--threads', '1'], { encoding: 'utf8' }));
  table.set(`PyTorch ${torch}, 1 thread`, Object.fromEntries(CELLS.map((cell) => [cell, threads[1][`s_${cell}_seconds_per_epoch`].median])));
} else {
  console.log('Without PyTorch (see above) there are no ratios.');
}

const reference = [...table].find(([system]) => system.startsWith('PyTorch'))?.[1];
console.log(`\njob S, s/epoch, median of ${REPEATS}${reference ? ' (ratio to PyTorch)' : ''}`);
console.log(`${''.padEnd(36)}${CELLS.map((cell) => cell.padEnd(16)).join('')}`);
for (const [system, found] of table) {
  const cells = CELLS.map((cell) => {
    const seconds = found[cell] ?? NaN;
    return `${seconds.toFixed(3)}${reference && reference !== found ? ` (${(seconds / (reference[cell] ?? NaN)).toFixed(2)})` : ''}`.padEnd(16);
  });
  console.log(`${system.padEnd(36)}${cells.join('')}`);
}
