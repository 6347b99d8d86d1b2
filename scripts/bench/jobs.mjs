// The jobs of docs/performance.md, as settings of the package. Every system gets the same.
import { readFile } from 'node:fs/promises';

/** Rows of the hourly series. */
export const POINTS = 8760;
/** Windows of an epoch. */
const WINDOWS = 6000;
/** Optimiser steps in an epoch of job S. */
export const STEPS = 188;

/** @typedef {Record<string, string | number | boolean>} Settings */

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} label
 * @property {'train' | 'window' | 'stream'} kind
 * @property {Settings} settings
 * @property {number} steps Optimiser steps, windows or steps of the stream in one reported unit.
 * @property {string} unit The reported unit: `s/epoch`.
 * @property {number} scale Factor from seconds to the reported unit.
 * @property {number} measured Optimiser steps (or answers) in one measurement, scaled to `steps`.
 * @property {string} [architecture]
 */

/**
 * @param {string} architecture
 * @param {{window: number, horizon: number, batch: number, hidden: number, layers: number, points?: number, windows?: number}} size
 * @returns {Settings}
 */
export function settings(architecture, { window, horizon, batch, hidden, layers, points = POINTS, windows = WINDOWS }) {
  const rows = windows + window + horizon - 1;
  return {
    architecture, window, horizon, hidden, layers, batch_size: batch,
    segment: 1, normalise: 'none', head: 'direct', loss_on: 'last', highway: false, from_line: false, dropout: 0, head_dropout: 0,
    loss: 'mse', optimiser: 'adam', learning_rate: 1e-3, clip: 1, schedule: 'constant', patience: 0, epochs: 10000,
    // The fewest validation windows, since the jobs have none.
    split: `${rows}, ${rows + window + horizon}, ${points}`,
  };
}

const S = { window: 24, horizon: 1, batch: 32, hidden: 64, layers: 1 };
const M = { window: 168, horizon: 24, batch: 64, hidden: 128, layers: 2 };

/** Settings that make our network the one that its published implementation is. @type {Record<string, Settings>} */
const AS_PUBLISHED = { mingru: { candidate: 'positive' }, minlstm: { candidate: 'positive' } };

/**
 * All jobs: S for every architecture of the registry (the three of the targets first), M, I.
 * @param {{id: string, label: string, streams: boolean}[]} architectures
 * @param {boolean} quick
 * @returns {Job[]}
 */
export function jobs(architectures, quick) {
  const first = ['lstm', 'gru', 'rnn'];
  const ids = [...first, ...architectures.map(({ id }) => id).filter((id) => !first.includes(id))];
  const steps = quick ? 47 : STEPS;
  return [
    ...ids.map((id) => ({
      id: `s_${id}`, architecture: id, label: `S ${architectures.find((one) => one.id === id)?.label ?? id}`,
      kind: /** @type {const} */ ('train'), settings: { ...settings(id, S), ...AS_PUBLISHED[id] }, steps: STEPS, measured: steps, unit: 's/epoch', scale: 1,
    })),
    { id: 'm', architecture: 'lstm', label: 'M', kind: 'train', settings: settings('lstm', M), steps: 1, measured: quick ? 2 : 4, unit: 's/step', scale: 1 },
    { id: 'window', label: 'I, one window', kind: 'window', settings: settings('lstm', S), steps: 1, measured: quick ? 200 : 1000, unit: 'ms', scale: 1e3 },
    { id: 'stream', label: 'I, one streaming step', kind: 'stream', settings: settings('lstm', S), steps: 1, measured: quick ? 2000 : 10000, unit: 'µs', scale: 1e6 },
  ];
}

/** The cases of `scripts/reference/losses.py`: 200 steps from the same weights and batches. */
export const LOSSES = {
  s_lstm: { architecture: 'lstm', ...S, bound: 0.125 },
  s_gru: { architecture: 'gru', ...S, bound: 0.125 },
  s_rnn: { architecture: 'rnn', ...S, bound: 0.125 },
  m_lstm: { architecture: 'lstm', ...M, bound: 0.0859375 },
};

/** Sizes of S for the scan and its composed form. */
export const SCAN = { window: S.window, batch: S.batch, hidden: S.hidden };

/** The axes of growth: job S's LSTM with one size changed. */
export const GROWTH = {
  points: [4380, 8760, 17520, 35040],
  window: [24, 48, 96, 192],
  hidden: [32, 64, 128, 256],
  layers: [1, 2, 3, 4],
};

/**
 * @param {keyof typeof GROWTH} axis
 * @param {number} value
 */
export function grown(axis, value) {
  const size = { ...S, [axis === 'points' ? 'hidden' : axis]: axis === 'points' ? S.hidden : value };
  const points = axis === 'points' ? value : POINTS;
  const windows = axis === 'points' ? Math.round(value * 0.69) : WINDOWS;
  return { points, windows, settings: settings('lstm', { ...size, points, windows }) };
}

/** The series as a CSV: a day's wave with noise. @param {number} [points] */
export function csv(points = POINTS) {
  const lines = Array.from({ length: points }, (_, hour) => {
    const noise = Math.sin(hour * 12.9898) * 43758.5453;
    const value = Math.sin((2 * Math.PI * hour) / 24) + 0.6 * (noise - Math.floor(noise)) - 0.3;
    return `${new Date(Date.UTC(2024, 0, 1, hour)).toISOString().slice(0, 16)},${value}`;
  });
  return `time,value\n${lines.join('\n')}\n`;
}

/** The package's architectures. @param {URL} pkg Its folder. */
export async function architectures(pkg) {
  const { default: init, catalog } = await import(new URL('unrolled.js', pkg).href);
  await init({ module_or_path: await readFile(new URL('unrolled_bg.wasm', pkg)) });
  return /** @type {{version: string, architectures: {id: string, label: string, streams: boolean}[]}} */ (catalog());
}
