/**
 * A run: as it begins, what a report says of it, and what is left of it.
 * @module
 */
/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {Report, Settings} from '../core/protocol.js' */
/** @import {Entry, Run} from './shape.js' */

let lastId = 0;
/** @returns {number} A run's number, that none of an earlier visit has. */
export const newId = () => (lastId = Math.max(lastId + 1, Date.now()));

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
  predictions: { validation: null, test: null },
  forecast: null,
  forecastProblem: '',
  bytes: null,
  workers: 1,
  elapsed: 0,
  remark: '',
});

/** @param {Report} report @param {Run['predictions']['test']} test @returns {Partial<Run>} What a report says of a run. */
export const ofReport = ({ progress, history, evaluation, predictions, forecast, forecastProblem, bytes, gradients }, test) => ({
  progress,
  epochs: history,
  validation: evaluation,
  predictions: { validation: predictions, test },
  forecast,
  forecastProblem,
  bytes,
  ...(gradients ? { gradients } : {}),
});

/** @param {Run} run @returns {Run} What is kept of it in the list. */
export const lean = (run) => (run.predictions.validation || run.predictions.test ? { ...run, predictions: { validation: null, test: null } } : run);

/** @param {Run} run @returns {Run} What is left of it once the worker that trained it is gone: it cannot go on. */
export const settled = (run) => (run.status === 'running' || run.status === 'paused' ? { ...run, status: 'stopped' } : run);

/** @param {Entry[]} entries @returns {Entry[]} What is left of a list whose workers are gone: what has weights. */
export const settledList = (entries) => entries.flatMap((entry) => (entry.run?.bytes ? [{ ...entry, run: settled(entry.run) }] : []));
