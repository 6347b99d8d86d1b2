/**
 * The chart of the forecast: the measured values, the predictions of the held-out parts, and the forecast beyond the end. All have
 * one x; a missing value is a gap.
 * @module
 */
import { colour, gapped, leftAxis, line, makePlot, now, selecting, soon, xAxis } from './plot.js';
import { cutMarks } from './cuts.js';
import { parts } from './split.js';
import { holding, otherLines } from './run_lines.js';

/** @import {Forecast, Predictions} from '../../pkg/unrolled.js' */
/** @import {Cuts} from './cuts.js' */
/** @import {Ground} from './split.js' */
/** @import {Other} from './run_lines.js' */

/** Name under which time charts share one cursor. */
export const CURSOR = 'time';

const MEASURED = 1;
const PREDICTED = 2;
const FORECAST = 3;
const LOWER = 4;
const UPPER = 5;

/** @typedef {{time: number, measured: number | null, predicted: number | null, forecast: number | null, lower: number | null, upper: number | null}} Reading */

/** @param {ArrayLike<number>} times @param {number} time @returns {number} Index of the first time that is not before `time`. */
function indexOf(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @param {HTMLElement} container
 * @param {{timed: boolean, grounds: () => Ground[], others: () => Other[], cuts: () => Cuts | null, onRange: (range: [number, number]) => void, onCursor: (reading: Reading | null) => void}} options
 */
export function timeChart(container, { timed, grounds, others, cuts, onRange, onCursor }) {
  /** @type {Float64Array} */ let times = new Float64Array();
  /** @type {number[]} */ let x = [];
  /** @type {(number | null)[][]} */ let columns = [[], [], [], [], []];
  /** @type {[number, number]} */ let shown = [0, 1];
  /** @type {[number, number]} Range of the last drawn forecast. */ let tail = [0, 0];

  const { plot, destroy } = makePlot(
    container,
    {
      scales: { x: { time: timed, auto: false }, y: { range: (_, low, high) => roomy(...holding(others(), shown, low, high)) } },
      axes: [xAxis(timed), leftAxis(52)],
      series: [
        {},
        line('ink', { width: 1.25 }),
        line('accent', { width: 1.75 }),
        line('accent', { width: 2.25 }),
        line('accent', { width: 0 }),
        line('accent', { width: 0 }),
      ],
      bands: [{ series: [UPPER, LOWER], fill: () => colour('band') }],
      cursor: {
        sync: { key: CURSOR, scales: ['x', null] },
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 6 },
        points: { size: 7, show: (u, index) => (index >= LOWER ? document.createElement('i') : cursorPoint(u, index)) },
        // The chart must not swallow the click that focuses it.
        bind: { dblclick: () => () => null },
      },
      hooks: {
        setSelect: [selecting(6, onRange)],
        setCursor: [
          (u) => {
            const index = u.cursor.idx;
            const inside = (u.cursor.left ?? -1) >= 0 && index !== null && index !== undefined;
            onCursor(inside ? read(/** @type {number} */ (index)) : null);
          },
        ],
      },
      plugins: [parts(grounds, 'paper'), otherLines(others), cutMarks(cuts)],
    },
    /** @type {any} */ ([[], ...columns]),
  );

  /** @param {uPlot} u @param {number} index */
  function cursorPoint(u, index) {
    const point = document.createElement('div');
    point.style.background = colour(index === MEASURED ? 'ink' : 'accent');
    u.over.append(point);
    return point;
  }

  /** @param {number} index @returns {Reading} */
  function read(index) {
    const own = index >= times.length;
    const at = (/** @type {number} */ series) => columns[series - 1][index] ?? null;
    return {
      time: x[index],
      measured: at(MEASURED),
      predicted: at(PREDICTED),
      forecast: own ? at(FORECAST) : null,
      lower: own ? at(LOWER) : null,
      upper: own ? at(UPPER) : null,
    };
  }

  function drawNow() {
    plot.batch(() => {
      plot.setData(/** @type {any} */ ([x, ...columns]), false);
      plot.setScale('x', { min: shown[0], max: shown[1] });
    });
  }

  /** @param {number} from @param {number} to @param {number[]} series */
  function clear(from, to, series) {
    for (const index of series) columns[index - 1].fill(null, from, to);
  }

  return {
    /** @param {Float64Array} moments @param {Float64Array} values */
    setMeasured(moments, values) {
      times = moments;
      x = /** @type {number[]} */ (gapped(moments));
      columns = [gapped(values), ...[0, 1, 2, 3].map(() => new Array(values.length).fill(null))];
      tail = [values.length, values.length];
    },
    /** @param {(Predictions | null)[]} predictions */
    setPredictions(predictions) {
      clear(0, times.length, [PREDICTED]);
      for (const part of predictions) {
        if (!part || !part.times.length) continue;
        const from = indexOf(times, part.times[0]);
        for (let i = 0; i < part.times.length; i++)
          columns[PREDICTED - 1][from + i] = Number.isFinite(part.predicted[i]) ? part.predicted[i] : null;
      }
    },
    /** @param {Forecast | null} forecast */
    setForecast(forecast) {
      const end = times.length;
      clear(Math.max(0, end - 1), tail[1], [FORECAST, LOWER, UPPER]);
      x.length = end;
      for (const column of columns) column.length = end;
      if (forecast) {
        const last = end ? columns[MEASURED - 1][end - 1] : null;
        // The line starts at the last measured value, if there is one.
        if (last !== null) for (const series of forecast.lower ? [FORECAST, LOWER, UPPER] : [FORECAST]) columns[series - 1][end - 1] = last;
        forecast.times.forEach((time, i) => {
          x.push(time);
          columns[MEASURED - 1].push(null);
          columns[PREDICTED - 1].push(null);
          columns[FORECAST - 1].push(forecast.values[i]);
          columns[LOWER - 1].push(present(forecast.lower?.[i]));
          columns[UPPER - 1].push(present(forecast.upper?.[i]));
        });
      }
      tail = [end, x.length];
    },
    /** @param {[number, number]} range */
    setRange(range) {
      shown = range;
    },
    draw: () => soon(drawNow),
    /** Moves the cursor by this number of values. @param {number} by @returns {Reading | null} */
    moveCursor(by) {
      if (!x.length) return null;
      const first = indexOf(x, shown[0]);
      const inside = (plot.cursor.left ?? -1) >= 0;
      const from = inside ? (plot.cursor.idx ?? first) : by > 0 ? first - 1 : x.length;
      const index = Math.min(x.length - 1, Math.max(0, from + by));
      const width = shown[1] - shown[0];
      if (x[index] < shown[0] || x[index] > shown[1]) onRange([x[index] - width / 2, x[index] + width / 2]);
      now(drawNow);
      plot.setCursor({ left: plot.valToPos(x[index], 'x'), top: 10 });
      return read(index);
    },
    /** @returns {number | null} The time under the cursor. */
    pointedAt() {
      const { left = -1 } = plot.cursor;
      return left < 0 ? null : plot.posToVal(left, 'x');
    },
    /** @param {number} left Pixels from the left of the window. */
    valueAt(left) {
      now(drawNow);
      return plot.posToVal(left - plot.over.getBoundingClientRect().left, 'x');
    },
    destroy,
  };
}

/** @param {number | undefined} value @returns {number | null} */
const present = (value) => (value !== undefined && Number.isFinite(value) ? value : null);

/** @param {number | null} low @param {number | null} high @returns {[number, number]} Margins above and below, for the names of the parts. */
function roomy(low, high) {
  if (low === null || high === null) return [0, 1];
  const height = high - low || Math.abs(high) || 1;
  return [low - height * 0.06, high + height * 0.16];
}
