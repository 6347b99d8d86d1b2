/**
 * The learning curves of several runs on one chart: validation loss on a logarithmic scale, against epochs or seconds.
 * @module
 */
import { lossAxis } from './loss.js';
import { axis, colour, extent, line, makePlot, soon } from './plot.js';
import { dashOf, inkOf } from './run_lines.js';

/** Largest number of labels at the axis. */
const MOST_LABELS = 8;

/** @typedef {{id: number, slot: number, x: number[], y: number[]}} Curve */

/** Epochs on an axis without curves. */
const EMPTY = 5;
/** Steps between labels of x. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const WHOLE_OR_LESS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, ...WHOLE];
/** Fewer points than this are drawn as points. */
const FEW = 3;
/** The loss of repeating the last value is drawn up to so many times the highest point of the curves. */
const NEAR = 1.5;

/** @param {HTMLElement} container */
export function curvesChart(container) {
  /** @type {Curve[]} */ let curves = [];
  /** @type {number | null} */ let naive = null;
  /** @type {number | null} */ let lit = null;
  let whole = true;
  /** @type {ReturnType<typeof makePlot> | null} */ let made = null;
  let slots = '';

  /** @returns {[number, number]} Bounds of the curves, with the loss of repeating the last value if it is near. */
  function bounds() {
    const losses = curves.flatMap(({ y }) => y).filter((loss) => loss > 0 && Number.isFinite(loss));
    if (!losses.length) return [0.05, 1];
    const [low, high] = extent(losses);
    return [low / 1.06, (isNear(high) ? Math.max(high, naive ?? 0) : high) * 1.06];
  }
  const isNear = (/** @type {number} */ high) => naive !== null && naive < NEAR * high;

  /** A chart with a line for each curve. */
  function make() {
    made?.destroy();
    made = makePlot(
      container,
      {
        scales: {
          x: { time: false, range: (_, __, high) => [0, curves.length ? Math.max(high ?? 0, 1) : EMPTY] },
          y: {
            distr: 3,
            range: () => bounds(),
          },
        },
        axes: [
          axis({ size: 30, grid: { show: false }, space: 44, incrs: () => (whole ? WHOLE : WHOLE_OR_LESS) }),
          lossAxis(MOST_LABELS),
        ],
        padding: [8, 10, 0, 0],
        series: [
          {},
          line('base-1', { width: 1.25, dash: [5, 4] }),
          ...curves.map(({ slot }, index) =>
            line(inkOf(slot), {
              width: 1.75,
              dash: dashOf(slot),
              spanGaps: true,
              points: { show: () => curves[index].x.length < FEW, size: 6, fill: () => colour(inkOf(slot)) },
            }),
          ),
        ],
        cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      },
      /** @type {any} */ ([[0], [null], ...curves.map(() => [null])]),
    );
  }

  function draw() {
    const now = curves.map(({ slot }) => slot).join();
    if (!made || now !== slots) make();
    slots = now;
    if (!made) return;
    // Each run has its own x: one sorted list of all, with gaps that the lines span.
    const all = [...new Set([0, ...curves.flatMap(({ x }) => x)])].sort((a, b) => a - b);
    const at = new Map(all.map((x, index) => [x, index]));
    const columns = curves.map(({ x, y }) => {
      /** @type {(number | null)[]} */
      const column = new Array(all.length).fill(null);
      x.forEach((value, index) => {
        column[/** @type {number} */ (at.get(value))] = y[index];
      });
      return column;
    });
    curves.forEach(({ id }, index) => {
      /** @type {any} */ (made).plot.series[index + 2].alpha = lit === null || lit === id ? 1 : 0.2;
    });
    made.plot.setData(/** @type {any} */ ([all, all.map(() => naive), ...columns]));
  }

  return {
    /** @param {Curve[]} list @param {number | null} last The loss of repeating the last value. @param {boolean} counted Whether x has whole numbers only. @returns {boolean} Whether that loss is drawn. */
    set(list, last, counted) {
      curves = list;
      whole = counted;
      naive = last;
      soon(draw);
      return isNear(extent(list.flatMap(({ y }) => y))[1]);
    },
    /** Fades all curves except one. @param {number | null} id */
    light(id) {
      if (id === lit) return;
      lit = id;
      soon(draw);
    },
    destroy: () => made?.destroy(),
  };
}
