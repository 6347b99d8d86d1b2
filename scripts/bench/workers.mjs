// Scaling of training one model over workers: seconds for an optimiser step of job M (two layers of LSTM 128, 168 → 24, batch 64)
// and job S (one layer of LSTM 64, 24 → 1, batch 32) as the page trains them, in Firefox and Chromium; with the batch in one part,
// in as many parts as workers, and in the automatic number of parts. `node scripts/bench/workers.mjs`, or `SECONDS=4 STRETCHES=5`.
import { fileURLToPath } from 'node:url';
import { browserNames } from '../../tests/page/browsers.mjs';
import { Browser } from '../../tests/page/harness.mjs';

const SIZE = { stretches: Number(process.env.STRETCHES ?? 3), seconds: Number(process.env.SECONDS ?? 3) };
const common = {
  architecture: 'lstm', segment: 1, normalise: 'none', head: 'direct', loss_on: 'last', highway: false, from_line: false, dropout: 0, head_dropout: 0,
  loss: 'mse', optimiser: 'adam', learning_rate: 1e-3, clip: 1, schedule: 'constant', patience: 0, epochs: 10000, split: '95/1/4',
};
/** @type {Record<string, {rows: number, settings: import('../../pkg/unrolled.js').Settings}>} */
export const jobs = {
  M: { rows: 60_000, settings: { ...common, hidden: 128, layers: 2, window: 168, horizon: 24, batch_size: 64 } },
  S: { rows: 200_000, settings: { ...common, hidden: 64, layers: 1, window: 24, horizon: 1, batch_size: 32 } },
};
/** Parts of a batch (0: automatic) and workers (0: the fastest number). */
const ways = [
  { shards: 1, workers: 1 },
  { shards: 2, workers: 1 },
  { shards: 4, workers: 1 },
  { shards: 2, workers: 2 },
  { shards: 4, workers: 2 },
  { shards: 0, workers: 0 },
];

/**
 * Seconds for a step, one number a stretch; `page` does nothing else: tests/page/fixture/.
 * @param {import('../../tests/page/harness.mjs').Page} page
 * @param {keyof typeof jobs} job
 * @param {{shards: number, workers: number}} way
 * @param {{stretches: number, seconds: number}} [size]
 * @param {number} [models] Number of separate models trained at once; the seconds are those of all.
 * @returns {Promise<{seconds: number[], workers: number, shards: number}>}
 */
export function timeSteps(page, job, { shards, workers }, size = SIZE, models = 1) {
  const { rows, settings } = jobs[job];
  return page.run(
    async (count, chosen, wanted, measure, atOnce) => {
      const { secondsPerStep } = await import(new URL('training.js', location.href).href);
      const column = Float64Array.from({ length: count }, (_, hour) => {
        const noise = Math.sin(hour * 12.9898) * 43758.5453;
        return Math.sin((2 * Math.PI * hour) / 24) + 0.6 * (noise - Math.floor(noise)) - 0.3;
      });
      const axis = { start: 0, step: { unit: 'milliseconds', count: 3_600_000 }, len: count, utc: true };
      const one = () => secondsPerStep({ axis, names: ['value'], columns: [column.slice()] }, chosen, wanted, measure);
      const all = await Promise.all(Array.from({ length: atOnce }, one));
      return { ...all[0], seconds: all.flatMap(({ seconds }) => seconds) };
    },
    rows, { ...settings, shards }, workers, size, models,
  );
}

/** @param {number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of browserNames) {
    const browser = new Browser(name);
    await browser.start();
    for (const job of process.env.JOBS?.split(' ') ?? Object.keys(jobs)) {
      for (const way of ways) {
        const page = await browser.open({ address: 'tests/page/fixture/' });
        const found = await timeSteps(page, job, way);
        const list = found.seconds.map((seconds) => (1000 * seconds).toFixed(2)).join(' ');
        const asked = way.shards ? '' : ' (chosen)';
        console.log(`${name} ${job}: ${found.shards} parts, ${found.workers} workers${asked}: ${(1000 * median(found.seconds)).toFixed(2)} ms/step (${list})`);
        await browser.closePages();
      }
    }
    await browser.stop();
  }
}
