// From the measurements to docs/performance.md and the terminal: the same text.
import { spread } from './measure.mjs';
import { TARGETS, reason } from './targets.mjs';

/** @typedef {import('./measure.mjs').Results} Results */

/** @param {number} value */
const short = (value) => (Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : '—');

/** @param {string[]} head @param {string[][]} rows */
export function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A median with its range, and its ratio to PyTorch on one thread. @param {Results} results */
function jobsTable({ systems, jobs, samples, medians }) {
  const reference = medians.get('torch_1');
  const rows = systems.map((system) => [
    system.label,
    ...jobs.map((job) => {
      const seconds = samples.get(system.id)?.get(job.id);
      if (!seconds?.length) return '—';
      const value = medians.get(system.id)?.get(job.id) ?? NaN;
      const base = reference?.get(job.id);
      const ratio = base !== undefined && system.id !== 'torch_1' ? `, ${(value / base).toFixed(2)}×` : '';
      return `${short(value * job.scale)} ±${Math.round(spread(seconds) * 50)} %${ratio}`;
    }),
  ]);
  return table(['', ...jobs.map(({ label, unit }) => `${label}, ${unit}`)], rows);
}

/** @param {Results} results */
function targetsTable(results) {
  /** @type {string[]} */
  const missed = [];
  const rows = TARGETS.flatMap((target) => {
    const { label, want, least, aim, unit } = target;
    const meets = (/** @type {number} */ value, /** @type {number} */ bound) => (want === 'at most' ? value <= bound : value >= bound);
    const reached = target.reached(results);
    if (reached.length === 0) return [[label, `${want} ${least} ${unit}`, `${aim} ${unit}`, '', 'not measured in this run', '']];
    const short_of = reached.filter(({ value }) => !meets(value, aim));
    if (short_of.length) {
      const least_missed = reached.some(({ value }) => !meets(value, least));
      missed.push(`- ${label}: ${least_missed ? 'required value missed' : 'required value met, aim missed'}. ${reason(target) ?? 'No reason is written down yet (`scripts/bench/targets.mjs`).'}`);
    }
    return reached.map(({ where, value }) => [
      label, `${want} ${least} ${unit}`, `${aim} ${unit}`, where, `${short(value)} ${unit}`, meets(value, aim) ? 'aim met' : meets(value, least) ? 'met' : '**missed**',
    ]);
  });
  return { rows: table(['target', 'required', 'aim', 'where', 'reached', ''], rows), missed };
}

/**
 * @param {Results} results
 * @param {{machine: string[], quick: boolean, repeats: number}} about
 */
