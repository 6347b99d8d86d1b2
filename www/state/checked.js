/**
 * The check of stored records, before anything else touches them: another version may have written them, or a crash cut them short.
 * One table has the shape of each record; `faultIn` names the first mismatch. Unknown fields are allowed.
 * @module
 */
import { ROLE } from './shape.js';

/** @import {Catalog} from '../../pkg/unrolled.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {Dataset} from './shape.js' */

/** The fault of a value, beginning with its place; '' for none. @typedef {(value: any, at: string) => string} Shape */

/** Largest number of items of a list: stored ones are smaller, and a person waits for the check. */
const MOST_ITEMS = 200_000;
/** Largest number of characters of a text. */
const MOST_CHARACTERS = 4_000_000;
/** The largest absolute time of a `Date`. */
const LAST_MOMENT = 8.64e15;
/** An upper bound of the runs' colours and dashes. */
const MOST_SLOTS = 100_000;

/** @param {string} needed @param {(value: any) => boolean} holds @returns {Shape} */
const is = (needed, holds) => (value, at) => (holds(value) ? '' : `${at}: ${needed} is needed`);

/** @param {any} value */
const isPlain = (value) => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
/** @param {any} value */
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
/** @param {any} value */
const isScalar = (value) => ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);

const text = is('a text', (value) => typeof value === 'string' && value.length <= MOST_CHARACTERS);
const flag = is('true or false', (value) => typeof value === 'boolean');
const count = is('a whole number from 0 on', isCount);
const positive = is('a whole number from 1 on', (value) => isCount(value) && value > 0);
const amount = is('a finite number from 0 on', (value) => Number.isFinite(value) && value >= 0);
/** An error or a loss; NaN if there is none. */
const number = is('a number', (value) => typeof value === 'number');
const moment = is('a time', (value) => Number.isFinite(value) && Math.abs(value) <= LAST_MOMENT);
const scalar = is('a text, a number or a flag', isScalar);
const numbers = is('a Float64Array', (value) => value instanceof Float64Array);
const blob = is('a Blob', (value) => value instanceof Blob);

/** @param {...string} values @returns {Shape} */
const oneOf = (...values) => is(`one of ${values.map((value) => `“${value}”`).join(', ')}`, (value) => values.includes(value));

/** @param {Shape} shape @returns {Shape} This shape, or nothing. */
const maybe = (shape) => (value, at) => (value === null || value === undefined ? '' : shape(value, at));

/** @param {Shape} shape @param {number} [least] Items. @returns {Shape} */
const list = (shape, least = 0) => (value, at) => {
  if (!Array.isArray(value)) return `${at}: a list is needed`;
  if (value.length < least) return `${at}: at least ${least} of them are needed`;
  if (value.length > MOST_ITEMS) return `${at}: ${value.length} items are too many`;
  for (let index = 0; index < value.length; index++) {
    const fault = shape(value[index], `${at}[${index}]`);
    if (fault) return fault;
  }
  return '';
};

/** @param {Record<string, Shape>} fields @param {(value: any, at: string) => string} [also] A condition on several fields. @returns {Shape} */
const object = (fields, also) => (value, at) => {
  if (!isPlain(value)) return `${at}: an object is needed`;
  for (const [name, shape] of Object.entries(fields)) {
    const fault = shape(Object.hasOwn(value, name) ? value[name] : undefined, `${at}.${name}`);
    if (fault) return fault;
  }
  return also ? also(value, at) : '';
};

/** @param {Shape} shape @returns {Shape} An object whose keys are free. */
const record = (shape) => (value, at) => {
  if (!isPlain(value)) return `${at}: an object is needed`;
  for (const [name, one] of Object.entries(value)) {
    const fault = shape(one, `${at}.${name}`);
    if (fault) return fault;
  }
  return '';
};

/** @param {...[string, ArrayLike<unknown>, number]} lengths Places, their values, and the required lengths. @returns {string} */
function ofLength(...lengths) {
  const wrong = lengths.find(([, values, length]) => values.length !== length);
  return wrong ? `${wrong[0]}: ${wrong[2]} values are needed, and ${wrong[1].length} are there` : '';
}

