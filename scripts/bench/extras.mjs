// Measurements besides the jobs: fused scans and composed ones, growth, memory, and the distance of the losses from f64.
import { readFileSync } from 'node:fs';
import { GROWTH, LOSSES, SCAN, grown } from './jobs.mjs';
import { exponent, median } from './measure.mjs';
import { memory } from './systems/native.mjs';

/** @typedef {import('./systems/browser.mjs').BenchBrowser} BenchBrowser */
/** @typedef {import('./measure.mjs').Results} Results */

/** The recurrences that `scan::reference` composes. */
const TWINS = ['rnn', 'lstm', 'gru', 'gru_reset_before'];

/** A scan and the same recurrence composed on the tape, in turn. @param {BenchBrowser[]} browsers @param {string[]} builds @param {number} repeats */
export async function scans(browsers, builds, repeats) {
  /** @type {Results['scans']} */
  const found = [];
  for (const cell of TWINS) {
    for (const browser of browsers) {
      for (const build of builds) {
        const ask = { do: 'scan', build, cell, ...SCAN, count: 20 };
        /** @type {number[][]} */
        const seconds = [[], []];
        for (let round = 0; round <= repeats; round++) {
          for (const [which, fused] of [true, false].entries()) {
            const taken = (await browser.ask({ ...ask, fused })).seconds / ask.count;
            if (round > 0) seconds[which]?.push(taken);
          }
        }
        found.push({ cell, where: `${browser.name}, ${build}`, fused: median(seconds[0] ?? []), composed: median(seconds[1] ?? []) });
      }
    }
  }
  return found;
}

/** A tensor of a safetensors file, in f64. @param {Buffer} file @param {string} name */
function tensor(file, name) {
  const header = Number(file.readBigUInt64LE(0));
  const { dtype, data_offsets: [from, to] } = JSON.parse(file.toString('utf8', 8, 8 + header))[name];
  const bytes = new Uint8Array(file.subarray(8 + header + from, 8 + header + to)).buffer;
  return [...(dtype === 'F64' ? new Float64Array(bytes) : new Float32Array(bytes))];
}

/** @param {number[]} a @param {number[]} b */
const distance = (a, b) => Math.max(...a.map((x, k) => Math.abs(x - (b[k] ?? NaN))));

/**
 * Losses of 200 steps from the same weights and batches, compared with PyTorch's in f64 (`scripts/reference/losses.py`).
 * @param {{label: string, ask: (job: any) => Promise<{losses: number[]}>, build?: string}[]} places
 * @param {boolean} quick Leaves out M, which takes a minute in each place.
 * @param {URL} stored
 */
export async function losses(places, quick, stored) {
  const file = readFileSync(stored);
  /** @type {Results['losses']} */
  const found = [];
  for (const [name, one] of Object.entries(LOSSES)) {
    if (quick && name.startsWith('m_')) continue;
    const exact = tensor(file, name);
    const theirs = distance(tensor(file, `${name}.f32`), exact);
    for (const { label, ask, build } of places) {
      const { losses: ours } = await ask({ do: 'losses', build, case: one, losses: one });
      found.push({ label: `${name.replace('_', ' ').toUpperCase()}, ${label}`, ours: distance(ours, exact), theirs });
    }
  }
  return found;
}

/**
 * Growth of time and memory with the sizes of job S's LSTM: time in a browser, memory by the native build's allocator.
 * @param {BenchBrowser} browser
 * @param {string} build
 * @param {number} repeats
 * @param {(points: number) => {file: string, address: string}} series
 * @param {string} program The native benches.
 */
export async function growth(browser, build, repeats, series, program) {
  /** @type {Results['growth']} */
  const found = [];
  for (const [axis, values] of /** @type {[keyof typeof GROWTH, number[]][]} */ (Object.entries(GROWTH))) {
    /** @type {{at: number, value: number}[]} */
    const time = [];
    /** @type {{at: number, value: number}[]} */
    const held = [];
    for (const value of values) {
      const { points, windows, settings } = grown(axis, value);
      const { file, address } = series(points);
      // Along the windows the whole epoch counts; otherwise some steps.
      const count = axis === 'points' ? Math.ceil(windows / 32) : 12;
      const ask = { do: 'train', id: `growth ${axis} ${value}`, build, file: address, settings, count };
      await browser.ask({ ...ask, count: 4 });
      const seconds = [];
      for (let round = 0; round < repeats; round++) seconds.push((await browser.ask(ask)).seconds / (axis === 'points' ? 1 : count));
      const at = axis === 'points' ? windows : value;
      time.push({ at, value: Math.min(...seconds) });
      if (axis === 'points' || axis === 'window') held.push({ at, value: await memory(program, file, settings, 4) });
    }
    const along = axis === 'points' ? 'windows' : axis === 'window' ? 'steps of the window' : axis;
    const of = axis === 'points' ? 'an epoch' : 'a step';
    found.push({ what: `time of ${of}`, along, where: `${browser.name}, ${build}`, points: time, unit: 's', exponent: exponent(time) });
    if (held.length) found.push({ what: 'memory', along, where: 'native', points: held, unit: 'bytes', exponent: exponent(held) });
  }
  return found;
}

/**
 * Values that one hidden unit must keep of one step and sample, so that no step is computed twice: activated gates, cell and hidden
 * state. Gradients of the gates can reuse the gates' memory.
 * @type {Record<string, number>}
 */
const KEPT = { rnn: 1, gru: 5, lstm: 6 };

/**
 * The least memory of a run: weights, gradients, two moments, the kept values of one batch's window, and the scaled series.
 * `undefined` for an architecture without a count.
 * @param {any} settings
 * @param {number} parameters
 * @param {number} rows
 */
export function minimum({ architecture, hidden, layers, window, batch_size: batch }, parameters, rows) {
  const kept = KEPT[architecture];
  return kept === undefined ? undefined : 4 * (4 * parameters + kept * hidden * layers * window * batch + window * batch + rows);
}

/**
 * The matrices of a last layer of which only the last step is read, with the share of their rows that is computed there alone
 * (`Block::last_alone`).
 * @type {Record<string, [RegExp, number][]>}
 */
const LAST_ALONE = {
  transformer: [[/in_proj_weight$/, 1 / 3], [/(out_proj|linear[12])\.weight$/, 1]],
  mamba: [[/in_proj\.weight$/, 1 / 2], [/out_proj\.weight$/, 1]],
  xlstm: [[/proj_up\.weight$/, 1 / 2], [/proj_down\.weight$/, 1]],
};

/**
 * Floating-point operations of one optimiser step: forward, backward to inputs and backward to weights are one product each. Layers
 * run at every step of the window. These run once in a pass: the head at the last step, a decoder with a horizon of one step,
 * matrices over the whole window, recognised by their columns (in these jobs no other matrix has as many), and what is left of a
 * layer of which only the last step is read.
 * @param {any} settings
 * @param {{name: string, shape: number[], count: number}[]} rows Parameters.
 */
export function arithmetic({ architecture, window, batch_size: batch }, rows) {
  const matrices = rows.filter(({ shape }) => shape.length === 2);
  const once = (/** @type {string} */ name, /** @type {number[]} */ shape) => {
    if (/^(head|highway|decoder|predict)\b/.test(name) || shape[1] === window) return 1;
    return LAST_ALONE[architecture]?.find(([matrix]) => matrix.test(name))?.[1] ?? 0;
  };
  return matrices.reduce((sum, { name, shape, count }) => {
    const share = once(name, shape);
    return sum + 6 * count * batch * (share + (1 - share) * window);
  }, 0);
}
