/**
 * What the page and its workers say to each other: the table of messages. Types only; the core's own come with its
 * package, with a word on what each number means.
 * @module
 */

/** @typedef {string | number | boolean} Value */
/** @typedef {Record<string, Value>} Settings */
/** @typedef {'validation' | 'test'} Judged A part that judges. */
/** @import {AboutSeries, Catalog, Configured, Epoch, Evaluation, Forecast, Gradients, Predictions, Probes, Progress, ReadOptions, SeriesOptions, SeriesParts, Understood} from '../../pkg/unrolled.js' */

/**
 * An error, or the cause of a worker's death: in words for a person, with its place.
 * @typedef {object} Problem
 * @property {string} message
 * @property {string} [code]
 * @property {string} [technical] What was thrown, for whoever mends it; shown folded.
 * @property {number | null} [row]
 * @property {string | null} [column]
 * @property {string | null} [knob]
 * @property {string} [about] What it is about: a file's name.
 */

/**
 * What reading a file gives.
 * @typedef {object} Reading
 * @property {Understood} understood
 * @property {string[][]} preview
 * @property {AboutSeries} about
 * @property {SeriesParts} parts
 * @property {Float64Array} times
 */

/**
 * What a running model tells after an epoch: everything that the page shows of it.
 * @typedef {object} Report
 * @property {Progress} progress
 * @property {TimedEpoch[]} history
 * @property {Evaluation} evaluation On the validation part.
 * @property {Predictions | null} predictions On the validation part; nothing of one of several, which is not drawn.
 * @property {Forecast | null} forecast Nothing where the series ends in a gap.
 * @property {string} forecastProblem Why there is none, or ''.
 * @property {Uint8Array} bytes The saved model, so that a dead worker costs seconds.
 * @property {Gradients} [gradients] Through time: of one of several, at its end.
 */

/** @typedef {{bytes: Uint8Array, step: number, epoch: number}} Weights The weights as training has them after this step, in the middle of this epoch, as a file: not validated. */

/** @typedef {Epoch & {spent?: number}} TimedEpoch A point of the learning curves, and milliseconds of training until then, where they are known. */

/** @typedef {{milliseconds?: number, steps?: number}} Limit Where training ends if it has not ended before: a budget. */

/** @typedef {{lead: number, steps: number}} Sight How far ahead the predictions look, and how many steps the forecast has. */

/**
 * The messages from the page: what goes in and what comes back.
 * @typedef {object} Calls
 * @property {{in: null, out: Catalog}} catalog
 * @property {{in: {source: Blob, read: ReadOptions, series: SeriesOptions}, out: Reading}} read
 * @property {{in: {series: SeriesOptions}, out: Reading}} regroup The table that was read last, as another series.
 * @property {{in: {parts: SeriesParts}, out: null}} open
 * @property {{in: {settings: Settings}, out: Configured}} configure A draft: what runs is not touched.
 * @property {{in: {settings: Settings, parameters: number}, out: Settings}} sized The settings with the hidden size that comes nearest to so many parameters.
 * @property {{in: {run: number, fresh: boolean, sight: Sight, workers: number, limit?: Limit, among?: boolean}, out: {configured: Configured, progress: Progress}}} start `run`: its number, which everything that is told of it carries. `fresh`: the draft takes over. `workers`: how many should train it, 0 for as many as are fastest. `limit`: for a fresh one. `among`: it is one of several, and told of less often.
 * @property {{in: null, out: Progress}} pause
 * @property {{in: null, out: Progress}} stop Ends training: the best weights are in place.
 * @property {{in: {run: number, fresh: boolean, sight: Sight, workers: number}, out: {configured: Configured, progress: Progress, report: Report | null}}} step `report`: where an epoch has ended with it.
 * @property {{in: {sight: Sight}, out: Report | null}} report
 * @property {{in: {sight: Sight | null, fingerprint: string, before: number}, out: {evaluation: Evaluation, predictions: Predictions | null}}} judge Scores the test part of the experiment with this fingerprint, which was scored so often before; without a sight, nothing is predicted to be drawn.
 * @property {{in: {part: Judged, lead: number}, out: Predictions}} predictions
 * @property {{in: {steps: number}, out: Forecast}} forecast
 * @property {{in: {window: number | null, chosen: string}, out: {probes: Probes, index: number, values: Float32Array | null}}} inside One inner value over a window of the test part, or over the one that the forecast is made from.
 * @property {{in: null, out: {gradients: Gradients, milliseconds: number}}} gradients And how long it took.
 * @property {{in: {run: number, bytes: Uint8Array, settings?: Settings, otherRows?: boolean}, out: {configured: Configured, progress: Progress}}} load `settings`: what the
 *   state dict of a PyTorch model does not tell. `otherRows`: though it was trained on other rows.
 */

/** @typedef {keyof Calls} CallName */
/** @typedef {{type: 'call', id: number, name: CallName, payload: unknown}} CallMessage */

/**
 * How a worker died: of what, during which call (`null`: while it trained, or of nothing that it was asked), and whether it had
 * ever said a word.
 * @typedef {{problem: Problem, during: {name: CallName, payload: unknown} | null, started: boolean}} Death
 */

/**
 * A worker that is waited for says nothing, or (`loading`) its core does not arrive. A person decides: to `wait`, or to `end` it
 * (to ask for the core again).
 * @typedef {{seconds: number, loading: boolean, wait: () => void, end: () => void}} Silence
 */

/**
 * What a worker says unasked. `run`: of which run. `workers`: how many train now. `spent`: milliseconds of training. `epochs`: those that ended since the last word.
 * @typedef {{type: 'reading', bytes: number, total: number} | {run: number} & ({type: 'progress', progress: Progress, workers: number, spent: number, epochs: TimedEpoch[]} | {type: 'report', report: Report} | {type: 'failed', problem: Problem, report: Report | null} | {type: 'weights', weights: Weights})} WorkerEvent
 */
/** @typedef {{type: 'answer', id: number, value: unknown} | {type: 'error', id: number, problem: Problem} | {type: 'peers', team: number, count: number} | {type: 'fatal', problem: Problem, id?: number} | {type: 'pong'} | WorkerEvent} WorkerMessage `fatal`: the worker ends, of a call or (no `id`) of training. `pong`: the answer to `ping`. */

export {};