/** A model as a file: a header that says how many bytes follow (https://huggingface.co/docs/safetensors). @type {Shape} */
const weights = (value, at) => {
  if (!(value instanceof Uint8Array)) return `${at}: a Uint8Array is needed`;
  const broken = `${at}: the weights are cut short or damaged`;
  if (value.length < 8) return broken;
  const header = Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, true));
  if (header > value.length - 8) return broken;
  try {
    const said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value.subarray(8, 8 + header)));
    const ends = Object.entries(said).flatMap(([name, tensor]) => (name === '__metadata__' ? [] : [tensor.data_offsets[1]]));
    return Math.max(0, ...ends) === value.length - 8 - header ? '' : broken;
  } catch {
    return broken;
  }
};

/** @type {Shape} */
const settings = record(scalar);
const problem = object({ message: text });
/** @type {Shape} */
const scalars = (value, at) => (isPlain(value) ? settings(value, at) : scalar(value, at));
/** Options of a file or a series: scalars, or lists of names or of picks; the core checks the names. */
const options = record((value, at) => (Array.isArray(value) ? list(scalars)(value, at) : maybe(scalar)(value, at)));

/** @type {Shape} */
const step = (value, at) =>
  object({ unit: oneOf('milliseconds', 'months', 'rows') })(value, at) || (value.unit === 'rows' ? '' : positive(value.count, `${at}.count`));

const note = object({
  code: text,
  level: text,
  message: text,
  rows: list(count),
  count,
  choices: list(object({ label: text, options })),
});

const dateOrder = oneOf('ymd', 'dmy', 'mdy');
const records = object({ rows: count, uneven: count, names: count, without_time: count, other_series: count });
const cells = object({ values: count, empty: count, unread: count, infinite: count, sentinels: count, text: count });
const pick = object({ column: text, value: text });

/** @type {Shape} */
const several = object(
  { columns: list(text), labels: list(object({ label: text, rows: count, picks: list(pick) })), count, chosen: maybe(count) },
  ({ labels, chosen }, at) => (chosen === null || chosen < labels.length ? '' : `${at}.chosen: a label is needed`),
);

const understood = object({
  rows: count,
  records,
  bytes: count,
  header: flag,
  encoding: text,
  delimiter: text,
  decimal: text,
  time: maybe(object({ columns: list(text), format: text, date_order: maybe(dateOrder), first: moment, last: moment, utc: flag, why: text })),
  series: maybe(several),
  columns: list(
    object({ name: text, kind: text, missing: count, min: maybe(number), max: maybe(number), mean: maybe(number), examples: list(text), sentinel: maybe(number), cells, note: text }),
  ),
  suggested_target: maybe(text),
  notes: list(note),
});

const about = object({
  names: list(text, 1),
  start: moment,
  end: moment,
  step,
  step_label: text,
  length: positive,
  utc: flag,
  rows: count,
  duplicates: object({ exact: count, conflicting: count, merged: count }),
  averaged: count,
  snapped: count,
  gaps: list(object({ from: moment, to: moment, steps: count })),
  gap_count: count,
  missing_steps: count,
  notes: list(note),
});

/** @param {Dataset} data @param {string} at @returns {string} */
function agrees({ about: { length, names, step: one }, parts, times }, at) {
  const { axis, columns } = parts;
  const wrong =
    ofLength([`${at}.times`, times, length], [`${at}.parts.columns`, columns, parts.names.length]) ||
    ofLength(...columns.map((/** @type {Float64Array} */ column, index) => /** @type {[string, Float64Array, number]} */ ([`${at}.parts.columns[${index}]`, column, length])));
  if (wrong) return wrong;
  if (axis.len !== length) return `${at}.parts.axis.len: ${length} is needed`;
  if (new Set(names).size !== names.length || names.join('\n') !== parts.names.join('\n')) return `${at}.parts.names: the names of the series are needed, each once`;
  if (axis.step.unit !== one.unit) return `${at}.parts.axis.step: the step of the series is needed`;
  for (let row = 0; row < length; row++) {
    const fault = moment(times[row], `${at}.times[${row}]`);
    if (fault) return fault;
    if (row && times[row] <= times[row - 1]) return `${at}.times[${row}]: times must ascend`;
  }
  return '';
}

const dataset = object(
  {
    id: text,
    source: object({ kind: oneOf('sample', 'file', 'paste'), id: text, name: text }),
    blob,
    read: options,
    series: options,
    understood,
    preview: list(list(text)),
    about,
    parts: object({
      axis: object({ start: moment, step, len: positive, utc: flag }),
      names: list(text, 1),
      columns: list(numbers, 1),
      sentinels: maybe(object({ said: list(number), aside: numbers })),
    }),
    times: numbers,
  },
  agrees,
);

const part = object({ from: count, to: count, first: moment, last: moment });

