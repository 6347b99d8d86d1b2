/**
 * Shared code of all charts: colours from the style sheet, uniform axes, and redrawing after a change of theme or width.
 * @module
 */
import { ticks } from './numbers.js';
import uPlot from '../vendor/uPlot.esm.js';

/** @type {Map<string, string>} */
const colours = new Map();

/** @param {string} name @returns {string} A colour of the style sheet, such as `ink`. */
export function colour(name) {
  let value = colours.get(name);
  if (!value) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colours.set(name, value);
  }
  return value;
}

/** @type {Set<uPlot>} */
const plots = new Set();

/** Pending drawings in order, each at most once. @type {Set<() => void>} */
const due = new Set();

function drawOne() {
  const [job] = due;
  due.delete(job);
  if (due.size) setTimeout(drawOne);
  job();
}

/** Draws in a separate task, so that several charts never block the page together. @param {() => void} job The same function each time. */
export function soon(job) {
  if (!due.size) setTimeout(drawOne);
  due.add(job);
}

/** Runs a pending drawing at once. @param {() => void} job */
export function now(job) {
  if (!due.has(job)) return;
  // An emptied job keeps its turn.
  due.delete(job);
  due.add(() => {});
  job();
}

/** Call after the theme has changed. */
export function recolour() {
  colours.clear();
  for (const plot of plots) plot.redraw(false);
}

/** @param {number} pixels */
export const font = (pixels) => `${pixels}px ${getComputedStyle(document.body).fontFamily}`;

/** Pixels of a label's letters. */
const FONT = 12;
/** Pixels between a label and the edge of the chart. */
const MARGIN = 2;
/** Pixels between labels and the plot. */
const GAP = 6;

/**
 * A uniform axis; its labels are numbers in one form.
 * @param {Partial<uPlot.Axis>} [more] @returns {uPlot.Axis}
 */
export function axis(more = {}) {
  return {
    stroke: () => colour('ink-3'),
    font: font(FONT),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
    gap: GAP,
    values: (_, splits) => ticks(splits),
    ...more,
  };
}

/**
 * An axis at the left, as wide as its widest label.
 * @param {number} least Smallest width in pixels, so that stacked charts have one left edge. @param {Partial<uPlot.Axis>} [more]
 */
export function leftAxis(least, more = {}) {
  return axis({
    size: (plot, values, index, cycle) => {
      const own = /** @type {uPlot.Axis & {_size: number}} */ (plot.axes[index]);
      // Measured once for each drawing: a new width could change the labels, and these the width, for ever.
      if (cycle > 1) return own._size;
      plot.ctx.font = font(FONT * devicePixelRatio);
      const widths = (values ?? []).flatMap((label) => String(label).split('\n')).map((label) => plot.ctx.measureText(label).width / devicePixelRatio);
      return Math.ceil(Math.max(least, GAP + MARGIN + Math.max(0, ...widths)));
    },
    ...more,
  });
}

/**
 * A series drawn as a plain line.
 * @param {string} name A colour of the style sheet. @param {Partial<uPlot.Series>} [more] @returns {uPlot.Series}
 */
export function line(name, more = {}) {
  return { stroke: () => colour(name), width: 1.5, points: { show: false }, ...more };
}

