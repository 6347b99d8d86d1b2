// The harness itself, since the tests are only as good as its checks.
import assert from 'node:assert/strict';
import { writeFile, mkdtemp, rm, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { browserNames } from './browsers.mjs';
import { inBrowsers } from './harness.mjs';

const address = 'tests/page/fixture/';

/** Runs in the page: sends its worker a command, and waits until it is done. @param {string} what */
const tellWorker = (what) =>
  new Promise((resolve) => {
    const worker = new Worker('worker.js');
    worker.onmessage = () => resolve('done');
    worker.postMessage(what);
  });

inBrowsers((browser) => {
  test('a quiet page has no problems', async () => {
    const page = await browser.open({ address });
    assert.deepEqual(await page.takeProblems(), []);
    assert.ok(page.requests.some((url) => url.endsWith(address)), 'its requests are seen');
  });

  /** @type {[string, RegExp, (page: import('./harness.mjs').Page) => Promise<unknown>][]} */
  const troubles = [
    ['an error on the console', /said by the page/, (page) => page.run(() => console.error('said by the page'))],
    ['an uncaught error', /thrown by the page/, (page) => page.run(() => void setTimeout(() => { throw new Error('thrown by the page'); }))],
    ['an unhandled rejection', /rejected by the page/, (page) => page.run(() => void Promise.reject(new Error('rejected by the page')))],
    ['an error on the console of a worker', /said by the worker/, (page) => page.run(tellWorker, 'log')],
    ['an uncaught error in a worker', /thrown by the worker/, (page) => page.run(tellWorker, 'throw')],
    ['an unhandled rejection in a worker', /rejected by the worker/, (page) => page.run(tellWorker, 'reject')],
    ['a request to elsewhere', /elsewhere\.invalid/, (page) => page.run(() => fetch('http://elsewhere.invalid/').catch(() => {}))],
    ['a picture from elsewhere', /elsewhere\.invalid/, (page) => page.run(() => { new Image().src = 'http://elsewhere.invalid/picture.png'; })],
    ['a request of a worker to elsewhere', /elsewhere\.invalid/, (page) => page.run(tellWorker, 'fetch')],
    ['a file that is not there', /nowhere\.txt/, (page) => page.run(() => fetch('nowhere.txt'))],
  ];
  for (const [what, pattern, cause] of troubles) {
    test(`${what} is noticed`, async () => {
      const page = await browser.open({ address });
      await cause(page);
      const problems = await page.takeProblems();
      assert.ok(problems.some((problem) => pattern.test(problem)), `noticed only: ${problems.join('; ') || 'nothing'}`);
    });
  }

  test('a file is chosen and dropped', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unrolled-'));
    try {
      const file = path.join(folder, 'chosen.csv');
      await writeFile(file, 'a,b\n1,ä\n');
      const page = await browser.open({ address });
      await page.chooseFile('#file', file);
      await page.until('the chosen file', () => document.querySelector('#said')?.textContent === 'chosen.csv: a,b\n1,ä\n');
      await page.dropFile('main', 'dropped.csv', 'c\n€\n');
      await page.until('the dropped file', () => document.querySelector('#said')?.textContent === 'dropped.csv: c\n€\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('the viewport is as wide as asked, and a picture shows it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unrolled-'));
    try {
      for (const width of [390, 1440]) {
        const page = await browser.open({ address, width });
        assert.equal(await page.run(() => innerWidth), width);
        const file = path.join(folder, 'page.png');
        await page.screenshot(file);
        // These bytes of a PNG are its width.
        assert.equal((await readFile(file)).readUInt32BE(16), width);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('accessibility is judged', async () => {
    const page = await browser.open({ address });
    assert.deepEqual(await page.accessibility(), []);
    await page.run(() => document.body.insertAdjacentHTML('beforeend', '<img src="data:,">'));
    assert.match((await page.accessibility()).join(), /image-alt/);
    await page.takeProblems();
  });

  test('a busy page is seen to be busy', async () => {
    const page = await browser.open({ address });
    await page.watchLiveliness();
    await page.run(() => new Promise((resolve) => setTimeout(resolve, 300)));
    const quiet = await page.liveliness();
    assert.ok(quiet.pings > 10, `${quiet.pings} pings`);
    // In a separate task: the driver's own code is not counted as one.
    await page.run(() => void setTimeout(() => {
      const end = performance.now() + 200;
      while (performance.now() < end);
    }));
    await page.until('a long gap', () => /** @type {any} */ (window).liveliness.longestGap >= 200);
    if (browser.name === 'chromium') await page.until('a long task', () => /** @type {any} */ (window).liveliness.longTasks.some((ms) => ms >= 150));
  });
});

inBrowsers(
  (browser) => {
    test('a system that prefers dark pages is believed', async () => {
      const page = await browser.open({ address });
      assert.equal(await page.run(() => matchMedia('(prefers-color-scheme: dark)').matches), true);
    });
  },
  { dark: true },
);

/** The dealt tests that ran, each as often as it did. @type {string[]} */
const ran = [];

inBrowsers(
  (_, dealt) => {
    for (const name of ['one', 'two', 'three']) dealt(`a test that is dealt out: ${name}`, () => void ran.push(name));
  },
  { dealt: true },
);

test('every test that is dealt out runs once, or in every browser in a soak', () => {
  const times = process.env.SOAK ? browserNames.length : 1;
  assert.deepEqual(ran.toSorted(), ['one', 'three', 'two'].flatMap((name) => Array(times).fill(name)));
});
