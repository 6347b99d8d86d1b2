/**
 * A plug-in for time charts: the cuts of training on the series as one, as marks along the bottom. A long mark is an empty state, a
 * short one the end of the gradient, where the state's values continue.
 * @module
 */
import { colour, uPlot } from './plot.js';

/** @typedef {{starts: number[], cuts: number[]}} Cuts Times, in order. */

const LONG = 12;
const SHORT = 6;
/** Smallest distance between two drawn marks. */
const APART = 2;

/** @param {() => Cuts | null} cuts @returns {uPlot.Plugin} */
export function cutMarks(cuts) {
  return {
    hooks: {
      draw: [
        (plot) => {
          const found = cuts();
          if (!found) return;
          const { ctx, bbox } = plot;
          const ratio = devicePixelRatio;
          ctx.save();
          ctx.fillStyle = colour('ink-2');
          for (const [moments, length] of /** @type {[number[], number][]} */ ([
            [found.cuts, SHORT],
            [found.starts, LONG],
          ])) {
            let last = -Infinity;
            for (const moment of moments) {
              const x = Math.round(plot.valToPos(moment, 'x', true));
              if (x < bbox.left || x > bbox.left + bbox.width || x - last < APART * ratio) continue;
              last = x;
              ctx.fillRect(x, bbox.top + bbox.height - length * ratio, Math.max(1, Math.round(ratio)), length * ratio);
            }
          }
          ctx.restore();
        },
      ],
    },
  };
}
