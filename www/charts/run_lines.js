/**
 * The lines of runs in all charts: one colour each, and after eight the same colours with dashes.
 * @module
 */
import { colour } from './plot.js';


const COLOURS = 8;
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

/** @param {number} slot @returns {string} A colour of the style sheet. */
export const inkOf = (slot) => `run-${(slot % COLOURS) + 1}`;

/** @param {number} slot @returns {number[]} */
export const dashOf = (slot) => DASHES[Math.floor(slot / COLOURS) % DASHES.length];

/** An additional line of a chart. @typedef {{slot: number, times: ArrayLike<number>, values: ArrayLike<number>}} Other */

/** @param {Other[]} others @param {[number, number]} shown Of x. @param {number | null} low @param {number | null} high @returns {[number | null, number | null]} The bounds, widened for the visible additional lines. */
export function holding(others, [from, to], low, high) {
  for (const { times, values } of others) {
    for (let i = 0; i < times.length; i++) {
      if (times[i] < from || times[i] > to || !Number.isFinite(values[i])) continue;
      low = Math.min(low ?? values[i], values[i]);
      high = Math.max(high ?? values[i], values[i]);
    }
  }
  return [low, high];
}

/**
 * A plug-in that draws them below the chart's own lines.
 * @param {() => Other[]} others @returns {import('../vendor/uPlot.esm.js').Plugin}
 */
export function otherLines(others) {
  return {
    hooks: {
      drawAxes: [
        (plot) => {
          const { ctx, bbox } = plot;
          const ratio = devicePixelRatio;
          ctx.save();
          ctx.beginPath();
          ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
          ctx.clip();
          ctx.lineWidth = 1.5 * ratio;
          ctx.lineJoin = 'round';
          for (const { slot, times, values } of others()) {
            ctx.strokeStyle = colour(inkOf(slot));
            ctx.setLineDash(dashOf(slot).map((length) => length * ratio));
            ctx.beginPath();
            for (let i = 0; i < times.length; i++) ctx.lineTo(plot.valToPos(times[i], 'x', true), plot.valToPos(values[i], 'y', true));
            ctx.stroke();
          }
          ctx.restore();
        },
      ],
    },
  };
}
