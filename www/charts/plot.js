/**
 * What all charts share: colours from the style sheet, axes in one hand, redrawing when the theme or the width changes.
 * @module
 */
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

/** Drawings that are due, in their order, each at most once. @type {Set<() => void>} */
const due = new Set();

function drawOne() {
  const [job] = due;
  due.delete(job);
  if (due.size) setTimeout(drawOne);
  job();
}

/** Draws in a task of its own, so that several charts never hold the page up together. @param {() => void} job The same function each time. */
export function soon(job) {
  if (!due.size) setTimeout(drawOne);
  due.add(job);
}

/** Draws at once what is due. @param {() => void} job */
export function now(job) {
  if (!due.has(job)) return;
  // An empty place keeps its turn.
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

/** @param {Partial<uPlot.Axis>} [more] @returns {uPlot.Axis} */
export function axis(more = {}) {
  return {
    stroke: () => colour('ink-3'),
    font: font(12),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
    gap: 6,
    ...more,
  };
}

/**
 * A series drawn as a plain line.
 * @param {string} name A colour of the style sheet. @param {Partial<uPlot.Series>} [more] @returns {uPlot.Series}
 */
export function line(name, more = {}) {
  return { stroke: () => colour(name), width: 1.5, points: { show: false }, ...more };
}

/** Templates for moments at an axis, from years to milliseconds: day before month, hours to 24. */
const S = 1000;
const MOMENTS = [
  [S * 86400 * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [S * 86400 * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [S * 86400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [S * 60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [S, ':{ss}', '\n{D} {MMM} {HH}:{mm}', null, '\n{D} {MMM} {HH}:{mm}', null, '\n{HH}:{mm}', null, 1],
  [1, ':{ss}.{fff}', '\n{D} {MMM} {HH}:{mm}', null, '\n{D} {MMM} {HH}:{mm}', null, '\n{HH}:{mm}', null, 1],
];

/** @param {boolean} timed Whether x is milliseconds of the file's own clock; row numbers otherwise. @param {Partial<uPlot.Axis>} [more] */
export function xAxis(timed, more = {}) {
  return axis({ space: 76, ...(timed ? { values: MOMENTS } : {}), ...more });
}

/** Reads every moment as the file wrote it. @param {number} milliseconds */
export const ownClock = (milliseconds) => uPlot.tzDate(new Date(milliseconds), 'Etc/UTC');

/** @param {number[]} values @returns {[number, number]} From the smallest to the largest, for an axis; of none, from ∞ to −∞. By a loop: too many arguments of one call would be refused. */
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The axis of a loss, in round numbers of a scale of factors. @param {(low: number, high: number) => number[]} ticks @returns {uPlot.Axis} */
export const lossAxis = (ticks) =>
  axis({
    size: 46,
    splits: (_, __, low, high) => ticks(low, high),
    filter: (_, splits) => splits,
    values: (_, splits) => splits.map((value) => String(Number(value.toPrecision(2)))),
  });

/** A hook that hands on which stretch of x a person has drawn the pointer over. @param {number} least Pixels that are more than a click. @param {(range: [number, number]) => void} take */
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
      // A chart that is gone is not drawn.
      plot.setData = plot.redraw = () => {};
      observer.disconnect();
      plots.delete(plot);
      plot.destroy();
    },
  };
}

export { uPlot };

/**
 * Numbers as the chart library wants them: null where one is missing. By a loop, because `Array.from` goes through an
 * iterator, which a million values feel.
 * @param {Float64Array} values @returns {(number | null)[]}
 */
export function gapped(values) {
  const all = new Array(values.length);
  for (let i = 0; i < values.length; i++) all[i] = Number.isFinite(values[i]) ? values[i] : null;
  return all;
}
