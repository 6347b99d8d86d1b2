/**
 * A matrix as a map of colours: units over time, attention between steps, or weights. With time, its x is that of the other time
 * charts, with one cursor.
 * @module
 */
import { axis, colour, leftAxis, leftTimeAxis, makePlot, soon, uPlot, xAxis } from './plot.js';
import { CURSOR } from './time.js';

/**
 * The data of a map. Values are column-major. `x` holds the borders of the columns, one more than columns; `y` likewise those of
 * the rows, from the top down unless it is time.
 * @typedef {object} Map
 * @property {ArrayLike<number>} values
 * @property {number} rows
 * @property {number} columns
 * @property {number[]} x
 * @property {number[]} y
 * @property {[number, number]} shown Range of x.
 * @property {number} low The value at the palette's lower end.
 * @property {number} high
 */

/** Steps between labels of counted rows and columns. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** @param {string} name @returns {number[]} A colour of the style sheet as red, green and blue. */
function rgb(name) {
  const value = parseInt(colour(name).slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/**
 * From a value to a colour: from one hue through the background, which is zero, to the other; from the background up where no value
 * is below zero.
 * @param {number} low @param {number} high @returns {(value: number) => number[]}
 */
export function palette(low, high) {
  const [below, zero, above] = ['heat-below', 'heat-zero', 'heat-above'].map(rgb);
  const largest = Math.max(-low, high) || 1;
  return (value) => {
    const share = Math.max(-1, Math.min(1, value / largest));
    const end = share < 0 ? below : above;
    return zero.map((from, index) => from + Math.abs(share) * (end[index] - from));
  };
}

/**
 * @param {HTMLElement} container
 * @param {{timed: boolean | null, rowsTimed: boolean, marked: () => number[], onCursor: (cell: {row: number, column: number} | null) => void, onPick: (row: number) => void}} options
 * `timed`: whether x is milliseconds or row numbers; `null`: it is not time. `marked`: rows that are drawn as lines elsewhere.
 */
export function heatChart(container, { timed, rowsTimed, marked, onCursor, onPick }) {
  /** @type {Map | null} */ let map = null;
  const picture = document.createElement('canvas');
  let painted = '';

  /** Colours of all cells, one pixel each; painted again when the theme changes. */
  function paint() {
    if (!map) return;
    const now = ['heat-below', 'heat-zero', 'heat-above'].map(colour).join();
    if (painted === now) return;
    painted = now;
    const { values, rows, columns, low, high } = map;
    picture.width = columns;
    picture.height = rows;
    const context = /** @type {CanvasRenderingContext2D} */ (picture.getContext('2d'));
    const pixels = context.createImageData(columns, rows);
    const of = palette(low, high);
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        const at = 4 * ((rowsTimed ? rows - 1 - row : row) * columns + column);
        const [red, green, blue] = of(values[column * rows + row]);
        pixels.data[at] = red;
        pixels.data[at + 1] = green;
        pixels.data[at + 2] = blue;
        pixels.data[at + 3] = 255;
      }
    }
    context.putImageData(pixels, 0, 0);
  }

  const { plot, destroy } = makePlot(
    container,
    {
      scales: {
        x: { time: timed ?? false, range: () => map?.shown ?? [0, 1] },
        // Rows other than time are counted from the top.
        y: { time: rowsTimed && Boolean(timed), auto: false, dir: rowsTimed ? 1 : -1 },
      },
      axes: [
        timed === null ? axis({ size: 30, grid: { show: false }, incrs: STEPS }) : xAxis(timed, { grid: { show: false } }),
        rowsTimed ? leftTimeAxis(Boolean(timed), 52, { grid: { show: false }, space: 24 }) : leftAxis(52, { grid: { show: false }, space: 24, incrs: STEPS }),
      ],
      series: [{}, { show: true, stroke: 'transparent', points: { show: false } }],
      padding: [8, 24, 0, 0],
      cursor: {
        ...(timed === null ? {} : { sync: { key: CURSOR, scales: ['x', null] } }),
        points: { show: false },
        drag: { x: false, y: false },
      },
      hooks: {
        drawAxes: [draw],
        setCursor: [() => onCursor(cell())],
      },
    },
    /** @type {any} */ ([[0], [null]]),
  );
  plot.over.addEventListener('click', () => {
    const at = cell();
    if (at) onPick(at.row);
  });

  /** @param {uPlot} u */
  function draw(u) {
    if (!map) return;
    paint();
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const left = u.valToPos(map.x[0], 'x', true);
    const right = u.valToPos(/** @type {number} */ (map.x.at(-1)), 'x', true);
    ctx.save();
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(picture, left, bbox.top, right - left, bbox.height);
    if (!rowsTimed) {
      ctx.fillStyle = colour('accent');
      const height = bbox.height / map.rows;
      for (const row of marked()) ctx.fillRect(left - 4 * ratio, bbox.top + row * height, 3 * ratio, Math.max(ratio, height));
    }
    ctx.restore();
  }

  /** @returns {{row: number, column: number} | null} The cell under the cursor. */
  function cell() {
    const { left = -1, top = -1 } = plot.cursor;
    if (!map || left < 0) return null;
    const column = place(map.x, plot.posToVal(left, 'x'));
    // Another chart's cursor has a time but no row.
    const row = top < 0 ? -1 : place(map.y, plot.posToVal(top, 'y'));
    return column < 0 ? null : { row, column };
  }

  /** @param {number[]} borders @param {number} value @returns {number} Index of its interval; −1: outside. */
  function place(borders, value) {
    for (let k = 0; k + 1 < borders.length; k++) if (value >= borders[k] && value < borders[k + 1]) return k;
    return -1;
  }

  function drawNow() {
    if (!map) return;
    painted = '';
    const centres = map.x.slice(1).map((to, k) => (to + /** @type {Map} */ (map).x[k]) / 2);
    const [from, to] = [map.y[0], /** @type {number} */ (map.y.at(-1))];
    plot.batch(() => {
      plot.setData(/** @type {any} */ ([centres, centres.map(() => null)]));
      // The scale must be set for each map, since the library would keep the previous one's.
      plot.setScale('y', { min: from, max: to });
    });
  }

  return {
    /** @param {Map} next */
    set(next) {
      map = next;
      soon(drawNow);
    },
    redraw: () => plot.redraw(false),
    /** Puts the cursor on a cell. @param {number} row @param {number} column */
    moveTo(row, column) {
      if (!map) return;
      const middle = (/** @type {number[]} */ borders, /** @type {number} */ k) => (borders[k] + borders[k + 1]) / 2;
      plot.setCursor({ left: plot.valToPos(middle(map.x, column), 'x'), top: plot.valToPos(middle(map.y, row), 'y') });
    },
    cell,
    destroy,
  };
}
