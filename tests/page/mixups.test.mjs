// Actions that overlap or fail: what the page shows and what its worker holds stay those of one run, on one file.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { board } from './contest.mjs';
import { inBrowsers } from './harness.mjs';
import { opened, openSaved, press, save, trapping, untilJudged, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small and quick. */
const short = `#${PLAIN}&hidden=8&window=28&horizon=7&segment=1&epochs=2`;

/** An error of the core. */
const REFUSAL = "Object.assign(new Error('This was refused.'), { name: 'UnrolledError', code: 'refused' })";

/** The error of an engine after a failed allocation. */
const TRAP = "new WebAssembly.RuntimeError('unreachable executed')";

/** The runs in the table, in the order of their start. @param {Page} page */
const runs = async (page) => (await board(page)).filter(({ run }) => run).sort((one, other) => Number(one.run) - Number(other.run));

/** Trains a model to its end. @param {Page} page */
async function trained(page) {
  await press(page, 'Train');
  await untilStatus(page, 'finished');
  await untilJudged(page);
}

/** @param {Page} page @param {number} units */
const chooseHidden = (page, units) =>
  page.run((value) => {
    const knob = /** @type {HTMLInputElement} */ (document.querySelector('#basic-hidden'));
    knob.value = String(value);
    knob.dispatchEvent(new Event('change'));
  }, units);

/**
 * Once `holds` is set, the news that a run has finished, and all later ones, arrive only after a model file is on its way to the
 * worker. Runs in the page.
 */
function holdNews() {
  const { addEventListener, postMessage } = Worker.prototype;
  const news = { holds: false, held: /** @type {(() => void)[]} */ ([]) };
  /** @type {any} */ (window).news = news;
  Worker.prototype.addEventListener = function (/** @type {string} */ type, /** @type {any} */ hear) {
    addEventListener.call(this, type, (/** @type {any} */ event) => {
      const ends = type === 'message' && event.data.type === 'progress' && event.data.progress.state === 'finished';
      if (news.holds && (news.held.length || ends)) news.held.push(() => hear(event));
      else hear(event);
    });
  };
  Worker.prototype.postMessage = function (/** @type {any} */ message, /** @type {any} */ ...more) {
    postMessage.call(this, message, ...more);
    if (message.name !== 'load') return;
    news.holds = false;
    for (const tell of news.held.splice(0)) tell();
  };
}

inBrowsers((browser, test) => {
  test('a model file that is opened as a training ends: the score of the one is never that of the other', async () => {
    const page = await opened(browser, short, { before: holdNews });
    await trained(page);
    await save(page);
    await chooseHidden(page, 12);
    await page.run(() => (/** @type {any} */ (window).news.holds = true));
    await press(page, 'Train again');
    await page.until('its end on the way', () => /** @type {any} */ (window).news.held.length > 0);
    await openSaved(page);
    await page.until('the model of the file, scored', () => /Loaded from mine/.test(document.querySelector('#train').textContent) && /scored 2 times/.test(document.querySelector('.verdict-note').textContent));
    const [first, left, loaded] = await runs(page);
    assert.equal(loaded.test, first.test);
    assert.equal(left.status, 'finished');
    assert.ok(left.validation > 0);
    assert.ok(!(left.test > 0), `the model that was left has the test error ${left.test}`);
    // It can still be scored, by itself.
    await press(page, 'Restore the model before this one');
    await press(page, 'Score the test part now');
    await page.until('its score', () => /scored 3 times/.test(document.querySelector('.verdict-note').textContent));
    const scored = (await runs(page))[1].test;
    assert.ok(scored > 0 && scored !== first.test);
  });

  test('a new model whose first step fails says so of itself, and the model before it stays as it was', async () => {
    const page = await opened(browser, short, { replace: trapping('Session', 'step', REFUSAL, 'Number(this.configured().settings.hidden) === 12') });
    await trained(page);
    const [before] = await runs(page);
    await chooseHidden(page, 12);
    await page.until('the settings', () => /Settings changed/.test(document.querySelector('#train .sentence').textContent));
    await press(page, 'One step');
    await untilStatus(page, 'failed');
    assert.match((await page.text('#train .sentence')) ?? '', /^This was refused\./);
    const [first, failed] = await runs(page);
    assert.deepEqual([first.run, first.status, first.test], [before.run, 'finished', before.test]);
    assert.equal(failed.status, 'failed');
    await press(page, 'Restore the model before this one');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    await page.until('its forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));
  });

  test('a new model of another build that is refused: the one on show is still in a worker', async (t) => {
    const page = await opened(browser, short, { replace: trapping('Session', 'train', TRAP, 'Number(this.configured().settings.hidden) === 12') });
    if (!/relaxed SIMD/.test((await page.text('#rounding')) ?? '')) return t.skip('this browser has one build');
    await trained(page);
    await chooseHidden(page, 12);
    await press(page, 'Train again');
    await page.until('the second death', () => {
      const text = document.querySelector('#train .extra').textContent;
      return /ran out of memory/.test(text) && !/Training starts again/.test(text) && document.querySelector('#train').dataset.status === 'ready';
    });
    await press(page, 'Restore the model before this one');
    await untilStatus(page, 'finished');
    await page.until('its forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));
    await page.run(() => /** @type {HTMLElement} */ (document.querySelector('#reproducible')).click());
    await chooseHidden(page, 12);
    await press(page, 'Train again');
    await page.until('the refusal', () => /has ended 2 workers/.test(document.querySelector('#train .extra').textContent));
    const before = await page.text('#hero-summary');
    await page.run(() => {
      const steps = /** @type {HTMLInputElement} */ (document.querySelector('#steps'));
      steps.value = '14';
      steps.dispatchEvent(new Event('change'));
    });
    await page.until('a longer forecast', (short) => {
      const text = document.querySelector('#hero-summary').textContent.replace(/\s+/g, ' ').trim();
      return /The forecast begins/.test(text) && text !== short;
    }, { args: [before] });
    const [first] = await runs(page);
    assert.equal(first.status, 'finished');
  });
}, { dealt: true });
