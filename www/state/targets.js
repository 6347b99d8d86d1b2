/**
 * The targets: their names, the one on show, and its part of a model's results. The core's arrays hold several targets one after
 * the other.
 * @module
 */
import { ROLE } from './shape.js';

/** @import {Configured, Evaluation, Forecast, Predictions} from '../../pkg/unrolled.js' */
/** @import {State} from './shape.js' */

/** Names that a list with commas cannot hold. */
const AWKWARD = /[,"[\]]|^\s|\s$/;

/** @param {string[]} names @returns {string} A list in the core's format: separated by commas, or as JSON. */
export const written = (names) => (names.some((name) => AWKWARD.test(name)) ? JSON.stringify(names) : names.join(','));

/** @param {string} text @param {string[]} names All names. @returns {string[]} The names of a list in the core's format. */
export function listed(text, names) {
  if (names.includes(text)) return [text];
  try {
    const list = JSON.parse(text);
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // Not JSON, so separated by commas.
  }
  return text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

/**
 * @param {State} state @returns {string[]} The targets, at least one once there are data. Without a choice the core decides, by the
 *   training part; until the draft has its decision, the file's suggestion serves.
 */
export function targetsOf({ settings, draft, data }) {
  const names = data?.parts.names ?? [];
  const asked = listed(String(settings[ROLE.target] ?? draft?.settings[ROLE.target] ?? ''), names);
  const known = asked.filter((name) => names.includes(name));
  return known.length ? known : [data?.understood.suggested_target ?? names[0] ?? ''];
}

/** @param {State} state @returns {string} The target on show. */
export function targetOf(state) {
  const targets = targetsOf(state);
  return targets.includes(state.shown) ? state.shown : targets[0];
}

/**
 * @template T
 * @param {Pick<Configured, 'targets'>} configured @param {string} name @param {(index: number) => T} take
 * @returns {T | null} The result for this target; `null` if the model has no such target.
 */
function taken({ targets }, name, take) {
  const index = targets.indexOf(name);
  return index < 0 ? null : take(index);
}

/** @param {Float64Array} values Values of all targets. @param {number} index @param {ArrayLike<number>} times */
const part = (values, index, { length }) => values.subarray(index * length, (index + 1) * length);

/** @param {Pick<Configured, 'targets'>} configured @param {Predictions | null} all @param {string} name @returns {Predictions | null} */
export const predictionsOf = (configured, all, name) =>
  all &&
  taken(configured, name, (index) => ({
    times: all.times,
    predicted: part(all.predicted, index, all.times),
    actual: part(all.actual, index, all.times),
  }));

/** The bounds of a forecast at one level, in the order of its values. @typedef {{level: number, lower: Float64Array, upper: Float64Array}} Range */

/** @param {Forecast} forecast @returns {Range[]} Its ranges; of a record from before there were several levels, the one. */
export function rangesOf({ values: { length }, lower, upper, level, levels, lowers, uppers }) {
  if (!levels) return lower && upper ? [{ level, lower, upper }] : [];
  return levels.map((one, at) => ({ level: one, lower: lowers.subarray(at * length, (at + 1) * length), upper: uppers.subarray(at * length, (at + 1) * length) }));
}

/** @param {Range[]} ranges @returns {Pick<Forecast, 'levels' | 'lowers' | 'uppers'>} */
const joined = (ranges) => ({
  levels: ranges.map(({ level }) => level),
  lowers: Float64Array.from(ranges.flatMap(({ lower }) => [...lower])),
  uppers: Float64Array.from(ranges.flatMap(({ upper }) => [...upper])),
});

/** @param {Pick<Configured, 'targets'>} configured @param {Forecast | null} all @param {string} name @returns {Forecast | null} */
export const forecastOf = (configured, all, name) =>
  all &&
  taken(configured, name, (index) => ({
    ...all,
    values: part(all.values, index, all.times),
    lower: all.lower && part(all.lower, index, all.times),
    upper: all.upper && part(all.upper, index, all.times),
    ...joined(rangesOf(all).map(({ level, lower, upper }) => ({ level, lower: part(lower, index, all.times), upper: part(upper, index, all.times) }))),
    measured: all.measured.slice(index, index + 1),
  }));

/** @param {Evaluation} evaluation @param {string} name @returns {Evaluation['targets'][number]} The errors of this target, or else of the first. */
export const errorsOf = ({ targets }, name) => targets.find((one) => one.name === name) ?? targets[0];
