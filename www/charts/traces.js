/**
 * A few units over time as lines, under the map of all of them and with the same x.
 * @module
 */
import { colour, leftAxis, line, makePlot, soon, xAxis } from './plot.js';
import { inkOf } from './run_lines.js';
import { CURSOR } from './time.js';

/** @param {HTMLElement} container @param {{timed: boolean}} options */
export function tracesChart(container, { timed }) {
  /** @type {ReturnType<typeof makePlot> | null} */ let made = null;
  /** @type {{x: number[], shown: [number, number], bounds: [number, number] | null, lines: number[][]}} */
  let now = { x: [], shown: [0, 1], bounds: null, lines: [] };
  let count = -1;

  function draw() {
    if (count !== now.lines.length) {
      made?.destroy();
      count = now.lines.length;
      made = makePlot(
        container,
        {
          scales: { x: { time: timed, range: () => now.shown }, y: { range: (_, low, high) => now.bounds ?? roomy(low, high) } },
          axes: [xAxis(timed), leftAxis(52)],
          padding: [8, 24, 0, 0],
          series: [{}, ...now.lines.map((_, index) => line(inkOf(index), { width: 1.5, points: { show: () => now.x.length < 3, size: 6, fill: () => colour(inkOf(index)) } }))],
          cursor: { sync: { key: CURSOR, scales: ['x', null] }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
        },
        /** @type {any} */ ([[0], ...now.lines.map(() => [null])]),
      );
    }
    made?.plot.setData(/** @type {any} */ ([now.x, ...now.lines]));
  }

  return {
    /** @param {typeof now} next `bounds`: bounds of the values; `null`: unbounded. */
    set(next) {
      now = next;
      soon(draw);
    },
    destroy: () => made?.destroy(),
  };
}

/** @param {number | null} low @param {number | null} high @returns {[number, number]} */
function roomy(low, high) {
  if (low === null || high === null) return [0, 1];
  const height = high - low || Math.abs(high) || 1;
  return [low - height * 0.06, high + height * 0.06];
}
