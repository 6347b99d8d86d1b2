/**
 * The parts of the split as backgrounds of a time chart, in times.
 * @module
 */
import { shownRun } from '../state/shape.js';
import { span } from './format.js';

/** @import {Ground} from '../charts/split.js' */
/** @import {Dataset, State} from '../state/shape.js' */

/** @param {Dataset} data @returns {boolean} Whether its rows have times. */
export const isTimed = ({ about }) => about.step.unit !== 'rows';

/** @param {State} state @param {{short: boolean}} options `short`: names for a small chart. @returns {Ground[]} */
export function groundsOf(state, { short }) {
  const { data, draft, steps } = state;
  const run = shownRun(state);
  const configured = run?.configured ?? draft;
  if (!data || !configured) return [];
  const { train, validation, test } = configured.split;
  const ahead = `the next ${span(data.about, steps || configured.horizon)}`;
  /** @param {string} long @param {string} brief */
  const names = (long, brief) => (short || long === brief ? [brief] : [long, brief]);
  return [
    { from: train.first, to: validation.first, names: names('training part', 'training'), tint: null, ink: 'ink-3' },
    { from: validation.first, to: test.first, names: names('validation', 'val.'), tint: 'validation-tint', ink: 'validation' },
    { from: test.first, to: data.about.end, names: names(run?.test ? 'test' : 'test: scored when training ends', 'test'), tint: 'test-tint', ink: 'test' },
    { from: data.about.end, to: Infinity, names: short ? [] : [ahead, 'forecast'], tint: short ? null : 'beyond-tint', ink: 'accent' },
  ];
}

/**
 * The cuts of training on the series as one.
 * @param {State} state @returns {import('../../pkg/unrolled.js').Truncated | null}
 */
export const truncatedOf = (state) => (shownRun(state)?.configured ?? state.draft)?.truncated ?? null;

/** Largest number of history steps for each step of the forecast, which then takes a fifth of the width. */
const HISTORY = 3.9;
/** Margin behind the forecast, as a share of it. */
const MARGIN = 0.04;

/**
 * The ranges that a person can jump to.
 * @param {State} state @returns {Record<'all' | 'validation' | 'test' | 'end', [number, number]> | null}
 */
export function stretches(state) {
  const { data, draft, steps } = state;
  const configured = shownRun(state)?.configured ?? draft;
  if (!data?.times.length) return null;
  const { times } = data;
  const last = times.length - 1;
  if (!configured) {
    // Invalid settings leave the data without parts; the chart still shows them.
    /** @type {[number, number]} */
    const whole = [times[0], times[last]];
    return { all: whole, validation: whole, test: whole, end: whole };
  }
  const step = last > 0 ? times[last] - times[last - 1] : 1;
  const ahead = (steps || configured.horizon) * step;
  // The forecast's input window, if there is enough room.
  const seen = Math.min(HISTORY * ahead, Math.max(ahead, configured.window * step));
  const end = times[last] + ahead * (1 + MARGIN);
  const { validation, test } = configured.split;
  return {
    all: [times[0], end],
    validation: [validation.first, validation.last],
    test: [test.first, test.last],
    end: [Math.max(times[0], times[last] - seen), end],
  };
}
