/**
 * The messages between the page and its workers, as a table of types; the core's types come with its package, with an explanation
 * of each number.
 * @module
 */

/** @typedef {string | number | boolean} Value */
/** @typedef {Record<string, Value>} Settings */
/** @typedef {'validation' | 'test'} Judged A part for evaluation. */
/** @import {AboutSeries, Catalog, Configured, Crossing, Epoch, Evaluation, Forecast, Gradients, Predictions, Probes, Progress, ReadOptions, SeriesOptions, SeriesParts, Understood} from '../../pkg/unrolled.js' */

/**
 * An error, or the cause of a worker's death: in words for a person, with its place.
 * @typedef {object} Problem
 * @property {string} message
 * @property {string} [code]
 * @property {string} [technical] The thrown text, for developers; shown folded.
 * @property {number | null} [row]
 * @property {string | null} [column]
 * @property {string | null} [knob]
 * @property {string} [about] Its subject: a file's name.
 */

/**
 * Result of reading a file.
 * @typedef {object} Reading
 * @property {Understood} understood
 * @property {string[][]} preview
 * @property {AboutSeries} about
 * @property {SeriesParts} parts
 * @property {Float64Array} times
 */

/**
 * The report of a running model after an epoch: everything that the page shows of it, by the names that it has in the page's run.
 * @typedef {object} Report
 * @property {Progress} progress
 * @property {TimedEpoch[]} epochs
 * @property {Evaluation} validation
 * @property {Predictions | null} predictions On the validation part; `null` for a run of a comparison, which is not drawn.
 * @property {Forecast | null} forecast `null` where the series ends in a gap.
 * @property {string} forecastProblem Why there is none, or ''.
 * @property {Uint8Array} bytes The saved model, so that a dead worker costs only seconds.
 * @property {Gradients} [gradients] Gradients through time, for a run of a comparison at its end.
 */

/** @typedef {{bytes: Uint8Array, step: number, epoch: number}} Weights The weights after this step, within this epoch, as a file: not validated. */

/** @typedef {Epoch & {spent?: number}} TimedEpoch A point of the learning curves, with the milliseconds of training until then, if known. */

/** @typedef {{milliseconds?: number, steps?: number}} Limit The budget, at which training ends at the latest. */

/** @typedef {{lead: number, steps: number}} Sight Steps ahead of the predictions, and steps of the forecast. */

/**
 * The calls of the page: inputs and answers.
 * @typedef {object} Calls
 * @property {{in: null, out: Catalog}} catalog
 * @property {{in: {source: Blob, read: ReadOptions, series: SeriesOptions}, out: Reading}} read
 * @property {{in: {series: SeriesOptions}, out: Reading}} regroup The last table, as another series.
 * @property {{in: {parts: SeriesParts}, out: null}} open
 * @property {{in: {settings: Settings}, out: Configured}} configure A draft: the run is not touched.
 * @property {{in: {settings: Settings, parameters: number}, out: Settings}} sized The settings with the hidden size nearest to this number of parameters.
 * @property {{in: {run: number, fresh: boolean, sight: Sight, workers: number, limit?: Limit, among?: boolean}, out: {configured: Configured, progress: Progress}}} start `run`: its number, which all of its events carry. `fresh`: starts the draft. `workers`: the number that train it, 0 for the fastest number. `limit`: for a new run. `among`: it belongs to a comparison, and has fewer events.
 * @property {{in: null, out: Progress}} pause
 * @property {{in: null, out: Progress}} stop Ends training with the best weights in place.
 * @property {{in: {run: number, fresh: boolean, sight: Sight, workers: number}, out: {configured: Configured, progress: Progress, report: Report | null, problem: Problem | null}}} step `report`: if it ended an epoch. `problem`: why the run can train no more.
 * @property {{in: {sight: Sight}, out: Report | null}} report
 * @property {{in: {run: number, sight: Sight | null, fingerprint: string, before: number}, out: {evaluation: Evaluation, predictions: Predictions | null} | null}} judge Scores the test part of the experiment with this fingerprint, after so many earlier scorings; without a sight, there are no predictions. `null`: the worker holds another run by now.
 * @property {{in: {part: Judged, lead: number}, out: Predictions}} predictions
 * @property {{in: {steps: number}, out: Forecast}} forecast
 * @property {{in: {value: number, target: string}, out: Crossing}} crossing The chance that this target crosses a value.
 * @property {{in: {window: number | null, chosen: string}, out: {probes: Probes, index: number, values: Float32Array | null}}} inside One inner value over a window of the test part, or over the forecast's input.
 * @property {{in: null, out: {gradients: Gradients, milliseconds: number}}} gradients The gradients, and the duration of the reading.
 * @property {{in: {run: number, bytes: Uint8Array, settings?: Settings, otherRows?: boolean}, out: {configured: Configured, progress: Progress}}} load `settings`: additions to the
 *   state dict of a PyTorch model. `otherRows`: accepts a model trained on other rows.
 */

/** @typedef {keyof Calls} CallName */
/** @typedef {{type: 'call', id: number, name: CallName, payload: unknown}} CallMessage */

/**
 * The death of a worker: its cause, the call under way (`null`: it trained, or had no call), and whether it had ever sent a
 * message.
 * @typedef {{problem: Problem, during: {name: CallName, payload: unknown} | null, started: boolean}} Death
 */

/**
 * A busy worker is silent, or (`loading`) its core does not arrive. A person decides: to `wait`, or to `end` it (or
 * request the core again).
 * @typedef {{seconds: number, loading: boolean, wait: () => void, end: () => void}} Silence
 */

/**
 * The events of a worker. `run`: number of the run. `workers`: number that train it now. `spent`: milliseconds of training. `epochs`: those that ended since the last event.
 * @typedef {{type: 'reading', bytes: number, total: number} | {run: number} & ({type: 'progress', progress: Progress, workers: number, spent: number, epochs: TimedEpoch[]} | {type: 'report', report: Report} | {type: 'failed', problem: Problem, report: Report | null} | {type: 'weights', weights: Weights})} WorkerEvent
 */
/** @typedef {{type: 'answer', id: number, value: unknown} | {type: 'error', id: number, problem: Problem} | {type: 'peers', team: number, count: number} | {type: 'fatal', problem: Problem, id?: number} | {type: 'pong'} | WorkerEvent} WorkerMessage `fatal`: the worker ends, of a call or (no `id`) of training. `pong`: the answer to `ping`. */

export {};
