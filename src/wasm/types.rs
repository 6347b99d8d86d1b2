//! TypeScript's view of the objects that go in and out.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The error that every failing call throws. */
export interface UnrolledError extends Error {
  name: 'UnrolledError';
  /** Short stable name of the kind of error, such as `memory` (the model would not fit) or `other-rows` (the saved model was trained on other rows, but can still be loaded). */
  code: string;
  /** Line in the file, from 1. */
  row: number | null;
  column: string | null;
  /** Key of the wrong setting. */
  knob: string | null;
}

/** Settings by the keys of the catalog's knobs. Numbers and flags may be given as text. */
export type Settings = Record<string, string | number | boolean>;

/** All architectures, settings and presets. */
export interface Catalog {
  version: string;
  /** The automatic choice, in the place of an architecture. */
  automatic: Architecture;
  architectures: Architecture[];
  knobs: Knob[];
  presets: Preset[];
}
/** A candidate of an automatic choice. */
export interface Candidate {
  label: string;
  /** Settings that train it alone; empty for a baseline. */
  settings: Settings;
  /** Mean absolute error on the validation part, scaled; null before it is known. */
  error: number | null;
  /** Share of the forecast, from 0 to 1. */
  weight: number;
  /** Why it has no error; else empty. */
  why: string;
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
  /** Its own defaults, used instead of the knobs'. */
  defaults: Settings;
}
/** One value of a knob of type `choice`. */
export interface Choice { value: string; label: string; help: string }
/** The values that a knob takes, bounds included. `log`: a slider should be logarithmic. */
export type KnobKind =
  | { type: 'integer'; min: number; max: number }
  | { type: 'number'; min: number; max: number; log: boolean }
  | { type: 'choice'; options: Choice[] }
  | { type: 'flag' }
  | { type: 'text' };
/** One setting. */
export interface Knob {
  key: string; label: string; help: string; unit: string; source: string;
  group: 'data' | 'window' | 'model' | 'initialisation' | 'training';
  kind: KnobKind;
  default: string | number | boolean;
  /** Whether it is one of the few settings that are always in view. */
  basic: boolean;
  /** The knob has an effect only where the knob of this key has one of these values. */
  when: [string, string[]] | null;
}
/** Settings that belong together; all others have their defaults. */
export interface Preset { id: string; label: string; help: string; settings: Settings }