export function report(results, { machine, quick, repeats }) {
  const { gemm, scans, losses, growth, pairs, memory, arithmetic, jobs } = results;
  const targets = targetsTable(results);
  const parts = [
    '# Performance',
    `Written by \`make bench${quick ? ' QUICK=1' : ''}\`, which measures everything in one run, with the systems in turn (A B A B), so that noise affects all of them alike. Medians of ${repeats}; ± is half the distance from the fastest to the slowest. Differences under 10 % are noise. × is the ratio to PyTorch on one thread in the same run: below 1 is faster.`,
    machine.map((line) => `- ${line}`).join('\n'),
    '## The jobs',
    [
      '- S: an hourly series of 8,760 points, windows of 24 steps, the next one as target, batch 32, one layer of 64, a linear head on the last step, squared error, Adam at 1e-3, gradients clipped to norm 1; an epoch of 6,000 windows is 188 steps.',
      '- M: two LSTM layers of 128, 168 steps to 24, batch 64, otherwise the same; one optimiser step.',
      '- I: one window through S’s LSTM; one streaming step through it. Ours are timed in the benches’ own build, without the package’s conversions to JavaScript.',
      'TensorFlow.js runs on its wasm backend with SIMD and without threads, for fewer steps, scaled up, and without clipping, which its training loop lacks. The native build is compiled for this processor.',
    ].join('\n'),
    jobsTable(results),
    ...(results.networks.length
      ? [
          'PyTorch’s networks of job S are these, each with an input and a head like ours:',
          table(
            ['', 'implementation', 'its parameters', 'ours', 'what differs'],
            results.networks.map(({ label, by, parameters, ours, differs }) => [label, by, String(parameters), String(ours), differs]),
          ),
        ]
      : []),
    '## Targets',
    targets.rows,
    ...(targets.missed.length ? ['Reasons:', targets.missed.join('\n')] : ['All measured aims are met.']),
    '## Arithmetic',
    'Operations of the matrix products, forward and backward, divided by the time of a whole training step, including activations, optimiser and gathering.',
    table(['', ...jobs.filter(({ kind }) => kind === 'train').map(({ label }) => `${label}, GFLOP/s`)], arithmeticRows(results, arithmetic)),
    ...(gemm.length ? ['## Matrix products', 'GFLOP/s, the best of several repeats; a multiply-add is two operations. `packed` has its weights packed in advance, `packing` packs them each time, `outer` is the weights’ gradient; nalgebra’s `gemm` computes the same product as `packed`.', gemmTable(gemm)] : []),
    '## The fused scan and single cells',
    'Forward and backward of one recurrent layer at job S’s sizes: as one scan, and as a loop of single cells composed of the tape’s operations (`scan::reference`), in the same browser.',
    table(
      ['cell', 'where', 'scan, ms', 'composed, ms', 'composed / scan'],
      scans.map(({ cell, where, fused, composed }) => [cell, where, short(fused * 1e3), short(composed * 1e3), `${(composed / fused).toFixed(2)}×`]),
    ),
    '## Losses against double precision',
    `Largest distance of the losses of 200 steps from PyTorch’s in f64, with the same weights and batches (\`scripts/reference/losses.py\`).${quick ? ' A quick run leaves out M.' : ''}`,
    table(
      ['case', 'ours', 'PyTorch in f32', 'ratio'],
      losses.map(({ label, ours, theirs }) => [label, ours.toExponential(1), theirs.toExponential(1), (ours / theirs).toFixed(2)]),
    ),
    '## Growth',
    'The exponent is the slope of a straight line through the logarithms: 1 is linear, 0 is constant.',
    table(
      ['', 'along', 'where', 'at', 'exponent'],
      growth.map(({ what, along, where, points, unit, exponent }) => [
        what, along, where, points.map(({ at, value }) => `${at}: ${unit === 's' ? `${short(value * 1e3)} ms` : `${short(value / 1e6)} MB`}`).join(', '), exponent.toFixed(2),
      ]),
    ),
    ...(pairs.length
      ? [
          '## Two models at once',
          'A step of M, its batch in four parts, by one worker or process alone and while another trains the same. The machine limits the speed that each keeps; two native processes show that limit. The last column compares both together with the native pair, which is compiled for this processor, with vectors several times as wide as WebAssembly’s.',
          table(
            ['', 'alone, s', 'beside another, s', 'keeps', 'speed to the native pair'],
            pairs.map(({ where, alone, together }) => [
              where,
              short(alone),
              short(together),
              `${((100 * alone) / together).toFixed(0)} %`,
              `${((100 * pairs[0].together) / together).toFixed(0)} %`,
            ]),
          ),
        ]
      : []),
    '## Memory',
    'Peak memory of a run of some steps, counted by an allocator natively, without the file’s series. The minimum: weights, gradients, two moments, gates and states of one batch’s window (each once), the scaled series. M’s batch is computed in four parts, one after the other, so it holds less than a whole batch would.',
    table(
      ['run', 'what', 'MB', 'minimum, MB', 'ratio'],
      memory.map(({ label, what, bytes, minimum }) => [label, what, short(bytes / 1e6), minimum ? short(minimum / 1e6) : '—', minimum ? (bytes / minimum).toFixed(2) : '—']),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** @param {Results} results @param {Results['arithmetic']} arithmetic */
function arithmeticRows({ systems, jobs }, arithmetic) {
  const trained = jobs.filter(({ kind }) => kind === 'train');
  return systems
    .filter(({ id }) => arithmetic.some(({ system }) => system === id))
    .map(({ id, label }) => [label, ...trained.map((job) => short(arithmetic.find((one) => one.system === id && one.job === job.id)?.gflops ?? NaN))]);
}

/** @param {Results['gemm']} gemm */
function gemmTable(gemm) {
  const kinds = [...new Set(gemm.flatMap(({ rates }) => Object.values(rates).flatMap((row) => Object.keys(row))))];
  return table(
    ['where', 'shape', ...kinds],
    gemm.flatMap(({ browser, build, rates }) => Object.entries(rates).map(([shape, row]) => [`${browser}, ${build}`, shape, ...kinds.map((kind) => short(row[kind] ?? NaN))])),
  );
}
