/**
 * A plug-in for time charts: the parts of the split as tinted, named grounds, and the blank beyond the end.
 * @module
 */
import { colour, font, uPlot } from './plot.js';

/** @typedef {{from: number, to: number, name: string, tint: string | null, ink: string}} Ground `from` and `to` along x; `tint` and `ink` name colours. */

/** @param {() => Ground[]} grounds @param {{named: boolean}} options @returns {uPlot.Plugin} */
export function parts(grounds, { named }) {
  return {
    hooks: {
      drawClear: [
        (plot) => {
          const { ctx, bbox } = plot;
          const ratio = devicePixelRatio;
          ctx.save();
          for (const { from, to, name, tint, ink } of grounds()) {
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
            if (!named) continue;
            ctx.font = font(11.5 * ratio);
            if (ctx.measureText(name).width + 14 * ratio > right - left) continue;
            ctx.fillStyle = colour(ink);
            ctx.textAlign = 'left';
            ctx.textBaseline = 'top';
            ctx.fillText(name, left + 7 * ratio, bbox.top + 6 * ratio);
          }
          ctx.restore();
        },
      ],
    },
  };
}
