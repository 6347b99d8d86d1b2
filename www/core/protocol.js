/**
 * What the page and its workers say to each other: the shapes of the core's answers, and the table of messages.
 * Types only; the core's own documentation says what each number means.
 * @module
 */

/** @typedef {string | number | boolean} Value */
/** @typedef {Record<string, Value>} Settings */

/**
 * A refusal, in words for a person, with its place.
 * @typedef {object} Problem
 * @property {string} message
 * @property {string} [code]
 * @property {number | null} [row]
 * @property {string | null} [column]
 * @property {string | null} [knob]
 * @property {string | null} [detail]
 */

/**
 * @typedef {object} ReadOptions
 * @property {string} [encoding]
 * @property {string} [delimiter]
 * @property {boolean} [header]
 * @property {string} [decimal]
 * @property {string[]} [time_columns]
 * @property {string} [date_order]
 * @property {number[]} [missing]
 * @property {string} [start]
 * @property {string} [step]
 */
/** @typedef {{duplicates?: string, gaps?: string, columns?: string[], longest_fill?: number}} SeriesOptions */
/** @typedef {{label: string, options: ReadOptions}} NoteChoice */
/** @typedef {{code: string, level: 'info' | 'warning' | 'question', message: string, rows: number[], count: number, choices: NoteChoice[]}} Note */
/** @typedef {{name: string, kind: 'number' | 'text' | 'time' | 'empty' | 'constant', missing: number, min: number | null, max: number | null, mean: number | null, examples: string[], sentinel: number | null, note: string}} Column */
/** @typedef {{columns: string[], format: string, date_order: string | null, utc: boolean, first: number, last: number, why: string}} TimeFound */
/** @typedef {{encoding: string, delimiter: string, decimal: string, header: boolean, rows: number, bytes: number, time: TimeFound | null, columns: Column[], suggested_target: string | null, notes: Note[]}} Understood */
/** @typedef {{unit: 'milliseconds' | 'months' | 'rows', count?: number}} Step */
/** @typedef {{names: string[], start: number, step: Step, step_label: string, length: number, utc: boolean, end: number, duplicates: {exact: number, conflicting: number}, snapped: number, gaps: {from: number, to: number, steps: number}[], gap_count: number, missing_steps: number, filled: number, notes: Note[]}} About */
/** @typedef {{season: number, window: number, horizon: number, why: string}} Suggestion */
/** @typedef {{axis: unknown, names: string[], columns: Float64Array[]}} Parts */

/** @typedef {{value: string, label: string, help: string}} Choice */
/** @typedef {{type: 'integer', min: number, max: number} | {type: 'number', min: number, max: number, log: boolean} | {type: 'choice', options: Choice[]} | {type: 'flag'} | {type: 'text'}} Kind */
/** @typedef {{key: string, label: string, help: string, unit: string, source: string, group: string, kind: Kind, default: Value, basic: boolean, when: [string, string[]] | null}} Knob */
/** @typedef {{id: string, label: string, summary: string, source: string, equations: string, streams: boolean, knobs: string[]}} Architecture */
/** @typedef {{id: string, label: string, help: string, settings: Settings}} Preset */
/** @typedef {{version: string, architectures: Architecture[], knobs: Knob[], presets: Preset[]}} Catalog */

/** @typedef {'train' | 'validation' | 'test'} PartName */
/** @typedef {'validation' | 'test'} Judged */
/** @typedef {{from: number, to: number, first: number, last: number}} Part */
/**
 * @typedef {object} Configured
 * @property {Settings} settings
 * @property {number} season
 * @property {number} window
 * @property {number} horizon
 * @property {{total: number, total_one_bias: number, formula: string, rows: {name: string, shape: number[], count: number}[]}} parameters
 * @property {Record<PartName, Part> & {windows: Record<PartName, number>}} split
 * @property {number} steps_per_epoch
 * @property {string[]} notes
 * @property {number} memory_bytes
 */
/** @typedef {{state: 'ready' | 'running' | 'finished', why: string, epoch: number, step: number, steps_per_epoch: number, epochs: number, loss: number, validation: number | null, best: {epoch: number, validation: number} | null, learning_rate: number, gradient_norm: number, clipped_share: number}} Progress */
/** @typedef {{epoch: number, step: number, train: number, validation: number, gradient_norm: number, clipped: number, learning_rate: number, naive_validation: number}} Epoch */
/** @typedef {{id: string, label: string, mse_scaled: number, mae_scaled: number, mae: number, rmse: number, mase: number, per_step_mae: number[], per_step_rmse: number[], note: string}} Score */
/** @typedef {{part: Judged, windows: number, unit: string | null, horizon: number, rows: Score[], sentence: string, scored_times: number}} Evaluation */
/** @typedef {{times: Float64Array, predicted: Float64Array, actual: Float64Array}} Predictions */
/** @typedef {{times: Float64Array, values: Float64Array, lower: Float64Array, upper: Float64Array, coverage: number, note: string}} Forecast */

/**
 * What reading a file gives.
 * @typedef {object} Reading
 * @property {Understood} understood
 * @property {string[][]} preview
 * @property {About} about
 * @property {Parts} parts
 * @property {Float64Array} times
 * @property {Record<string, Suggestion>} suggestions By column; only the first few columns.
 */

/**
 * What a running model tells after an epoch: everything that the page shows of it.
 * @typedef {object} Report
 * @property {Progress} progress
 * @property {Epoch[]} history
 * @property {Evaluation} evaluation On the validation part.
 * @property {Predictions} predictions On the validation part.
 * @property {Forecast} forecast
 * @property {Uint8Array} bytes The saved model, so that a dead worker costs seconds.
 */

/** @typedef {{lead: number, steps: number}} Sight How far ahead the predictions look, and how many steps the forecast has. */

/**
 * The messages from the page: what goes in and what comes back.
 * @typedef {object} Calls
 * @property {{in: null, out: Catalog}} catalog
 * @property {{in: {source: Blob, read: ReadOptions, series: SeriesOptions}, out: Reading}} read
 * @property {{in: {series: SeriesOptions}, out: Reading}} regroup The table that was read last, as another series.
 * @property {{in: {parts: Parts}, out: null}} open
 * @property {{in: {settings: Settings}, out: Configured}} configure A draft: what runs is not touched.
 * @property {{in: {fresh: boolean, sight: Sight}, out: {configured: Configured, progress: Progress}}} start `fresh`: the draft takes over.
 * @property {{in: null, out: Progress}} pause
 * @property {{in: {fresh: boolean, sight: Sight}, out: {configured: Configured, progress: Progress}}} step
 * @property {{in: {sight: Sight}, out: Report | null}} report
 * @property {{in: {sight: Sight}, out: {evaluation: Evaluation, predictions: Predictions}}} judge Scores the test part.
 * @property {{in: {part: Judged, lead: number}, out: Predictions}} predictions
 * @property {{in: {steps: number}, out: Forecast}} forecast
 * @property {{in: {bytes: Uint8Array}, out: {configured: Configured, progress: Progress}}} load
 */

/** @typedef {keyof Calls} CallName */
/** @typedef {{type: 'call', id: number, name: CallName, payload: unknown}} CallMessage */
/**
 * What a worker says unasked.
 * @typedef {{type: 'progress', progress: Progress} | {type: 'report', report: Report} | {type: 'failed', problem: Problem, report: Report | null} | {type: 'reading', bytes: number, total: number}} Tidings
 */
/** @typedef {{type: 'answer', id: number, value: unknown} | {type: 'refusal', id: number, problem: Problem} | {type: 'fatal', problem: Problem} | Tidings} WorkerMessage */

export {};
