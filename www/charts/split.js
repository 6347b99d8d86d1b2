/**
 * A plug-in for time charts: the parts of the split as tinted, named backgrounds, and the blank beyond the end.
 * @module
 */
import { colour, font, uPlot } from './plot.js';

/** @typedef {{from: number, to: number, names: string[], tint: string | null, ink: string}} Ground `from` and `to` along x; `names`: the first one with enough room is written; `tint` and `ink` name colours. */

/** Pixels of a name's letters, to the edges of its background, and around it without grid lines. */
const FONT = 11.5;
const LEFT = 7;
const RIGHT = 3;
const TOP = 6;
const CLEAR = 2;

/** @param {() => Ground[]} grounds @param {string | null} behind The background colour of a chart with a grid. @returns {uPlot.Plugin} */
export function parts(grounds, behind) {
  return {
    hooks: {
      drawClear: [
        (plot) => {
          const { ctx, bbox } = plot;
          const ratio = devicePixelRatio;
          ctx.save();
          for (const { from, to, tint, ink } of grounds()) {
            const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
            const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
            if (!(right > left)) continue;
            if (tint) {
              ctx.fillStyle = colour(tint);
              ctx.fillRect(left, bbox.top, right - left, bbox.height);
            }
            if (left > bbox.left + 1) {
              ctx.fillStyle = colour(ink);
              ctx.globalAlpha = 0.45;
              ctx.fillRect(Math.round(left), bbox.top, Math.max(1, Math.round(ratio)), bbox.height);
              ctx.globalAlpha = 1;
            }
          }
          ctx.restore();
        },
      ],
      // Above the grid lines, which would cross them.
      drawAxes: [
        (plot) => {
          const { ctx, bbox } = plot;
          const ratio = devicePixelRatio;
          ctx.save();
          ctx.font = font(FONT * ratio);
          ctx.textAlign = 'left';
          ctx.textBaseline = 'top';
          for (const { from, to, names, tint, ink } of grounds()) {
            const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
            const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
            const width = (/** @type {string} */ name) => ctx.measureText(name).width;
            const name = names.find((one) => width(one) + (LEFT + RIGHT) * ratio <= right - left);
            if (!name) continue;
            for (const ground of behind ? [behind, tint] : []) {
              if (!ground) continue;
              ctx.fillStyle = colour(ground);
              ctx.fillRect(left + (LEFT - CLEAR) * ratio, bbox.top + (TOP - CLEAR) * ratio, width(name) + 2 * CLEAR * ratio, (FONT + 2 * CLEAR) * ratio);
            }
            ctx.fillStyle = colour(ink);
            ctx.fillText(name, left + LEFT * ratio, bbox.top + TOP * ratio);
          }
          ctx.restore();
        },
      ],
    },
  };
}