/** Rows `from` up to, not including, `to`; times of the first and the last. */
export interface Part { from: number; to: number; first: number; last: number }
/** A configured model: all its settings, resolved, and its sizes. */
export interface Configured {
  settings: Settings;
  /** Fingerprint of the experiment (series, split and targets); scorings of the test part are counted for each. */
  fingerprint: string;
  /** Fingerprint of the experiment and of the rows that the validation and test windows forecast; models with the same one have comparable errors. */
  judged_on: string;
  /** How the rows that a loaded model was trained on differ from the present ones; empty where they are the same. */
  trained_on: string;
  /** The column that is forecast; of several, the first. */
  target: string;
  /** All columns that are forecast. Arrays with the numbers of several targets hold one target after the other, in this order. */
  targets: string[];
  season: number; window: number; horizon: number; segment: number;
  /** The suggested season, window and horizon, used where the settings leave them out, and the reason. */
  suggested: Suggestion;
  /** The equations in the form that the settings choose, as MathML. */
  equations: string;
  parameters: {
    /** With two bias vectors for each recurrent layer, as in PyTorch. */
    total: number;
    /** With one bias vector, as papers count. */
    total_one_bias: number;
    formula: string;
    rows: { name: string; shape: number[]; count: number }[];
  };
  split: { train: Part; validation: Part; test: Part };
  windows: { train: number; validation: number; test: number };
  steps_per_epoch: number;
  /** Estimated bytes of the model in one worker. */
  memory_bytes: number;
  /** The parts of the estimate, in bytes. */
  memory: { step: number; judging: number; weights: number; data: number };
  /** Number of workers that can train it together within the memory limit. */
  workers: number;
  /** Number of filled missing values in the columns it reads. */
  filled: number;
  /** The chunks, where training reads the series as one; null where it reads windows. */
  truncated: Truncated | null;
  notes: string[];
  /** The members of the forecast and their weights, which sum to 1. Of an average, all other fields are the first model's, except `judged_on`, `trained_on`, `windows`, `memory_bytes` and `notes`. */
  members: { label: string; weight: number }[];
}
/** A member of an average, for `Session.combine`: a saved model by the bytes of its file, or a baseline by the `id` of its row. */
export type Member = ({ model: Uint8Array } | { baseline: Baseline }) & { weight?: number };
/** The `id` of a baseline's row in a table of errors. */
export type Baseline = 'last' | 'seasonal' | 'ridge' | 'ridge-centred' | 'theta' | 'ets' | 'mstl' | 'harmonic';
/** Truncated backpropagation: the series in chunks. The gradient stops at the start of a chunk; the state carries over. */
export interface Truncated {
  /** Rows in a chunk. */
  chunk: number;
  side_by_side: number; lanes: number;
  /** Borders between chunks in a pass. */
  borders: number;
  /** Passes over the series in an epoch. */
  passes: number;
  /** The same in a sentence. */
  sentence: string;
  /** Times where a lane starts with an empty state, and where the gradient is cut; empty if there are too many to draw. */
  starts: number[]; cuts: number[];
}
/** The state of a training run. */
export interface Progress {
  state: 'ready' | 'running' | 'finished';
  /** Why it finished, or that it learns from all rows, in one sentence; else empty. */
  why: string;
  epoch: number; step: number; steps_per_epoch: number; epochs: number;
  /** Mean training loss of the current epoch; NaN before the first step. */
  loss: number;
  validation: number | null;
  /** Epoch 0 is the linear model that a model may start from. */
  best: { epoch: number; validation: number } | null;
  /** Since it began to learn from all rows: optimiser steps of that training so far, and all of them. */
  all_rows: { step: number; steps: number } | null;
  /** Validation loss of the linear model that it starts from, once that has been validated. */
  line: number | null;
  /** Of a model that started from the linear model, in the end: that one's validation loss, and the share of the network's output that is added. */
  added: { line: number; share: number } | null;
  learning_rate: number;
  /** Norm of the last gradient before clipping. */
  gradient_norm: number;
  clipped_share: number;
}
/** One point of the learning curves; losses are of scaled values. */
export interface Epoch {
  epoch: number; step: number; train: number; validation: number;
  /** Teacher-forced validation loss; null where the model feeds nothing back. */
  validation_forced: number | null;
  gradient_norm: number; clipped: number; learning_rate: number; naive_validation: number;
}
/** Errors of the model or of one of its baselines; scaled where the name says so, else in the data's unit. */
export interface ErrorRow {
  id: 'model' | Baseline; label: string; note: string;
  mse_scaled: number; mae_scaled: number; mae: number; rmse: number; mase: number | null;
  per_step_mae: number[]; per_step_rmse: number[];
  /** p-value of the difference from the model's errors (a sign-flip test over blocks of windows); null for the model, and where there are too few windows. */
  chance: number | null;
  /** Whether the sentence compares the model with it: with the naive forecasts, and with the best of the fitted baselines on validation. */
  compared: boolean;
}
/** The model beside its baselines on the windows of one part. */
export interface Evaluation {
  part: 'validation' | 'test'; windows: number; horizon: number;
  /** The unit of the errors; σ for several targets, the standard deviation of each in the training part. */
  unit: string | null;
  /** Errors; for several targets, means over them, of scaled values. */
  rows: ErrorRow[];
  /** Why baselines have no row, a sentence for each. */
  absent: string[];
  /** The comparison in a sentence. */
  sentence: string;
  /** The shown range's quality on the test part; null on validation, from whose errors it is derived, and where there is no range. */
  range: MeasuredRange | null;
  /** The same at every level, of the model and then of the seasonal naive forecast; empty where `range` is null. */
  ranges: RangeRow[];
  /** The same for each target, in its unit. */
  targets: { name: string; unit: string | null; rows: ErrorRow[]; absent: string[]; sentence: string; range: MeasuredRange | null; ranges: RangeRow[] }[];
  /** Number of scorings of the test part, over all models of the experiment. */
  scored_times: number;
  /** The result of the permutation test of the window's order, in a sentence; empty for validation. */
  order: string;
}
/** Forecasts for each row of a part, all the same number of steps ahead, and the true values; NaN where there is none. Several targets: one after the other. */
export interface Predictions { times: Float64Array; predicted: Float64Array; actual: Float64Array }
/** Values beyond the end of the series and their range. Several targets: one after the other, `times.length` values each. */
export interface Forecast {
  times: Float64Array; values: Float64Array;
  /** Bounds of the shown range, NaN beyond the model's horizon; null where there is no range. */
  lower: Float64Array | null; upper: Float64Array | null;
  /** Nominal level of the shown range, the one nearest to 0.8: the share of true values that it should hold. */
  level: number;
  /** Nominal levels of all ranges, ascending; empty where there is no range. */
  levels: number[];
  /** Bounds of all ranges: one level after the other, each in the order of `values`. */
  lowers: Float64Array; uppers: Float64Array;
  /** The reason for no range, in a sentence; empty where there is one. */
  no_range: string;
  /** The shown range's quality on the test part, for each target; empty until the test part is scored with these weights. */
  measured: MeasuredRange[];
  note: string;
}
/** A column at a glance, in its unit: value = trend + all seasons + remainder (MSTL). */
export interface Glance {
  /** First row of the parts; earlier ones are left out of a long series, and those before the first value. */
  first: number;
  /** Rows of each season, the shortest first. */
  periods: number[];
  trend: Float64Array;
  /** One season after the other, each as long as the trend. */
  seasons: Float64Array;
  /** NaN where the value is missing; the parts then take it as on a line between its neighbours. */
  remainder: Float64Array;
  /** At the lags 0, 1, … */
  autocorrelation: Float64Array;
  /** Autocorrelations within ± this are those of noise in 95 % of cases. */
  noise: number;
}
/** The chances that a column crosses a value within the horizon beyond the end, from the errors behind the ranges. */
export interface Crossing {
  value: number;
  /** Chance of more than the value at each step; of less, or as much, the rest. */
  above: number[];
  /** Chance of more at any step, and of less or as much at any; null where fewer than nine past forecasts have a whole horizon. */
  ever_above: number | null; ever_below: number | null;
  /** All of it in words. */
  sentence: string;
}
/** The quality of a range on the test part, where each forecast's range comes from the errors known at its origin. */
export interface MeasuredRange {
  /** Nominal level of the range. */
  level: number;
  /** Share of true values inside the range, over all windows and all steps of the horizon. */
  coverage: number;
  /** Mean width, in the target's unit; for several targets, of scaled values. */
  width: number;
  /** Mean interval score, likewise; the lower the better: the width, and 2 / (1 − level) times the distance of a truth outside. */
  score: number;
  /** Number of test windows that had a range. */
  windows: number;
  /** The same at each step of the horizon. */
  per_step_coverage: number[]; per_step_width: number[]; per_step_score: number[];
}
/** The ranges of the model, or for comparison of the seasonal naive forecast, at one level. */
export interface RangeRow extends MeasuredRange { id: 'model' | 'seasonal'; label: string }
/** One inner value of a model, such as the values of a gate. */
export interface Probe {
  /** Its layer, such as `Layer 1`. */
  group: string;
  /** Its name, such as `forget gate`. */
  label: string;
  /** Its bounds: 0 to 1, −1 to 1, from 0, or none. */
  bounds: 'unit' | 'signed' | 'positive' | 'free';
  /** Units over time; attention weights (rows: steps attended to; columns: steps that attend); or weights, which do not change with time. */
  kind: 'units' | 'looks' | 'weights';
  /** The meaning of a row, where rows are not steps. */
  row: 'unit' | 'head';
  /** Whether the layer reads the window backwards. */
  backwards: boolean;
  rows: number; columns: number;
  /** First step of the first column, counted from the window's start on into the horizon, and number of steps in a column. */
  first: number; stride: number;
  /** The same for the rows of attention weights. */
  first_row: number; row_stride: number;
  /** The smallest and the largest of the values. */
  least: number; most: number;
  /** The end of a colour scale: the largest absolute value; for attention weights, the 98th percentile. */
  reach: number;
}
/** The inner values of a model over one window: times of its steps and of its horizon, and the targets over the window, one after the other. */
export interface Probes { origin: number; count: number; times: Float64Array; past: Float64Array; probes: Probe[] }
/** Norms of the loss's gradient with respect to one layer's values, step by step. */
export interface GradientTrace {
  group: string; label: string;
  /** Whether later steps read it, so that its gradient includes the flow through all of them. */
  carried: boolean;
  backwards: boolean;
  first: number; stride: number;
  norms: number[];
  /** The norm at the step read first, divided by the norm at the step read last; NaN where that is zero. */
  ratio: number;
}
/** The gradient of the training loss through time, averaged over some training windows. */
export interface Gradients {
  windows: number; loss: number;
  /** Its meaning in one sentence; or empty. */
  sentence: string;
  /** The input's, then each layer's. */
  traces: GradientTrace[];
  /** Norms of the recurrent matrices. */
  matrices: { group: string; label: string; spectral: number; frobenius: number }[];
}
/** One window of the test part. `origin`: the first row that is forecast; `count`: the number of windows. Several targets: one after the other. */
export interface Sample {
  origin: number; count: number;
  past_times: Float64Array; past: Float64Array;
  future_times: Float64Array; actual: Float64Array; predicted: Float64Array;
}
"#;

#[wasm_bindgen(typescript_custom_section)]
const SERIES: &str = r#"
/** A regular series as plain data, which can be sent between workers. */
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
  /** One for each name, with `axis.len` values; NaN where one is missing. */
  columns: Float64Array[];
  /** Candidates for numbers that mark a missing value: those that the file names (`said`), and the values set aside, three numbers each
   *  (column, row, value). A model decides about them by the training part of its split. */
  sentinels?: { said: number[]; aside: Float64Array };
}
"#;
