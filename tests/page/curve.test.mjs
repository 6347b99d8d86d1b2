// The learning curve of a recursive model: its own loss and the teacher-forced loss are drawn, named and described, with the core's
// numbers.
import assert from 'node:assert/strict';
import { figure } from '../../www/views/format.js';
import { catalog, Session, table } from '../node/package.mjs';
import { plain } from '../plain.mjs';
import { inBrowsers } from './harness.mjs';
import { daily, opened, press, untilJudged, untilStatus } from './steps.mjs';

/** With a seed the page trains in the plain build, as Node does. */
const settings = { ...plain, hidden: 8, window: 28, horizon: 7, segment: 1, epochs: 6, learning_rate: 0.01, seed: 3, teacher_forcing: 1 };
/** Canvas pixels: each point is rounded to a whole one, and so are the two that give the scale. */
const ROUNDED = 3;

/** @typedef {{ink: string, dashed: boolean, points: [number, number][]}} Line */

/** Notes the last drawn lines of the learning curve. Runs in the page. */
function noteLines() {
  /** @type {WeakMap<Path2D, [number, number][]>} */
  const paths = new WeakMap();
  const { lineTo } = Path2D.prototype;
  Path2D.prototype.lineTo = function (x, y) {
    const points = paths.get(this) ?? [];
    paths.set(this, [...points, [x, y]]);
    lineTo.call(this, x, y);
  };
  /** @type {Map<string, Line>} */
  const lines = new Map();
  /** @type {any} */ (window).lines = lines;
  const { stroke } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.stroke = function (/** @type {any[]} */ ...path) {
    if (path.length && this.canvas.closest('#train .curve')) {
      const line = { ink: String(this.strokeStyle), dashed: this.getLineDash().length > 0, points: paths.get(path[0]) ?? [] };
      lines.set(`${line.ink}, ${line.dashed}`, line);
    }
    stroke.apply(this, /** @type {any} */ (path));
  };
}

/** The core's curves. @param {string} architecture */
function curves(architecture) {
  const session = new Session(table(Buffer.from(daily(400))).series().to_parts());
  session.configure({ target: 'value', ...settings, architecture });
  while (session.train(1000).state !== 'finished');
  const history = session.history(0);
  const { best } = session.progress();
  session.free();
  return { history, best };
}

inBrowsers((browser, test) => {
  test('a model that feeds on its own forecasts has two curves of validation, each with its key and its number in words', async () => {
    const { id } = catalog().architectures.find(({ knobs }) => knobs.includes('teacher_forcing')) ?? assert.fail('none feeds back');
    const { history, best } = curves(id);
    const [free, forced] = [history.map(({ validation }) => validation), history.map(({ validation_forced: loss }) => Number(loss))];
    const address = new URLSearchParams(Object.entries({ ...settings, architecture: id }).map(([key, value]) => [key, String(value)]));
    const page = await opened(browser, `#${address}`, { before: noteLines });
    const keys = () => page.run(() => [...document.querySelectorAll('#train .legend .key')].filter((key) => key.checkVisibility()).map(({ textContent }) => textContent));
    assert.deepEqual(await keys(), ['training', 'validation', 'last value']);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);

    assert.deepEqual(await keys(), ['training', 'validation', 'validation, teacher-forced', 'last value']);
    const last = history.length - 1;
    const said = await page.text('#curve-summary');
    assert.ok(
      said?.includes(`, validation loss ${figure(free[last], 3)} (lowest: ${figure(best?.validation, 3)} at epoch ${best?.epoch}). Teacher-forced validation loss: ${figure(forced[last], 3)}. `),
      `${said}: ${free[last]}, ${forced[last]}`,
    );

    /** @type {{drawn: Line[], accent: string}} */
    const { drawn, accent } = await page.run(() => {
      const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
      context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--accent').trim();
      return { drawn: [.../** @type {any} */ (window).lines.values()], accent: String(context.strokeStyle) };
    });
    const [own, fed] = [false, true].map((dashed) => drawn.find((line) => line.ink === accent && line.dashed === dashed)?.points ?? []);
    assert.equal(own.length, history.length, 'a point of its own forecasts for each epoch');
    assert.equal(fed.length, history.length, 'a point with the truth fed back for each epoch');
    assert.deepEqual(fed.map(([x]) => x), own.map(([x]) => x));
    // On a logarithmic scale, computed from two points of the first curve.
    const [high, low] = [free.indexOf(Math.max(...free)), free.indexOf(Math.min(...free))];
    const slope = (own[low][1] - own[high][1]) / Math.log(free[low] / free[high]);
    const height = (/** @type {number} */ loss) => own[high][1] + slope * Math.log(loss / free[high]);
    for (const [epoch, [, y]] of fed.entries()) {
      assert.ok(Math.abs(y - height(forced[epoch])) <= ROUNDED, `epoch ${epoch + 1}: drawn at ${y}, ${forced[epoch]} is at ${height(forced[epoch])}`);
    }
    assert.ok(fed.some(([, y], epoch) => Math.abs(y - own[epoch][1]) > ROUNDED), 'one can tell them apart');
  });
}, { dealt: true });
