//! TypeScript's view of the objects that go in and out.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What every failing call throws. */
export interface UnrolledError extends Error {
  name: 'UnrolledError';
  /** Short stable name of the kind of error: `memory` for a model that would not fit, `other-rows` for a saved model that was trained on other rows and can be loaded all the same. */
  code: string;
  /** Line in the file, from 1. */
  row: number | null;
  column: string | null;
  /** Key of the setting that is wrong. */
  knob: string | null;
}

/** Settings by the keys of the catalog's knobs. Numbers and flags may be given as text. */
export type Settings = Record<string, string | number | boolean>;

/** Everything that can be chosen. */
export interface Catalog {
  version: string;
  architectures: Architecture[];
  knobs: Knob[];
  presets: Preset[];
}
/** A kind of network. */
export interface Architecture {
  id: string; label: string; summary: string; source: string;
  /** MathML. */
  equations: string;
  /** Whether it can read a sequence step by step. */
  streams: boolean;
  /** Keys of the knobs that it reads. */
  knobs: string[];
  /** Defaults that are its own in place of the knobs'. */
  defaults: Settings;
}
/** One of the values that a knob of type `choice` takes. */
export interface Choice { value: string; label: string; help: string }
/** What values a knob takes; bounds are included. `log`: a slider should move in factors. */
export type KnobKind =
  | { type: 'integer'; min: number; max: number }
  | { type: 'number'; min: number; max: number; log: boolean }
  | { type: 'choice'; options: Choice[] }
  | { type: 'flag' }
  | { type: 'text' };
/** One setting that a person can turn. */
export interface Knob {
  key: string; label: string; help: string; unit: string; source: string;
  group: 'data' | 'window' | 'model' | 'initialisation' | 'training';
  kind: KnobKind;
  default: string | number | boolean;
  /** Whether it belongs among the few that are always in view. */
  basic: boolean;
  /** Only of use when the knob of this key has one of these values. */
  when: [string, string[]] | null;
}
/** Settings that belong together; what they leave out is at its default. */
export interface Preset { id: string; label: string; help: string; settings: Settings }