/** Templates for times at an axis, from years to milliseconds: day before month, hours to 24. */
const S = 1000;
const MOMENTS = [
  [S * 86400 * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [S * 86400 * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [S * 86400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [S * 60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [S, ':{ss}', '\n{D} {MMM} {HH}:{mm}', null, '\n{D} {MMM} {HH}:{mm}', null, '\n{HH}:{mm}', null, 1],
  [1, ':{ss}.{fff}', '\n{D} {MMM} {HH}:{mm}', null, '\n{D} {MMM} {HH}:{mm}', null, '\n{HH}:{mm}', null, 1],
];

/** The same in one line, for stacked charts, where a second line would run into the axis below. */
const LINES = [
  [S * 86400 * 365, '{YYYY}', null, null, null, null, null, null, 0],
  [S * 86400 * 28, '{MMM}', '{MMM} {YYYY}', null, null, null, null, null, 0],
  [S * 86400, '{D} {MMM}', '{D} {MMM} {YYYY}', null, null, null, null, null, 0],
  [S * 60, '{HH}:{mm}', '{D} {MMM}, {HH}:{mm}', null, '{D} {MMM}, {HH}:{mm}', null, null, null, 0],
  [S, ':{ss}', '{HH}:{mm}:{ss}', null, '{HH}:{mm}:{ss}', null, '{HH}:{mm}:{ss}', null, 0],
  [1, ':{ss}.{fff}', '{HH}:{mm}:{ss}.{fff}', null, '{HH}:{mm}:{ss}.{fff}', null, '{HH}:{mm}:{ss}.{fff}', null, 0],
];

/** Rows are counted from 1, and are labelled in round numbers. @type {Partial<uPlot.Axis>} */
const ROWS = {
  incrs: Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat(),
  splits: (_, __, low, high, step) => {
    const first = Math.ceil((low + 1) / step);
    return Array.from({ length: Math.max(0, Math.floor((high + 1) / step) - first + 1) }, (_, index) => (first + index) * step - 1);
  },
  values: (_, splits) => ticks(splits.map((split) => split + 1)),
};

/** @param {boolean} timed Whether x is milliseconds of the file's own clock rather than row numbers. @param {Partial<uPlot.Axis>} [more] */
export function xAxis(timed, more = {}) {
  return axis({ space: 76, ...(timed ? { values: MOMENTS } : ROWS), ...more });
}

/** An axis of time at the left. @param {boolean} timed As of `xAxis`. @param {number} least As of `leftAxis`. @param {Partial<uPlot.Axis>} [more] */
export const leftTimeAxis = (timed, least, more = {}) => leftAxis(least, { ...(timed ? { values: LINES } : ROWS), ...more });

/** A time in the file's own clock. @param {number} milliseconds */
const ownClock = (milliseconds) => uPlot.tzDate(new Date(milliseconds), 'Etc/UTC');

/** @param {number[]} values @returns {[number, number]} The smallest and the largest, for an axis; without values, ∞ and −∞. A loop, since a call takes only so many arguments. */
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** A hook with the range of x that a person has selected. @param {number} least Smallest number of pixels that is no click. @param {(range: [number, number]) => void} take */
export const selecting = (least, take) => (/** @type {uPlot} */ u) => {
  const { left, width } = u.select;
  if (width < least) return;
  /** @type {[number, number]} */
  const range = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')];
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  take(range);
};

/**
 * Makes a chart that fills its container and follows its size.
 * @param {HTMLElement} container @param {Omit<uPlot.Options, 'width' | 'height'>} options @param {uPlot.AlignedData} data
 * @returns {{plot: uPlot, destroy: () => void}}
 */
export function makePlot(container, options, data) {
  const measure = () => ({ width: Math.max(120, container.clientWidth), height: Math.max(60, container.clientHeight) });
  const plot = new uPlot({ legend: { show: false }, ms: 1, tzDate: ownClock, ...options, ...measure() }, data, container);
  plots.add(plot);
  const observer = new ResizeObserver(() => {
    const { width, height } = measure();
    if (width !== plot.width || height !== plot.height) plot.setSize({ width, height });
  });
  observer.observe(container);
  return {
    plot,
    destroy() {
      // A removed chart draws nothing.
      plot.setData = plot.redraw = () => {};
      observer.disconnect();
      plots.delete(plot);
      plot.destroy();
    },
  };
}

export { uPlot };

/**
 * Numbers for the chart library: null where one is missing. A loop, because `Array.from` goes through an iterator, which is slow
 * for a million values.
 * @param {Float64Array} values @returns {(number | null)[]}
 */
export function gapped(values) {
  const all = new Array(values.length);
  for (let i = 0; i < values.length; i++) all[i] = Number.isFinite(values[i]) ? values[i] : null;
  return all;
}