const configured = object({
  settings,
  // Older runs have no fingerprint.
  fingerprint: maybe(text),
  judged_on: maybe(text),
  trained_on: maybe(text),
  target: text,
  targets: list(text, 1),
  season: count,
  window: positive,
  horizon: positive,
  segment: count,
  equations: text,
  parameters: object({ total: count, total_one_bias: count, formula: text, rows: list(object({ name: text, shape: list(count), count })) }),
  split: object({ train: part, validation: part, test: part }),
  windows: object({ train: count, validation: count, test: count }),
  steps_per_epoch: positive,
  memory_bytes: amount,
  memory: object({ step: amount, judging: amount, weights: amount, data: amount }),
  workers: count,
  // Older runs have one season.
  suggested: object({ season: count, seasons: maybe(list(count)), window: count, horizon: count, gaps: text, why: text }),
  filled: count,
  truncated: maybe(object({ chunk: count, side_by_side: count, lanes: count, borders: count, passes: amount, sentence: text, starts: list(moment), cuts: list(moment) })),
  notes: list(text),
  members: maybe(list(object({ label: text, weight: number }), 1)),
});

const progress = object({
  state: oneOf('ready', 'running', 'finished'),
  why: text,
  epoch: count,
  epochs: count,
  step: count,
  steps_per_epoch: positive,
  loss: number,
  validation: maybe(number),
  best: maybe(object({ epoch: count, validation: number })),
  // Older runs lack these.
  all_rows: maybe(object({ step: count, steps: count })),
  line: maybe(number),
  added: maybe(object({ line: number, share: number })),
  learning_rate: number,
  gradient_norm: number,
  clipped_share: number,
});

const epoch = object({
  epoch: positive,
  step: count,
  train: number,
  validation: number,
  validation_forced: maybe(number),
  gradient_norm: number,
  clipped: number,
  learning_rate: number,
  naive_validation: number,
  spent: maybe(amount),
});

const rows = list(
  object({
    id: text,
    label: text,
    note: text,
    mse_scaled: number,
    mae_scaled: number,
    mae: number,
    rmse: number,
    mase: maybe(number),
    per_step_mae: list(number),
    per_step_rmse: list(number),
    chance: maybe(number),
    // Older runs have neither these nor reasons.
    compared: maybe(flag),
  }),
);

const absent = maybe(list(text));

/** Quality of a range on the test part; records from before interval scores have neither these nor steps. */
const quality = { level: number, coverage: number, width: number, windows: count, score: maybe(number), per_step_coverage: maybe(list(number)), per_step_width: maybe(list(number)), per_step_score: maybe(list(number)) };
const range = object(quality);
const ranges = maybe(list(object({ id: text, label: text, ...quality, score: number, per_step_coverage: list(number), per_step_width: list(number), per_step_score: list(number) })));

const evaluation = object({
  part: oneOf('validation', 'test'),
  windows: count,
  horizon: count,
  unit: maybe(text),
  rows,
  absent,
  sentence: text,
  range: maybe(range),
  ranges,
  order: text,
  scored_times: count,
  targets: list(object({ name: text, unit: maybe(text), rows, absent, sentence: text, range: maybe(range), ranges }), 1),
});

const predictions = object({ times: numbers, predicted: numbers, actual: numbers });
const forecast = object({
  times: numbers,
  values: numbers,
  lower: maybe(numbers),
  upper: maybe(numbers),
  level: number,
  // Records from before there were several levels have none of these three.
  levels: maybe(list(number)),
  lowers: maybe(numbers),
  uppers: maybe(numbers),
  no_range: text,
  measured: list(range),
  note: text,
});

const gradients = object({
  windows: count,
  loss: number,
  sentence: text,
  traces: list(object({ group: text, label: text, carried: flag, backwards: flag, first: number, stride: number, norms: list(number), ratio: number })),
  matrices: list(object({ group: text, label: text, spectral: number, frobenius: number })),
});

/** @param {any} run @param {string} at @returns {string} */
function fits({ configured: { targets }, forecast: ahead, bytes, latest }, at) {
  if (!bytes && !latest) return `${at}.bytes: the weights are missing`;
  const all = (/** @type {any} */ of, /** @type {string[]} */ names, /** @type {string} */ place) =>
    of ? ofLength(...names.map((name) => /** @type {[string, Float64Array, number]} */ ([`${place}.${name}`, of[name], of.times.length * targets.length]))) : '';
  return (
    all(ahead, ['values', ...['lower', 'upper'].filter((bound) => ahead?.[bound])], `${at}.forecast`) ||
    (ahead?.levels ? ofLength(...['lowers', 'uppers'].map((bounds) => /** @type {[string, Float64Array, number]} */ ([`${at}.forecast.${bounds}`, ahead[bounds] ?? [], ahead.levels.length * ahead.values.length]))) : '') ||
    (ahead && !ahead.lower !== !ahead.upper ? `${at}.forecast: one bound is missing` : '')
  );
}

