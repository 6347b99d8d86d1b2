/**
 * The whole series in a small chart, with a draggable frame around the range of the large chart.
 * @module
 */
import { axis, colour, gapped, line, makePlot, selecting, soon, xAxis } from './plot.js';
import { cutMarks } from './cuts.js';
import { parts } from './split.js';
import { CURSOR } from './time.js';

/** @import {Cuts} from './cuts.js' */
/** @import {Ground} from './split.js' */

/**
 * @param {HTMLElement} container
 * @param {{timed: boolean, grounds: () => Ground[], cuts: () => Cuts | null, range: () => [number, number] | null, onRange: (range: [number, number]) => void}} options
 */
export function overviewChart(container, { timed, grounds, cuts, range, onRange }) {
  const { plot, destroy } = makePlot(
    container,
    {
      scales: { x: { time: timed } },
      axes: [xAxis(timed, { size: 36, grid: { show: false }, space: 64 }), axis({ show: false })],
      padding: [4, 2, 0, 2],
      series: [{}, line('ink', { width: 0.8 })],
      cursor: {
        sync: { key: CURSOR, scales: ['x', null] },
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 4 },
        points: { show: false },
      },
      hooks: {
        setSelect: [selecting(4, onRange)],
        draw: [frame],
      },
      plugins: [parts(grounds, null), cutMarks(cuts)],
    },
    /** @type {any} */ ([[], []]),
  );

  /** @param {typeof plot} u */
  function frame(u) {
    const shown = range();
    if (!shown) return;
    const { ctx, bbox } = u;
    const left = Math.max(bbox.left, u.valToPos(shown[0], 'x', true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(shown[1], 'x', true));
    ctx.save();
    ctx.setLineDash([]);
    ctx.strokeStyle = colour('ink');
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.strokeRect(left, bbox.top + 1, Math.max(3 * devicePixelRatio, right - left), bbox.height - 2);
    ctx.restore();
  }

  plot.over.addEventListener('click', (event) => {
    const shown = range();
    if (!shown) return;
    const middle = plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, 'x');
    const half = (shown[1] - shown[0]) / 2;
    onRange([middle - half, middle + half]);
  });

  const redraw = () => plot.redraw(false);

  return {
    /** @param {Float64Array} times @param {Float64Array} values */
    set(times, values) {
      plot.setData(/** @type {any} */ ([gapped(times), gapped(values)]));
    },
    redraw: () => soon(redraw),
    destroy,
  };
}