/** Rows `from` up to, not including, `to`; times of the first and the last. */
export interface Part { from: number; to: number; first: number; last: number }
/** What a model was configured to be: every setting resolved, and its sizes. */
export interface Configured {
  settings: Settings;
  /** Of the experiment: the series, the split and the targets. Scorings of the test part are counted by it. */
  fingerprint: string;
  /** The same for models whose errors can be compared: of the experiment, and of the rows that the validation and test windows forecast. */
  judged_on: string;
  /** What a person should know of the rows that a loaded model was trained on; empty where they are those at hand. */
  trained_on: string;
  /** The column that is forecast, the first of several. */
  target: string;
  /** All columns that are forecast; where numbers of several stand in one array, they come in this order, one target after the other. */
  targets: string[];
  season: number; window: number; horizon: number; segment: number;
  /** What fits the targets, which stands where the settings leave these three out, and why. */
  suggested: Suggestion;
  /** The recurrence in the form that the settings choose, as MathML. */
  equations: string;
  parameters: {
    /** With two bias vectors for each recurrent layer, as PyTorch has it. */
    total: number;
    /** With one, as papers count. */
    total_one_bias: number;
    formula: string;
    rows: { name: string; shape: number[]; count: number }[];
  };
  split: { train: Part; validation: Part; test: Part };
  windows: { train: number; validation: number; test: number };
  steps_per_epoch: number;
  /** Bytes that the model takes in one worker, roughly. */
  memory_bytes: number;
  /** The same in parts. */
  memory: { step: number; judging: number; weights: number; data: number };
  /** How many workers can train it together within the memory that may be taken. */
  workers: number;
  /** Missing values of the columns it reads that were filled. */
  filled: number;
  /** What is cut where training reads the series as one; null where it reads windows. */
  truncated: Truncated | null;
  notes: string[];
  /** The members of the forecast and their weights, which sum to 1. Of an average, all other fields are the first model's, except `judged_on`, `trained_on`, `windows`, `memory_bytes` and `notes`. */
  members: { label: string; weight: number }[];
}
/** A member of an average, for `Session.combine`: a saved model by the bytes of its file, or a baseline by the `id` of its row. */
export type Member = ({ model: Uint8Array } | { baseline: 'last' | 'seasonal' | 'ridge' | 'ridge-centred' }) & { weight?: number };
/** The series in chunks: the gradient ends where a chunk begins, the state's values go on. */
export interface Truncated {
  /** Rows in a chunk. */
  chunk: number;
  side_by_side: number; lanes: number;
  /** Borders between chunks in a pass. */
  borders: number;
  /** Passes over the series in an epoch. */
  passes: number;
  /** All of this in words. */
  sentence: string;
  /** Times where a lane begins with an empty state, and where the gradient is cut; empty if there are too many to be seen. */
  starts: number[]; cuts: number[];
}
/** Where training stands. */
export interface Progress {
  state: 'ready' | 'running' | 'finished';
  /** Why it finished, in one sentence; else empty. */
  why: string;
  epoch: number; step: number; steps_per_epoch: number; epochs: number;
  /** Mean training loss of the epoch under way; NaN before the first step. */
  loss: number;
  validation: number | null;
  best: { epoch: number; validation: number } | null;
  learning_rate: number;
  /** Norm of the last gradient before clipping. */
  gradient_norm: number;
  clipped_share: number;
}
/** One point of the learning curves; losses are of scaled values. */
export interface Epoch {
  epoch: number; step: number; train: number; validation: number;
  /** With the truth fed back instead of the model's own forecasts; null where it feeds nothing back. */
  validation_forced: number | null;
  gradient_norm: number; clipped: number; learning_rate: number; naive_validation: number;
}
/** Errors of the model or of one of its baselines; scaled where the name says so, else in the data's unit. */
export interface ErrorRow {
  id: 'model' | 'last' | 'seasonal' | 'ridge' | string; label: string; note: string;
  mse_scaled: number; mae_scaled: number; mae: number; rmse: number; mase: number | null;
  per_step_mae: number[]; per_step_rmse: number[];
  /** The chance of a difference from the model's errors like this one if neither were better (a sign-flip test over blocks of windows); null for the model, and where too few windows tell nothing. */
  chance: number | null;
}
/** The model beside its baselines on the windows of one part. */
export interface Evaluation {
  part: 'validation' | 'test'; windows: number; horizon: number;
  /** Of several targets σ: the standard deviation that each has in the training part. */
  unit: string | null;
  /** Of several targets the means over them, of scaled values. */
  rows: ErrorRow[];
  /** Who won and by how much. */
  sentence: string;
  /** What the range held of the test part; null on validation, whose errors it is made from, and where there is no range. */
  range: MeasuredRange | null;
  /** The same for each target by itself, in its unit. */
  targets: { name: string; unit: string | null; rows: ErrorRow[]; sentence: string; range: MeasuredRange | null }[];
  /** How often the test part was scored, for whichever models of the experiment. */
  scored_times: number;
  /** What the model owes to the order of its window; of the test part, else empty. */
  order: string;
}
/** One forecast for each row of a part, all so many steps ahead, beside the truth; NaN where there is none. Of several targets, one after the other. */
export interface Predictions { times: Float64Array; predicted: Float64Array; actual: Float64Array }
/** Values beyond the end of the series and their range. Of several targets, one after the other: `times.length` values each. */
export interface Forecast {
  times: Float64Array; values: Float64Array;
  /** Bounds of the range, NaN beyond the model's horizon; null where there is no range. */
  lower: Float64Array | null; upper: Float64Array | null;
  /** Nominal level of the range: the share of the truth that it is made to hold. */
  level: number;
  /** Why there is no range, in a sentence; empty where there is one. */
  no_range: string;
  /** What the range held of the test part, for each target; empty as long as the test part was not scored with these weights. */
  measured: MeasuredRange[];
  note: string;
}
/** How a range did on the test part: counted, not promised. */
export interface MeasuredRange {
  /** Nominal level of the range. */
  level: number;
  /** Share of the truth that lay inside, over all windows and all steps of the horizon. */
  coverage: number;
  /** Mean width, in the target's unit; over several targets, of scaled values. */
  width: number;
  /** Test windows. */
  windows: number;
}
/** What can be seen inside a model: one of the values that its layers name. */
export interface Probe {
  /** Where it is: `Layer 1`. */
  group: string;
  /** What it is: `forget gate`. */
  label: string;
  /** Between which values it lies: 0 and 1, −1 and 1, from 0 on, anywhere. */
  bounds: 'unit' | 'signed' | 'positive' | 'free';
  /** Units over time; attention (the steps that are looked at, over those that look); or weights, which do not change with time. */
  kind: 'units' | 'looks' | 'weights';
  /** What one row belongs to where rows are no steps: a `unit`, or a `head`. */
  row: 'unit' | 'head';
  /** Whether the layer reads the window from its end. */
  backwards: boolean;
  rows: number; columns: number;
  /** Step of the window that the first column begins with, counted on into the horizon, and steps in one column. */
  first: number; stride: number;
  /** The same for the rows of attention. */
  first_row: number; row_stride: number;
  /** The smallest and the largest of the values. */
  least: number; most: number;
  /** Where a palette should end: the largest size of a value; of attention, the size that 98 in 100 do not exceed. */
  reach: number;
}
/** What can be seen inside a model over one window: times of its steps and of its horizon, and the targets over the window, one after the other. */
export interface Probes { origin: number; count: number; times: Float64Array; past: Float64Array; probes: Probe[] }
/** Norms of the loss's gradient with respect to one layer's values, step by step. */
export interface GradientTrace {
  group: string; label: string;
  /** Whether later steps read it, so that its gradient holds what flows through all of them. */
  carried: boolean;
  backwards: boolean;
  first: number; stride: number;
  norms: number[];
  /** The norm at the step that is read first over that at the step that is read last; NaN where that is zero. */
  ratio: number;
}
/** The gradient of the training loss through time, as the mean over some training windows. */
export interface Gradients {
  windows: number; loss: number;
  /** What it says, in one sentence; or empty. */
  sentence: string;
  /** The input's, then each layer's. */
  traces: GradientTrace[];
  /** How much the matrices from state to state stretch. */
  matrices: { group: string; label: string; spectral: number; frobenius: number }[];
}
/** One window of the test part: number `origin` is the first row that is forecast, `count` how many windows there are. Of several targets, one after the other. */
export interface Sample {
  origin: number; count: number;
  past_times: Float64Array; past: Float64Array;
  future_times: Float64Array; actual: Float64Array; predicted: Float64Array;
}
"#;

#[wasm_bindgen(typescript_custom_section)]
const SERIES: &str = r#"
/** A regular series as plain data, to be sent from worker to worker. */
export interface SeriesParts {
  axis: {
    /** Time of the first row: milliseconds since 1970 of the file's own clock, or a row number. */
    start: number;
    step: { unit: 'milliseconds' | 'months'; count: number } | { unit: 'rows' };
    len: number;
    /** Whether the times are known to be UTC. */
    utc: boolean;
  };
  names: string[];
  /** One for each name, of `axis.len` values; NaN where one is missing. */
  columns: Float64Array[];
  /** Numbers that stand for a missing value, where looking decides which do: those that the file names, and what was set aside, three
   *  numbers each: its column, its row, and itself. A model settles them by the training part of its split. */
  sentinels?: { said: number[]; aside: Float64Array };
}
"#;
