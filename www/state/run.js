/**
 * A run: as it begins, what a report says of it, and what is left of it.
 * @module
 */
/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {Report, Settings} from '../core/protocol.js' */
/** @import {Entry, Run} from './shape.js' */

/** A millisecond's numbers. */
const SHARE = 1000;
let lastId = 0;
/** @returns {number} A run's number, that no other tab and no earlier visit gives: the later the higher. */
export const newId = () => (lastId = Math.max(lastId + 1, Date.now() * SHARE + Math.floor(Math.random() * SHARE)));

/** @param {number} id @param {Configured} configured @param {Progress} progress @param {Settings} asked @param {Run['build']} build @returns {Run} */
export const newRun = (id, configured, progress, asked, build) => ({
  id,
  status: 'ready',
  asked,
  build,
  configured,
  progress,
  epochs: [],
  problem: null,
  validation: null,
  test: null,
  forecast: null,
  forecastProblem: '',
  bytes: null,
  workers: 1,
  elapsed: 0,
  remark: '',
});

/** @param {Report} report @returns {Partial<Run>} What a report says of a run. */
export const ofReport = ({ progress, history, evaluation, forecast, forecastProblem, bytes, gradients }) => ({
  progress,
  epochs: history,
  validation: evaluation,
  forecast,
  forecastProblem,
  bytes,
  ...(gradients ? { gradients } : {}),
});

/** @param {Run} run @returns {Run} What is left of it once the worker that trained it is gone: it cannot go on. */
export const settled = (run) => (run.status === 'running' || run.status === 'paused' ? { ...run, status: 'stopped' } : run);

/** @param {Run} run @param {NonNullable<Run['latest']>} latest @returns {Run} The same with its weights as they were last: nothing that was measured is of them. */
export const asItWas = (run, { bytes, step, epoch }) => ({
  ...run,
  bytes,
  latest: null,
  unvalidated: { step, epoch },
  progress: { ...run.progress, best: null },
  validation: null,
  test: null,
  forecast: null,
});

/** @param {Run} run @returns {Run} What is left of it: its best weights, or those that it had last where none were validated. */
export const withWeights = (run) => (!run.bytes && run.latest ? asItWas(run, run.latest) : run);

/** @param {Run | null} run @param {string} why What it is called on the button that brings it back. @returns {{run: Run, why: string} | null} Nothing without weights. */
export function toBringBack(run, why) {
  const left = run && withWeights(run);
  return left?.bytes ? { run: left, why } : null;
}

/** @param {Entry} entry @returns {boolean} Whether anything is left of it once its worker is gone. */
export const hasWeights = ({ run }) => Boolean(run?.bytes || run?.latest);

/** @param {Entry[]} entries @returns {Entry[]} What is left of a list whose workers are gone: what has weights. */
export const settledList = (entries) =>
  entries.filter(hasWeights).map(({ apart, ...entry }) => ({ ...entry, run: entry.run && settled(withWeights(entry.run)) }));
