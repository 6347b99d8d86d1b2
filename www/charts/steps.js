/**
 * The error at each step of the horizon, one line for the model and one for each baseline.
 * @module
 */
import { axis, leftAxis, line, makePlot, soon } from './plot.js';

/** @import {ErrorRow} from '../../pkg/unrolled.js' */

/** Colour and dash of the table's rows, the model first: both differ, so that either suffices. */
const MARKS = [
  { ink: 'accent', dash: [], width: 2.25 },
  { ink: 'base-1', dash: [5, 4], width: 1.5 },
  { ink: 'base-2', dash: [2, 3], width: 1.75 },
  { ink: 'base-3', dash: [9, 3], width: 1.5 },
  { ink: 'base-4', dash: [9, 3, 2, 3], width: 1.5 },
];

/** @param {HTMLElement} container @param {string[]} ids Ids of the rows, in the order of the data. */
export function stepsChart(container, ids) {
  const { plot, destroy } = makePlot(
    container,
    {
      scales: { x: { time: false }, y: { range: (_, __, high) => [0, (high ?? 1) * 1.08 || 1] } },
      axes: [
        axis({ size: 30, grid: { show: false }, incrs: [1, 2, 3, 4, 6, 12, 24, 48, 96, 100, 200, 500], space: 40 }),
        leftAxis(46),
      ],
      padding: [8, 10, 0, 0],
      series: [
        {},
        ...ids.map((_, row) => {
          const { ink, ...more } = MARKS[row % MARKS.length];
          return line(ink, more);
        }),
      ],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    },
    /** @type {any} */ ([[], ...ids.map(() => [])]),
  );
  /** @type {unknown} */ let data = null;
  const draw = () => plot.setData(/** @type {any} */ (data));

  return {
    /** @param {ErrorRow[]} rows */
    set(rows) {
      const steps = Array.from(rows[0]?.per_step_mae ?? [], (_, index) => index + 1);
      data = [steps, ...rows.map((row) => Array.from(row.per_step_mae))];
      soon(draw);
    },
    destroy,
  };
}