/** The fields of a run that its worker reports. @type {Record<string, Shape>} */
const REPORTED = {
  progress,
  epochs: list(epoch),
  validation: evaluation,
  forecast: maybe(forecast),
  forecastProblem: text,
  bytes: weights,
  gradients: maybe(gradients),
};
const latest = object({ bytes: weights, step: count, epoch: count });

const run = object(
  {
    ...REPORTED,
    id: positive,
    status: oneOf('ready', 'running', 'paused', 'stopped', 'finished', 'failed'),
    asked: settings,
    build: maybe(oneOf('', 'plain', 'relaxed')),
    configured,
    problem: maybe(problem),
    validation: maybe(evaluation),
    test: maybe(evaluation),
    bytes: maybe(weights),
    latest: maybe(latest),
    unvalidated: maybe(object({ step: count, epoch: count })),
    loaded: maybe(flag),
    otherRows: maybe(flag),
    workers: count,
    elapsed: amount,
    remark: text,
  },
  fits,
);

const entry = object({
  id: positive,
  data: text,
  asked: settings,
  slot: is('a small whole number', (value) => isCount(value) && value < MOST_SLOTS),
  limit: object({ milliseconds: maybe(amount), steps: maybe(amount) }),
  among: maybe(flag),
  ticked: flag,
  run,
  problem: maybe(problem),
});

/** Which data are open, and which run of each is shown. */
const open = object({ data: text, shown: record(count) });

/** Shapes of all stored records. */
const SHAPES = { data: dataset, entry, open, scored: record(count) };

const report = object({ ...REPORTED, predictions: maybe(predictions) });

/** Events of a worker, by type. @type {Record<string, Shape>} */
const EVENTS = {
  progress: object({ run: positive, progress, workers: count, spent: amount, epochs: list(epoch) }),
  report: object({ run: positive, report }),
  failed: object({ run: positive, problem, report: maybe(report) }),
  weights: object({ run: positive, weights: latest }),
  reading: object({ bytes: count, total: count }),
};

/** @param {any} event @returns {string} The fault of a worker's event; '' for none. */
export function faultInEvent(event) {
  const shape = Object.hasOwn(EVENTS, event?.type) ? EVENTS[event.type] : null;
  return shape ? shape(event, event.type) : 'its kind is unknown';
}

/** @param {string} fault @returns {string} The message that an event of a worker cannot be read. */
export const unheard = (fault) => `An answer of its worker cannot be read (${fault}). Reload the page.`;

/** The page's present knowledge. @typedef {{catalog?: Catalog | null, data?: Dataset | null}} Known */

/** @param {Settings} chosen @param {Catalog} catalog @returns {string} */
function unknownIn(chosen, { knobs }) {
  for (const [key, value] of Object.entries(chosen)) {
    const knob = knobs.find((candidate) => candidate.key === key);
    if (!knob) return `the setting “${key}” is unknown to this version`;
    if (knob.kind.type === 'choice' && !knob.kind.options.some((option) => option.value === value))
      return `${key === ROLE.architecture ? 'the architecture' : `${knob.label}:`} “${value}” is unknown to this version`;
  }
  return '';
}

/**
 * The fault of a stored record, in a few words that begin with its place; '' for none. A model must also belong to the data and to
 * this version's architectures, if these are known.
 * @param {keyof typeof SHAPES} what @param {unknown} value @param {Known} [known]
 * @returns {string}
 */
export function faultIn(what, value, { catalog, data } = {}) {
  const fault = SHAPES[what](value, what);
  if (fault || what !== 'entry') return fault;
  const { run, data: id } = /** @type {any} */ (value);
  const { asked, configured: made } = run;
  if (data === null) return 'its training data are missing';
  if (data && data.id !== id) return 'it was trained on other data';
  const missing = data && made.targets.find((/** @type {string} */ name) => !data.parts.names.includes(name));
  if (missing) return `it forecasts “${missing}”, a column that the data lack`;
  return catalog ? unknownIn(asked, catalog) || unknownIn(made.settings, catalog) : '';
}
