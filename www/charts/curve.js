/**
 * The learning curve: loss on a logarithmic scale against epochs, with the best epoch marked, the loss of repeating the last value,
 * and, for a recursive model, the teacher-forced loss.
 * @module
 */
import { lossAxis } from './loss.js';
import { axis, colour, font, line, makePlot, soon } from './plot.js';

/** @import {Epoch} from '../../pkg/unrolled.js' */

/** Largest number of labels for a chart of this height. */
const MOST_LABELS = 5;

/** @param {HTMLElement} container */
export function curveChart(container) {
  /** @type {{epoch: number, loss: number} | null} */ let best = null;
  /** @type {number} */ let longest = 1;

  const { plot, destroy } = makePlot(
    container,
    {
      scales: {
        x: { time: false, range: () => [0, longest] },
        y: {
          distr: 3,
          range: (_, low, high) => (low === null || high === null || low <= 0 ? [0.05, 1] : [low / 1.12, high * 1.12]),
        },
      },
      axes: [
        axis({ size: 30, grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], space: 34 }),
        lossAxis(MOST_LABELS),
      ],
      padding: [8, 10, 0, 0],
      series: [
        {},
        line('ink-3', { width: 1.25 }),
        line('accent', { width: 2 }),
        line('base-1', { width: 1.25, dash: [5, 4] }),
        line('accent', { width: 1.5, dash: [2, 3] }),
      ],
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      hooks: { draw: [mark] },
    },
    /** @type {any} */ ([[0], [null], [null], [null], [null]]),
  );

  /** @type {unknown} */ let data = [[0], [null], [null], [null], [null]];
  const draw = () => plot.setData(/** @type {any} */ (data));

  /** @param {typeof plot} u */
  function mark(u) {
    if (!best) return;
    const { ctx } = u;
    const ratio = devicePixelRatio;
    const left = u.valToPos(best.epoch, 'x', true);
    const top = u.valToPos(best.loss, 'y', true);
    ctx.save();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.arc(left, top, 4.5 * ratio, 0, 2 * Math.PI);
    ctx.fillStyle = colour('ground');
    ctx.fill();
    ctx.lineWidth = 2 * ratio;
    ctx.strokeStyle = colour('accent');
    ctx.stroke();
    ctx.font = font(11.5 * ratio);
    ctx.fillStyle = colour('accent');
    const right = left > u.bbox.left + u.bbox.width * 0.7;
    ctx.textAlign = right ? 'right' : 'left';
    ctx.textBaseline = 'bottom';
    ctx.fillText(best.epoch ? 'best' : 'best: linear model', left + (right ? -6 : 6) * ratio, top - 5 * ratio);
    ctx.restore();
  }

  return {
    /**
     * @param {Epoch[]} epochs
     * @param {{epoch: number, loss: number} | null} now The running training loss within an epoch.
     * @param {{epoch: number, loss: number} | null} lowest The core's best epoch; 0 is the linear model that the network starts from.
     * @param {number | null} line The validation loss of that one.
     */
    set(epochs, now, lowest, line) {
      best = lowest;
      const x = epochs.map(({ epoch }) => epoch);
      const train = epochs.map((epoch) => epoch.train);
      /** @type {(number | null)[]} */ const validation = epochs.map((epoch) => epoch.validation);
      /** @type {(number | null)[]} */ const forced = epochs.map((epoch) => epoch.validation_forced ?? null);
      if (now && now.epoch > (x.at(-1) ?? 0)) {
        x.push(now.epoch);
        train.push(now.loss);
        validation.push(null);
        forced.push(null);
      }
      longest = Math.max(5, Math.ceil((x.at(-1) ?? 0) / 5) * 5);
      const naive = epochs[0]?.naive_validation ?? null;
      const all = [0, ...x, longest];
      const blank = (/** @type {(number | null)[]} */ values, /** @type {number | null} */ first = null) => [first, ...values, null];
      data = [all, blank(train), blank(validation, line), all.map(() => naive), blank(forced)];
      soon(draw);
    },
    destroy,
  };
}
