/**
 * The written form of all numbers for people: one function, `write`, and the number of digits. Digits before the point are never
 * left out. Neighbouring numbers (the labels of an axis, a column of a table) have one form.
 * @module
 */

/** In place of a missing number. */
export const MISSING = '–';

/**
 * The form of a number: digits after the point, and the exponent of its power of ten.
 * @typedef {{decimals: number, power: number}} Form
 */

/** @type {Form} */
const WHOLE = { decimals: 0, power: 0 };

/** Smaller numbers are written with a power of ten, since zeros after the point are hard to count. */
const SMALL = 1e-4;
/** Numbers from here on too, if few of their digits are significant. */
const LARGE = 1e9;
/** Largest number of a few digits. */
const FEW = 7;
/** Numbers from here on always: a double holds no more digits before the point. */
const HUGE = 1e15;
/** A larger multiple of a power of ten shows that the power is wrong for this number. */
const FAR_OFF = 1e6;

/** @param {number} power @returns {number} 10 to this power, as the nearest double, which `**` does not guarantee. */
const ten = (power) => Number(`1e${power}`);

/** @param {number} size Above 0. @param {number} [digits] Rounded to so many digits first. @returns {number} The power of ten of its first digit. */
function powerOf(size, digits) {
  const text = digits === undefined ? size.toExponential() : size.toExponential(Math.max(0, digits - 1));
  return Number(text.slice(text.indexOf('e') + 1));
}

/** @param {string} digits @returns {string} With a comma between thousands. */
function grouped(digits) {
  const point = digits.indexOf('.');
  let whole = point < 0 ? digits : digits.slice(0, point);
  const groups = [];
  for (; whole.length > 3; whole = whole.slice(0, -3)) groups.unshift(whole.slice(-3));
  return [whole, ...groups].join(',') + (point < 0 ? '' : digits.slice(point));
}

/**
 * Writes a number. The written value lies within half of the last digit shown; there is no “minus zero”.
 * @param {number | null | undefined} value @param {Form} [form] @returns {string}
 */
export function write(value, { decimals, power } = WHOLE) {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  const multiple = power === 0 ? size : size / ten(power);
  // A value outside its column's form.
  if (multiple >= (power === 0 ? HUGE : FAR_OFF)) return figure(value);
  const digits = multiple.toFixed(decimals);
  if (Number(digits) === 0) return power === 0 ? digits : '0';
  const sign = value < 0 ? '−' : '';
  const times = power === 0 ? '' : `e${power < 0 ? '−' : ''}${Math.abs(power)}`;
  return sign + grouped(digits) + times;
}

/** @param {number | null | undefined} value A whole number. */
export const count = (value) => write(value);

/**
 * A single number with so many significant digits after rounding (9.999 is 10.0), as in the core.
 * @param {number | null | undefined} value @param {number} [digits]
 */
export function figure(value, digits = 3) {
  const size = Math.abs(value ?? NaN);
  if (!Number.isFinite(size) || size === 0) return write(value);
  const power = powerOf(size, digits);
  if (size < SMALL || size >= LARGE) return write(value, { decimals: digits - 1, power });
  return write(value, { decimals: Math.max(0, digits - 1 - power), power: 0 });
}

/** Digits of a round number with a fraction; later ones are rounding errors. */
const ROUND = 9;

/** @param {number} value A round number, in its shortest form. */
export function plain(value) {
  const size = Number.isInteger(value) ? Math.abs(value) : Number(Math.abs(value).toPrecision(ROUND));
  if (!Number.isFinite(size) || size === 0) return write(value);
  const power = powerOf(size);
  const [mantissa] = size.toExponential().split('e');
  const behind = Math.max(0, mantissa.length - 2);
  if (size < SMALL || size >= HUGE || (size >= LARGE && behind < FEW)) return write(value, { decimals: behind, power });
  return write(value, { decimals: Math.max(0, behind - power), power: 0 });
}

/** @param {number | null | undefined} value @returns {string} For a program: all digits, or nothing for a missing number. */
export const exact = (value) => (value === null || value === undefined || !Number.isFinite(value) ? '' : String(value));

/**
 * The common form of several numbers.
 * @param {number} largest Their largest absolute value. @param {number} decimals Significant digits after the point; below 0: fewer
 *   than all digits before it.
 * @returns {Form}
 */
function formOf(largest, decimals) {
  if (!(largest > 0)) return { decimals: Math.max(0, decimals), power: 0 };
  const power = powerOf(largest);
  const counting = power + decimals + 1;
  if (largest < SMALL || largest >= HUGE || (largest >= LARGE && counting <= FEW))
    return { decimals: Math.max(0, counting - 1), power };
  return { decimals: Math.max(0, decimals), power: 0 };
}

