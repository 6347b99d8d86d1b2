// The method of measurement: in turn, so that noise affects all systems alike, and summarised by medians.

/** @typedef {import('./jobs.mjs').Job} Job */

/**
 * @typedef {object} System
 * @property {string} id
 * @property {string} label
 * @property {string} family `ours`, `workers`, `torch` or `tfjs`.
 * @property {string} [browser]
 * @property {string} [build]
 * @property {() => Promise<void>} start
 * @property {(job: Job) => boolean} has
 * @property {(job: Job) => number} [few] Steps to measure, where the job's own number would take too long.
 * @property {(job: Job, count: number) => Promise<number>} time Seconds.
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} Results
 * @property {System[]} systems
 * @property {Job[]} jobs
 * @property {Map<string, Map<string, number[]>>} samples Seconds for a unit, by system and job.
 * @property {Map<string, Map<string, number>>} medians
 * @property {{label: string, bytes: number, minimum?: number, what: string}[]} memory
 * @property {{label: string, ours: number, theirs: number}[]} losses Largest distances from the losses in f64.
 * @property {{cell: string, where: string, fused: number, composed: number}[]} scans Seconds for forward and backward.
 * @property {Growth[]} growth
 * @property {import('./pairs.mjs').Pair[]} pairs
 * @property {import('../build/sizes.mjs').Size[]} sizes
 * @property {{system: string, job: string, gflops: number}[]} arithmetic
 * @property {({job: string, label: string, ours: number} & import('./systems/torch.mjs').Network)[]} networks PyTorch's, with the number of our parameters.
 * @property {{browser: string, build: string, rates: Record<string, Record<string, number>>}[]} gemm GFLOP/s by shape and kind.
 */

/** @typedef {{what: string, along: string, where: string, points: {at: number, value: number}[], unit: string, exponent: number}} Growth */

/** @param {number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

/** The distance from the smallest to the largest, as a share of the median. @param {number[]} numbers */
export const spread = (numbers) => (Math.max(...numbers) - Math.min(...numbers)) / median(numbers);

/** The power that a quantity grows by: the slope of a straight line through the logarithms. @param {{at: number, value: number}[]} points */
export function exponent(points) {
  const [x, y] = [points.map(({ at }) => Math.log(at)), points.map(({ value }) => Math.log(value))];
  const mean = (/** @type {number[]} */ numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const [mx, my] = [mean(x), mean(y)];
  const slope = x.reduce((sum, one, k) => sum + (one - mx) * ((y[k] ?? NaN) - my), 0);
  return slope / x.reduce((sum, one) => sum + (one - mx) ** 2, 0);
}

/**
 * All systems on all jobs, in `repeats` rounds, each after a warm-up run. A system that cannot do a job is left out of it, with a
 * message.
 * @param {System[]} systems
 * @param {Job[]} jobs
 * @param {number} repeats
 * @param {(line: string) => void} say
 */
export async function inTurn(systems, jobs, repeats, say) {
  /** @type {Map<string, Map<string, number[]>>} */
  const samples = new Map(systems.map(({ id }) => [id, new Map()]));
  for (const job of jobs) {
    const able = systems.filter((system) => system.has(job));
    for (let round = 0; round <= repeats; round++) {
      for (const system of able) {
        const count = system.few?.(job) ?? job.measured;
        // The first one warms up: compilers, caches, buffers.
        const seconds = await system.time(job, round === 0 ? Math.max(1, Math.ceil(count / 2)) : count);
        if (round === 0) continue;
        const of = samples.get(system.id);
        of?.set(job.id, [...(of.get(job.id) ?? []), (seconds * job.steps) / count]);
      }
    }
    const shown = able.map(({ id, label }) => `${label} ${(median(samples.get(id)?.get(job.id) ?? []) * job.scale).toPrecision(3)}`);
    say(`${job.label} (${job.unit}): ${shown.join('; ')}`);
  }
  const medians = new Map([...samples].map(([id, of]) => [id, new Map([...of].map(([job, seconds]) => [job, median(seconds)]))]));
  return { samples, medians };
}
