// The targets on a 2-core machine, and the reasons where they are missed. A missed target without a reason is printed as such: add
// the reason here, from a profile.

/** @typedef {import('./measure.mjs').Results} Results */

/**
 * @typedef {object} Target
 * @property {string} id
 * @property {string} label
 * @property {'at most' | 'at least'} want
 * @property {number} least The required value.
 * @property {number} aim
 * @property {string} unit
 * @property {(results: Results) => {where: string, value: number}[]} reached One for each place of measurement.
 * @property {string} [inTheWay] Printed where `aim` is missed.
 */

/** The reasons, by the beginning of the target's id. @type {Record<string, string>} */
export const IN_THE_WAY = {
  s_lstm:
    'The products alone, 14.2 GFLOP an epoch, take three quarters of the time at their own rate (below). The rest is five ' +
    'activations for each unit and step, the gates’ gradients, packing, Adam and gathering.',
  s_gru:
    'The products reach two thirds of their own rate (below). The rest is three activations for each unit and step, the gates’ ' +
    'gradients, packing, Adam and gathering.',
  s_rnn:
    'The products reach seven tenths of their own rate (below). The rest is one activation for each unit and step, packing, Adam and ' +
    'gathering.',
  published_transformer_encoder:
    'Two thirds of the time are products, at the rate that they reach alone (below); PyTorch’s use vectors four times as wide. A ' +
    'tenth each is GELU and packing; the rest is norms, softmax, Adam and gradients that are set to zero.',
  published_xlstm:
    'A quarter of the time are products. As much again is copying for products of the block-diagonal queries, keys and values, in ' +
    'blocks of four rows. The rest is the mLSTM’s memory, gates and norms.',
  published_min:
    'Two thirds of the time are the scan over time, forward and backward, with two or three activations for each unit and step; a ' +
    'tenth is gradients that are set to zero.',
  published_bidirectional:
    'As with one GRU: the products reach two thirds of their own rate (below). The rest is activations, the gates’ gradients, packing, ' +
    'Adam and gathering.',
  m_one:
    'PyTorch’s products use this processor’s widest vectors, four times as wide as WebAssembly’s. Ours reach four fifths of the rate ' +
    'of products alone (below); the rest is activations and the gates’ gradients.',
  m_two:
    'As with one worker. Two take 0.54 of its time: they exchange gradients as messages, because shared memory needs headers that ' +
    'simple hosts cannot send.',
  share:
    'Only products with weights are counted. minGRU and minLSTM have one product of a single column a step, and NLinear and DLinear ' +
    'one small product a window: their other work (activations, the scan over time, gathering windows, Adam) costs more. The ' +
    'feed-forward net’s products take an eighth of its step of 0.04 ms at that rate, gathering and Adam the rest. Mamba’s scan ' +
    'keeps 16 numbers for each of 128 channels, with an exponential for each at each step, and the mLSTM’s memory is 32 × 33 ' +
    'numbers for each of 4 heads: neither is a product with weights, so none of it is counted.',
  window: 'A window is 24 steps of small products, each of a single column.',
  stream: 'A step has few products and much small work: some ten nodes of the tape, and copies of the parameters onto it.',
  memory:
    'The tape keeps the gradient of every node until the step ends, and a copy of the parameters; the minimum counts neither. Small ' +
    'models show it most.',
};

/** Ratio to PyTorch on one thread in the same run. @param {Results} results @param {string} job @param {(system: import('./measure.mjs').System) => boolean} which */
function toPyTorch({ systems, medians }, job, which) {
  const reference = medians.get('torch_1')?.get(job);
  if (reference === undefined) return [];
  return systems.filter(which).flatMap((system) => {
    const value = medians.get(system.id)?.get(job);
    return value === undefined ? [] : [{ where: system.label, value: value / reference }];
  });
}

/** @param {string} build */
const built = (build) => (/** @type {import('./measure.mjs').System} */ system) => system.family === 'ours' && system.build === build;

/** @param {string} cell @param {string} build @param {number} least @param {number} aim @returns {Target} */
const trainS = (cell, build, least, aim) => ({
  id: `s_${cell}_${build}`, label: `S ${cell.toUpperCase()}, ${build === 'plain' ? 'simd128' : 'relaxed SIMD'}, to PyTorch`, want: 'at most', least, aim, unit: '×',
  reached: (results) => toPyTorch(results, `s_${cell}`, built(build)),
});

/** Other architectures: whose implementation ours is compared with, and the aim. @type {[string, string, string, number][]} */
const PUBLISHED = [
  ['transformer', 'Transformer', 'torch.nn’s', 0.7], ['transformer_encoder', 'Transformer encoder', 'torch.nn’s', 0.7],
  ['xlstm', 'xLSTM', 'its authors’', 0.4], ['mamba', 'Mamba', 'mambapy’s', 0.15],
  ['mingru', 'minGRU', 'minGRU-pytorch’s', 0.04], ['minlstm', 'minLSTM', 'minGRU-pytorch’s', 0.04],
  ['bidirectional', 'Bidirectional GRU', 'torch.nn’s', 0.35],
];

