/**
 * Norms of gradients at each step of the window, on a logarithmic scale: a line for each layer, or for each run.
 * @module
 */
import { axis, colour, extent, line, makePlot, soon } from './plot.js';
import { dashOf, inkOf } from './run_lines.js';

/** A line: norms at steps of the window. `slot`: its colour and dash. @typedef {{slot: number, x: number[], y: number[]}} Trace */

/** Largest number of labelled powers of ten. */
const MOST_LABELS = 6;
/** Smallest drawn share of the largest value: an ever falling line would leave no room for the others. */
const DEPTH = 1e-30;

/** @param {HTMLElement} container */
export function gradientChart(container) {
  /** @type {Trace[]} */ let traces = [];
  /** @type {ReturnType<typeof makePlot> | null} */ let made = null;
  let last = 1;
  let drawn = '';

  /** @returns {[number, number]} Whole powers of ten. */
  function bounds() {
    const norms = traces.flatMap(({ y }) => y).filter((norm) => norm > 0 && Number.isFinite(norm));
    if (!norms.length) return [1e-3, 1];
    const [least, high] = extent(norms);
    const low = Math.max(least, high * DEPTH);
    return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high) + 1e-9)];
  }

  /** @param {number} low @param {number} high */
  function powers(low, high) {
    const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
    const step = Math.max(1, Math.ceil((to - from) / MOST_LABELS));
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, k) => 10 ** (from + k * step));
  }

  function draw() {
    const now = traces.map(({ slot, x, y }) => `${slot}/${x.length}/${y.filter((norm) => norm > 0).length < 40}`).join();
    if (now !== drawn) {
      made?.destroy();
      drawn = now;
      made = makePlot(
        container,
        {
          scales: { x: { time: false, range: () => [Math.min(1, last - 1), last] }, y: { distr: 3, range: () => bounds() } },
          axes: [
            axis({ size: 30, grid: { show: false }, incrs: [1, 2, 5, 10, 24, 50, 100, 168, 200, 500, 1000], space: 44 }),
            axis({
              size: 56,
              splits: (_, __, low, high) => powers(low, high),
              filter: (_, splits) => splits,
              values: (_, splits) => splits.map(written),
            }),
          ],
          padding: [8, 12, 0, 0],
          series: [
            {},
            ...traces.map(({ slot, y }) =>
              line(inkOf(slot), {
                width: 1.75,
                dash: dashOf(slot),
                spanGaps: true,
                points: { show: () => y.filter((norm) => norm > 0).length < 40, size: 5, fill: () => colour(inkOf(slot)) },
              }),
            ),
          ],
          cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
        },
        /** @type {any} */ ([[0], ...traces.map(() => [null])]),
      );
    }
    // Each line has its own steps: one sorted list of all, with gaps that the lines span.
    const all = [...new Set(traces.flatMap(({ x }) => x))].sort((a, b) => a - b);
    const at = new Map(all.map((x, index) => [x, index]));
    const columns = traces.map(({ x, y }) => {
      /** @type {(number | null)[]} */
      const column = new Array(all.length).fill(null);
      // A logarithmic scale has no zero.
      x.forEach((step, index) => (column[/** @type {number} */ (at.get(step))] = y[index] > 0 ? y[index] : null));
      return column;
    });
    made?.plot.setData(/** @type {any} */ ([all, ...columns]));
  }

  return {
    /** @param {Trace[]} list @param {number} steps Steps of the window, and of the horizon where a line continues into it. */
    set(list, steps) {
      traces = list;
      last = Math.max(2, steps);
      soon(draw);
    },
    destroy: () => made?.destroy(),
  };
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** @param {number} value A power of ten. @returns {string} */
function written(value) {
  const power = Math.round(Math.log10(value));
  return power === 0 ? '1' : `10${power < 0 ? '⁻' : ''}${[...String(Math.abs(power))].map((digit) => RAISED[Number(digit)]).join('')}`;
}
