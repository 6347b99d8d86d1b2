/**
 * Numbers and times as a person reads them. Times are the file's own clock, whatever zone the reader is in.
 * @module
 */
/** @import {AboutSeries, ColumnUnderstood} from '../../pkg/unrolled.js' */

const MISSING = '–';
const MINUTE = 60_000;
const DAY = 86_400_000;

/** Making a format takes longer than using it a hundred times. @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
function written(value, options = {}) {
  const key = JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat('en-GB', options)));
  return format.format(value).replace('-', '−');
}

/** @param {number} decimals @returns {(value: number | null | undefined) => string} */
const fixed = (decimals) => (value) =>
  value === null || value === undefined || !Number.isFinite(value)
    ? MISSING
    : written(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** @param {number} value */
export const count = (value) => written(value);

/** @param {number} value A round number, such as a bound, as short as it can be. */
export const plain = (value) =>
  value !== 0 && Math.abs(value) < 1e-3 ? figure(value, 1) : written(value, { maximumSignificantDigits: 9 });

/** @param {number | null | undefined} value @param {number} [digits] Significant ones. */
export function figure(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9))
    return value
      .toExponential(digits - 1)
      .replace('e+', 'e')
      .replaceAll('-', '−');
  return written(value, { maximumSignificantDigits: digits, minimumSignificantDigits: Math.min(digits, 3) });
}

/**
 * How a column's values are written: as many decimals as its range makes worth reading.
 * @param {Pick<ColumnUnderstood, 'min' | 'max'> | undefined} column
 * @returns {(value: number | null | undefined) => string}
 */
export function valuesOf(column) {
  const range = (column?.max ?? 1) - (column?.min ?? 0) || 1;
  const decimals = Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(range / 2))));
  return fixed(decimals);
}

/** Milliseconds from 1970 beyond which JavaScript has no dates (ECMA-262, 21.4.1.1): what an older version kept may lie there. */
const LAST_MOMENT = 8.64e15;

/** @param {Pick<AboutSeries, 'step' | 'utc'>} about @returns {(time: number) => string} How a moment of this series is written. */
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

/** @param {number[]} values @returns {(value: number) => string} Numbers of one column with as many decimals, about four digits for the largest. */
export function column(values) {
  const largest = Math.max(...values.map(Math.abs).filter(Number.isFinite), 1e-9);
  const decimals = Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(largest))));
  return fixed(decimals);
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (!Number.isFinite(seconds)) return MISSING;
  if (seconds < 1) return 'under 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;
