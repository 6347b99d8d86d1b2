/**
 * The error at each step of the horizon, one line for the model and one for each simple rule.
 * @module
 */
import { axis, line, makePlot } from './plot.js';

/** @import {Score} from '../core/protocol.js' */

/** How each row of the table is drawn: a colour and a dash, so that colour is never the only difference. @type {Record<string, {ink: string, dash: number[], width: number}>} */
export const MARKS = {
  model: { ink: 'accent', dash: [], width: 2.25 },
  last: { ink: 'base-1', dash: [5, 4], width: 1.5 },
  seasonal: { ink: 'base-2', dash: [2, 3], width: 1.75 },
  ridge: { ink: 'base-3', dash: [9, 3], width: 1.5 },
};

/** @param {HTMLElement} container @param {string[]} ids Rows in the order of the data. */
export function stepsChart(container, ids) {
  const { plot, destroy } = makePlot(
    container,
    {
      scales: { x: { time: false }, y: { range: (_, __, high) => [0, (high ?? 1) * 1.08 || 1] } },
      axes: [axis({ size: 30, grid: { show: false }, incrs: [1, 2, 3, 4, 6, 12, 24, 48, 96, 100, 200, 500], space: 40 }), axis({ size: 46 })],
      padding: [8, 10, 0, 0],
      series: [{}, ...ids.map((id) => line(MARKS[id]?.ink ?? 'ink', { dash: MARKS[id]?.dash, width: MARKS[id]?.width ?? 1.5 }))],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    },
    /** @type {any} */ ([[], ...ids.map(() => [])]),
  );
  return {
    /** @param {Score[]} rows */
    set(rows) {
      const steps = Array.from(rows[0]?.per_step_mae ?? [], (_, index) => index + 1);
      plot.setData(/** @type {any} */ ([steps, ...rows.map((row) => Array.from(row.per_step_mae))]));
    },
    destroy,
  };
}