/** @param {string} id @param {string} name @param {string} whose @param {number} aim @returns {Target} */
const published = (id, name, whose, aim) => ({
  id: `published_${id}`, label: `S ${name}, relaxed SIMD, to ${whose}`, want: 'at most', least: 1, aim, unit: '×',
  reached: (results) => toPyTorch(results, `s_${id}`, built('relaxed')),
});

/** The better of the builds in each browser. @param {Results} results @param {string} job @param {number} factor */
function fastest({ systems, medians }, job, factor) {
  return [...new Set(systems.flatMap(({ browser }) => browser ?? []))].flatMap((browser) => {
    const found = systems
      .filter((system) => system.family === 'ours' && system.browser === browser && medians.get(system.id)?.has(job))
      .map((system) => ({ where: system.label, value: (medians.get(system.id)?.get(job) ?? NaN) * factor }))
      .sort((a, b) => a.value - b.value);
    return found.slice(0, 1);
  });
}

/** @type {Target[]} */
export const TARGETS = [
  trainS('lstm', 'relaxed', 0.9, 0.76), trainS('gru', 'relaxed', 0.4, 0.35), trainS('rnn', 'relaxed', 0.3, 0.26),
  ...PUBLISHED.map((one) => published(...one)),
  trainS('lstm', 'plain', 1.2, 1), trainS('gru', 'plain', 0.5, 0.45), trainS('rnn', 'plain', 0.4, 0.33),
  {
    id: 'm_one', label: 'M, one worker, to PyTorch', want: 'at most', least: 1.45, aim: 1.39, unit: '×',
    reached: (results) => toPyTorch(results, 'm', (system) => system.family === 'ours' && system.build === 'relaxed'),
  },
  {
    id: 'm_two', label: 'M, two workers, to PyTorch', want: 'at most', least: 0.8, aim: 0.7, unit: '×',
    reached: (results) => toPyTorch(results, 'm', (system) => system.family === 'workers'),
  },
  {
    id: 'window', label: 'I, one window', want: 'at most', least: 0.1, aim: 0.05, unit: 'ms',
    reached: (results) => fastest(results, 'window', 1e3),
  },
  {
    id: 'stream', label: 'I, one streaming step', want: 'at most', least: 10, aim: 3, unit: 'µs',
    reached: (results) => fastest(results, 'stream', 1e6),
  },
  {
    id: 'tfjs', label: 'S LSTM, times as fast as TensorFlow.js wasm in the same browser', want: 'at least', least: 20, aim: 25, unit: '×',
    reached: (results) => {
      return fastest(results, 's_lstm', 1).flatMap(({ where, value }) => {
        const browser = results.systems.find(({ label }) => label === where)?.browser;
        const rival = results.medians.get(`tfjs_${browser}`)?.get('s_lstm');
        return rival === undefined ? [] : [{ where, value: rival / value }];
      });
    },
  },
  {
    id: 'share', label: 'S, further architectures: share of the rate that their products reach alone', want: 'at least', least: 40, aim: 60, unit: '%',
    reached: ({ systems, jobs, arithmetic, gemm }) => {
      const further = jobs.filter(({ id, kind }) => kind === 'train' && !['s_lstm', 's_gru', 's_rnn', 'm'].includes(id));
      return further.flatMap((job) =>
        systems.flatMap(({ id, label, browser, build }) => {
          const rates = gemm.find((one) => one.browser === browser && one.build === build)?.rates ?? {};
          const alone = Object.entries(rates).flatMap(([shape, row]) => (shape.startsWith('S forward') ? [row.packed ?? NaN] : []))[0];
          const gflops = arithmetic.find((one) => one.system === id && one.job === job.id)?.gflops;
          return alone && gflops ? [{ where: `${job.label}, ${label}`, value: (100 * gflops) / alone }] : [];
        }),
      );
    },
  },
  {
    id: 'pairs', label: 'Two models on two cores, share of the speed kept, to two native processes', want: 'at least', least: 90, aim: 95, unit: '%',
    reached: ({ pairs: [native, ...others] }) =>
      others.map(({ where, alone, together }) => ({ where, value: (100 * (alone / together)) / ((native?.alone ?? NaN) / (native?.together ?? NaN)) })),
  },
  {
    id: 'size', label: 'The core as hosts with brotli send it', want: 'at most', least: 450, aim: 450, unit: 'KB',
    reached: ({ sizes }) => sizes.map(({ name, brotli }) => ({ where: name, value: brotli / 1e3 })),
  },
  {
    id: 'memory', label: 'Memory of a run against its arithmetic minimum', want: 'at most', least: 2, aim: 1.3, unit: '×',
    reached: ({ memory }) => memory.flatMap(({ label, bytes, minimum }) => (minimum ? [{ where: label, value: bytes / minimum }] : [])),
  },
  {
    id: 'exact', label: 'Losses of 200 steps: distance from f64 against that of PyTorch’s f32', want: 'at most', least: 3, aim: 3, unit: '×',
    reached: ({ losses }) => losses.map(({ label, ours, theirs }) => ({ where: label, value: ours / theirs })),
  },
];

/** Why a target is missed. @param {Target} target */
export const reason = ({ id }) => Object.entries(IN_THE_WAY).find(([start]) => id.startsWith(start))?.[1];
