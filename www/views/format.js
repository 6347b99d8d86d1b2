/**
 * Numbers, times and sizes for people: the words around the numbers of `charts/numbers.js`. Times are the file's own clock,
 * whatever zone the reader is in.
 * @module
 */
import { column, count, exact, figure, MISSING, plain, valuesOf, write } from '../charts/numbers.js';

/** @import {AboutSeries} from '../../pkg/unrolled.js' */

export { column, count, exact, figure, plain, valuesOf };

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Largest number of milliseconds from 1970 of a JavaScript date (ECMA-262, 21.4.1.1); records of an older version may exceed it. */
const LAST_MOMENT = 8.64e15;

/** @param {Pick<AboutSeries, 'step' | 'utc'>} about @returns {(time: number) => string} The written form of a time of this series. */
export function momentsOf({ step, utc }) {
  if (step.unit === 'rows') return (time) => `row ${count(Math.round(time) + 1)}`;
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { timeZone: 'UTC', year: 'numeric', month: 'short' };
  const milliseconds = step.count ?? 0;
  if (step.unit === 'milliseconds') {
    Object.assign(options, { day: 'numeric', weekday: 'short' });
    if (milliseconds % DAY) Object.assign(options, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    if (milliseconds % MINUTE) Object.assign(options, { second: '2-digit' });
  }
  const format = new Intl.DateTimeFormat('en-GB', options);
  const zone = utc && milliseconds % DAY ? ' UTC' : '';
  return (time) => (Math.abs(time) <= LAST_MOMENT ? format.format(time) + zone : MISSING);
}

/** @param {Pick<AboutSeries, 'step_label'>} about @param {number} steps e.g. "24 hours", "1 day", "6 × 15 minutes". */
export function span({ step_label: label }, steps) {
  if (/^\d/.test(label)) return steps === 1 ? label : `${count(steps)} × ${label}`;
  return `${count(steps)} ${label}${steps === 1 ? '' : 's'}`;
}

/** @type {import('../charts/numbers.js').Form} */
const TENTHS = { decimals: 1, power: 0 };

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (!Number.isFinite(seconds)) return MISSING;
  if (seconds < 1) return 'under 1 s';
  if (seconds < 90) return `${count(seconds)} s`;
  if (seconds < 5400) return `${count(seconds / 60)} min`;
  return `${write(seconds / 3600, TENTHS)} h`;
}

/** @param {number} bytes @returns {string} In the largest unit that gives at least 1. */
export function size(bytes) {
  if (bytes < 1024) return `${count(bytes)} bytes`;
  if (bytes < 1024 ** 2) return `${count(bytes / 1024)} kB`;
  if (bytes < 1024 ** 3) return `${write(bytes / 1024 ** 2, TENTHS)} MB`;
  return `${write(bytes / 1024 ** 3, TENTHS)} GB`;
}

/** @param {number} share */
export const percent = (share) => `${count(share * 100)} %`;
