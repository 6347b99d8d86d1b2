// The page's own thread while a worker trains, and what happens when a worker dies.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { HANGS_MS, inBrowsers, inSoak } from './harness.mjs';
import { opened, press, untilEpoch, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Largest unnoticeable delay. */
const LONGEST_GAP_MS = 50;

const small = `#${PLAIN}&hidden=8&window=28&horizon=7&segment=1&epochs=2`;

/** Notes every worker that holds a model. Runs in the page. */
function noteModels() {
  const Plain = Worker;
  /** @type {any} */ (window).models = [];
  window.Worker = class extends Plain {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      if (options?.name === 'model') /** @type {any} */ (window).models.push(this);
    }
  };
}

/** Trains to the end and looks inside. @param {Page} page */
async function looked(page) {
  await press(page, 'Train');
  await untilStatus(page, 'finished');
  await page.run(() => document.querySelector('#inside').scrollIntoView());
  await page.until('what is inside', () => /The values lie/.test(document.querySelector('#inside-summary').textContent) && document.querySelector('.inside-sentence').textContent.endsWith('.'));
}

inBrowsers((browser, test) => {
  test('while it trains, the page answers at once', inSoak, async () => {
    const page = await browser.open({ address: `#${PLAIN}&epochs=10000&patience=0` });
    await untilReady(page);
    await press(page, 'Train');
    await untilEpoch(page);
    // Other programs disturb, so the quietest stretch shows the page's own cost: each includes the report of an epoch, the page's
    // largest task during training. On a busy machine one stretch in twenty is quiet, so only a hanging test's limit ends the search.
    const gaps = [];
    const tasks = [];
    for (const end = Date.now() + HANGS_MS; Date.now() < end; ) {
      const curve = await page.run(() => document.querySelector('#curve-summary').textContent);
      await page.watchLiveliness();
      await page.until('the next report', (before) => document.querySelector('#curve-summary').textContent !== before, { args: [curve] });
      // The charts are drawn in tasks of their own, after the report.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { longTasks, longestGap } = await page.liveliness();
      gaps.push(longestGap);
      tasks.push(longTasks.length);
      if (longestGap < LONGEST_GAP_MS && longTasks.length === 0) break;
    }
    console.log(
      `${browser.name}: longest gaps ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms, long tasks ${tasks.join(', ')}`,
    );
    assert.ok(Math.min(...gaps) < LONGEST_GAP_MS, `the longest gaps were ${gaps.join(', ')} ms`);
    assert.equal(Math.min(...tasks), 0, 'tasks of 50 ms and more');
  });

  test('a worker that dies: the page says so, its last weights are back, training starts again', async () => {
    const page = await browser.open({ address: '#sample=seattle' });
    await untilReady(page);
    await page.run(() => {
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (message, ...more) {
        if (message.name === 'start') /** @type {any} */ (window).trainer = this;
        return post.call(this, message, ...more);
      };
    });
    await press(page, 'Train');
    await untilEpoch(page);
    await page.run(() =>
      /** @type {any} */ (window).trainer.dispatchEvent(new ErrorEvent('error', { message: 'unreachable executed' })),
    );
    await page.until('the page says so', () =>
      /stopped unexpectedly.*weights are back/.test(document.querySelector('#train .extra').textContent),
    );
    await untilStatus(page, 'running');
    await untilEpoch(page);
    // The browser reports this test's artificial event.
    await page.takeProblems();
  });

  test('a worker that dies while a person looks inside: its successor answers, once it holds the model', async () => {
    const page = await opened(browser, small, { before: noteModels });
    await looked(page);
    await page.run(() => /** @type {any} */ (window).models.at(-1).dispatchEvent(new ErrorEvent('error', { message: 'unreachable executed', cancelable: true })));
    await page.until('the page says so', () => /stopped unexpectedly.*weights are back/.test(document.querySelector('#train .extra').textContent));
    await untilStatus(page, 'finished');
    const other = await page.run(() => {
      const select = document.querySelector('#inside-which');
      select.value = [...select.options].find(({ value }) => value !== select.value).value;
      select.dispatchEvent(new Event('change'));
      return select.value;
    });
    await page.until('another inner value', (name) => document.querySelector('#inside-summary').textContent.startsWith(name), { args: [other] });
    assert.equal(await page.run(() => /** @type {any} */ (window).models.length), 2, 'one successor');
    assert.equal(await page.run(() => document.querySelector('.inside-values').parentElement.querySelector('[role="status"]').hidden), true, 'nothing is wrong');
    await page.takeProblems();
  });

  test('a worker that dies of what it is asked inside is not asked for ever; a person can ask again', async () => {
    const page = await opened(browser, small, { before: noteModels });
    await looked(page);
    await page.run(() => {
      const post = Worker.prototype.postMessage;
      /** @type {any} */ (window).asked = 0;
      /** @type {any} */ (window).deadly = true;
      Worker.prototype.postMessage = function (message, ...more) {
        if (message.name === 'inside') {
          /** @type {any} */ (window).asked++;
          // The worker never sees the question: on a busy machine its answer could be there before its death.
          if (/** @type {any} */ (window).deadly) return void setTimeout(() => this.dispatchEvent(new ErrorEvent('error', { message: 'out of memory', cancelable: true })));
        }
        return post.call(this, message, ...more);
      };
      const select = document.querySelector('#inside-which');
      select.value = [...select.options].at(-1).value;
      select.dispatchEvent(new Event('change'));
    });
    await page.until('the page says so', () => [...document.querySelectorAll('#inside [role="status"]')].some((line) => !line.hidden && /stopped unexpectedly before it answered\. Ask again/.test(line.textContent)));
    await page.until('the model is back', () => document.querySelector('#train').dataset.status === 'finished');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.equal(await page.run(() => /** @type {any} */ (window).asked), 2);
    await page.run(() => (/** @type {any} */ (window).deadly = false));
    await press(page, 'Ask again');
    const key = await page.run(() => document.querySelector('#inside-which').value);
    await page.until('the answer', (name) => document.querySelector('#inside-summary').textContent.startsWith(name), { args: [key] });
    await page.takeProblems();
  });

  test('a loss that explodes: which step, and what to try; what was there before can come back', async () => {
    const page = await browser.open({ address: '#architecture=gru&sample=seattle&learning_rate=10&clip=0&optimiser=sgd' });
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'failed');
    assert.match(await page.text('#train .sentence'), /step \d+.*(?:learning rate|clipping)/i);
    await page.until('a way on', () => !document.querySelector('#train .main').disabled);
  });
}, { dealt: true });