/** @param {number[]} values @returns {number} The largest finite absolute value. */
const largestOf = (values) => values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);

/**
 * The form of a column's values: with enough digits for a two-hundredth of its range.
 * @param {{min?: number | null, max?: number | null} | undefined} column
 * @returns {(value: number | null | undefined) => string}
 */
export function valuesOf(column) {
  const bounds = [column?.min ?? 0, column?.max ?? 1];
  const largest = largestOf(bounds);
  const range = bounds[1] - bounds[0];
  const told = range > 0 && Number.isFinite(range) ? range : largest || 1;
  const form = formOf(largest, 2 - powerOf(told / 2));
  return (value) => write(value, form);
}

/** Digits of a column's largest number, of its smallest, and largest number of digits. */
const OF_LARGEST = 3;
const OF_SMALLEST = 2;
const AT_MOST = 6;

/** @param {number[]} values @returns {(value: number | null | undefined) => string} Numbers of one column of a table, such as errors, with equally many decimals. */
export function column(values) {
  const sizes = values.map(Math.abs).filter((size) => size > 0 && Number.isFinite(size));
  if (!sizes.length) return (value) => write(value, { decimals: OF_LARGEST - 1, power: 0 });
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const first = powerOf(most, OF_LARGEST);
  const wanted = Math.max(OF_LARGEST - 1 - first, OF_SMALLEST - 1 - powerOf(least, OF_SMALLEST));
  const form = formOf(most, Math.min(wanted, AT_MOST - 1 - first));
  return (value) => write(value, form);
}

/** A double has no more digits. */
const DIGITS = 17;
/** Largest rounding of a label, as a share of the distance to the next. */
const EXACT = 1e-4;

/**
 * The labels of an axis with evenly spaced marks: the fewest digits that write all of them exactly, so that no two are equal.
 * @param {(number | null)[]} splits @returns {string[]}
 */
export function ticks(splits) {
  const values = splits.filter((value) => value !== null);
  const largest = largestOf(values);
  if (largest === 0) return splits.map((value) => (value === null ? '' : write(value)));
  const apart = values.slice(1).reduce((least, value, index) => Math.min(least, Math.abs(value - values[index]) || Infinity), Infinity);
  const distance = Number.isFinite(apart) ? apart : largest;
  const first = powerOf(largest);
  let decimals = -first;
  for (; decimals < DIGITS - first; decimals++) {
    const unit = ten(-decimals);
    const left = (/** @type {number} */ value) => Math.abs(value - Math.round(value / unit) * unit);
    if (values.every((value) => left(value) <= Math.max(EXACT * distance, Number.EPSILON * Math.abs(value)))) break;
  }
  const form = formOf(largest, decimals);
  return splits.map((value) => (value === null ? '' : write(value, form)));
}

/** @param {(number | null)[]} splits Marks with any spacing, as on a logarithmic scale. @returns {string[]} Unevenly spaced ones in their shortest forms. */
export function labels(splits) {
  const values = splits.filter((value) => value !== null);
  const steps = values.slice(1).map((value, index) => value - values[index]);
  const even = steps.every((step) => Math.abs(step - steps[0]) <= EXACT * Math.abs(steps[0]));
  return even ? ticks(splits) : splits.map((value) => (value === null ? '' : plain(value)));
}

/** Up to this ratio of the highest to the lowest value the marks are evenly spaced. */
const EVEN = 4;
/** First digits of marks, from many to few. */
const FIRST_DIGITS = [
  [1, 1.5, 2, 3, 5, 7],
  [1, 2, 5],
  [1],
];

/** @param {number} low Above 0. @param {number} high @param {number} most Largest number of marks. @returns {number[]} Round values from low to high, for a logarithmic scale. */
export function lossMarks(low, high, most) {
  if (high / low <= EVEN) {
    const rough = (high - low) / most;
    const power = Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`)).find((size) => size >= rough) ?? rough;
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, index) => (first + index) * step);
  }
  const from = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - from + 1 }, (_, index) => from + index);
  /** @param {number[]} digits @param {number} every */
  const marks = (digits, every) =>
    powers
      .filter((power) => power % every === 0)
      .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
      .filter((value) => value >= low && value <= high);
  for (const digits of FIRST_DIGITS) {
    const found = marks(digits, 1);
    if (found.length <= most) return found;
  }
  return marks([1], Math.ceil(powers.length / most));
}
