// The page's own thread while a worker trains, and what happens when a worker dies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBrowsers } from './harness.mjs';
import { press, untilReady, untilStatus } from './steps.mjs';

/** A person notices more than this. */
const LONGEST_GAP_MS = 50;

inBrowsers((browser) => {
  test('while it trains, the page answers at once', async () => {
    const page = await browser.open();
    await untilReady(page);
    await press(page, 'Train');
    await page.until('an epoch', () => /After \d+ epochs/.test(document.querySelector('#curve-summary').textContent));
    // Other programs on the machine disturb; the quietest of three stretches is what the page itself costs.
    const gaps = [];
    const tasks = [];
    for (let stretch = 0; stretch < 3; stretch++) {
      await page.watchLiveliness();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const { longTasks, longestGap } = await page.liveliness();
      gaps.push(longestGap);
      tasks.push(longTasks.length);
    }
    console.log(
      `${browser.name}: longest gaps ${gaps.map((gap) => gap.toFixed(0)).join(', ')} ms, long tasks ${tasks.join(', ')}`,
    );
    assert.ok(Math.min(...gaps) < LONGEST_GAP_MS, `the longest gaps were ${gaps.join(', ')} ms`);
    assert.equal(Math.min(...tasks), 0, 'tasks of 50 ms and more');
  });

  test('a worker that dies: the page says so, its last weights are back, training starts anew', async () => {
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
    await page.until('an epoch', () => /After \d+ epochs/.test(document.querySelector('#curve-summary').textContent));
    await page.run(() =>
      /** @type {any} */ (window).trainer.dispatchEvent(new ErrorEvent('error', { message: 'unreachable executed' })),
    );
    await page.until('the page says so', () =>
      /stopped by itself.*weights are back/.test(document.querySelector('#train .extra').textContent),
    );
    await untilStatus(page, 'running');
    await page.until('another epoch', () => /After \d+ epochs/.test(document.querySelector('#curve-summary').textContent));
    // The browser reports the event that this test made up.
    await page.takeProblems();
  });

  test('a loss that explodes: which step, and what to try; what was there before can come back', async () => {
    const page = await browser.open({ address: '#sample=seattle&learning_rate=10&clip=0&optimiser=sgd' });
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'failed');
    assert.match(await page.text('#train .sentence'), /step \d+.*(?:learning rate|clipping)/i);
    await page.until('a way on', () => !document.querySelector('#train .main').disabled);
  });
});
