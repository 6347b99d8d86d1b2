// The texts on a chart's canvas, with their places, as last drawn.

/** @typedef {{text: string, left: number, right: number, top: number, bottom: number}} Label In pixels of the page, from the canvas' corner. */
/** @typedef {import('./harness.mjs').Page} Page */

/** For `Browser.open({ before })`: notes the texts on canvases; wiped ones are dropped. */
export function noteLabels() {
  const drawn = new WeakMap();
  /** @type {any} */ (window).drawnLabels = drawn;
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (x, y, width, height) {
    if (x <= 0 && y <= 0 && width >= this.canvas.width && height >= this.canvas.height) drawn.set(this.canvas, []);
    return clearRect.call(this, x, y, width, height);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    const ratio = devicePixelRatio;
    const { width, actualBoundingBoxAscent: above, actualBoundingBoxDescent: below } = this.measureText(text);
    const { e, f } = this.getTransform();
    const start = { left: 0, start: 0, center: width / 2, right: width, end: width }[this.textAlign];
    const label = { text, left: (x + e - start) / ratio, right: (x + e - start + width) / ratio, top: (y + f - above) / ratio, bottom: (y + f + below) / ratio };
    if (!drawn.has(this.canvas)) drawn.set(this.canvas, []);
    drawn.get(this.canvas).push(label);
    return fillText.call(this, text, x, y, ...rest);
  };
}

/** @param {Page} page @param {string} selector The chart's container. @returns {Promise<{labels: Label[], width: number, height: number, over: {left: number, right: number, top: number, bottom: number}}>} `over`: where its lines are. */
export const labelsOf = (page, selector) =>
  page.run(async (s) => {
    // A chart is drawn in a task of its own, then in a frame.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(`${s} canvas`));
    const box = canvas.getBoundingClientRect();
    const over = /** @type {Element} */ (document.querySelector(`${s} .u-over`)).getBoundingClientRect();
    const { left, top } = box;
    return {
      labels: (/** @type {any} */ (window).drawnLabels.get(canvas) ?? []).filter((/** @type {Label} */ { text }) => text.trim()),
      width: box.width,
      height: box.height,
      over: { left: over.left - left, right: over.right - left, top: over.top - top, bottom: over.bottom - top },
    };
  }, selector);

/** @param {Awaited<ReturnType<typeof labelsOf>>} chart @returns {string[]} Labels of the axis at the left, from the top down. */
export const leftLabels = ({ labels, over }) =>
  labels
    .filter(({ right, bottom }) => right <= over.left && bottom <= over.bottom + 10)
    .sort((a, b) => a.top - b.top)
    .map(({ text }) => text);

/** @param {Awaited<ReturnType<typeof labelsOf>>} chart @returns {string[]} Labels of the axis below. */
export const lowerLabels = ({ labels, over }) => labels.filter(({ top }) => top >= over.bottom).map(({ text }) => text);

/** Smaller overlaps are the smoothing of letters. */
const PIXEL = 1;

/** @param {Awaited<ReturnType<typeof labelsOf>>} chart @returns {string[]} Labels that overlap another one, or lie partly outside of the canvas. */
export function spoilt({ labels, width, height }) {
  const problems = [];
  labels.forEach((one, index) => {
    if (one.left < -PIXEL || one.right > width + PIXEL || one.top < -PIXEL || one.bottom > height + PIXEL) problems.push(`“${one.text}” is cut`);
    for (const other of labels.slice(index + 1)) {
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (across > PIXEL && down > PIXEL) problems.push(`“${one.text}” lies on “${other.text}”`);
    }
  });
  return problems;
}
