/**
 * A run: its beginning, its reports, and its state after its worker's end.
 * @module
 */
/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {Report, Settings} from '../core/protocol.js' */
/** @import {Entry, Run} from './shape.js' */

/** Ids for each millisecond. */
const SHARE = 1000;
let lastId = 0;
/** @returns {number} A new id for a run, unique over tabs and visits, and increasing. */
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

/** @param {Report} report @returns {Partial<Run>} The report's changes of a run. */
export const ofReport = ({ progress, history, evaluation, forecast, forecastProblem, bytes, gradients }) => ({
  progress,
  epochs: history,
  validation: evaluation,
  forecast,
  forecastProblem,
  bytes,
  ...(gradients ? { gradients } : {}),
});

/** @param {Run} run @returns {Run} The run after its worker's end: it cannot continue. */
export const settled = (run) => (run.status === 'running' || run.status === 'paused' ? { ...run, status: 'stopped' } : run);

/** @param {Run} run @param {NonNullable<Run['latest']>} latest @returns {Run} The run with its last weights, without any scores. */
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

/** @param {Run} run @returns {Run} The run with its best weights, or its last ones where none were validated. */
export const withWeights = (run) => (!run.bytes && run.latest ? asItWas(run, run.latest) : run);

/** @param {Run | null} run @param {string} why Its name on the button that brings it back. @returns {{run: Run, why: string} | null} `null` without weights. */
export function toBringBack(run, why) {
  const left = run && withWeights(run);
  return left?.bytes ? { run: left, why } : null;
}

/** @param {Entry} entry @returns {boolean} Whether it has weights of its own after its worker's end. */
export const hasWeights = ({ run }) => Boolean(run?.bytes || run?.latest);

/** @param {Entry[]} entries @returns {Entry[]} The entries with weights, after their workers' end. */
export const settledList = (entries) =>
  entries.filter(hasWeights).map(({ apart, ...entry }) => ({ ...entry, run: entry.run && settled(withWeights(entry.run)) }));
