// “Look inside”: every inner value of a model can be drawn and read, the gradient through time follows training with true
// sentences, and compared runs stand side by side. No architecture is named here or there.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test as inBoth } from 'node:test';
import { catalog, Session, table } from '../node/package.mjs';
import { PLAIN, plain } from '../plain.mjs';
import { board, compare, untilOver } from './contest.mjs';
import { inBrowsers, inSoak, root } from './harness.mjs';
import { labelsOf, leftLabels, lowerLabels, noteLabels, spoilt } from './labels.mjs';
import { daily, hourly, opened, press, pressMain, untilEpoch, untilJudged, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

const pictures = process.env.SCREENSHOTS ?? path.join(root, 'target/screenshots');
const small = { ...plain, hidden: 8, window: 28, horizon: 7, segment: 1, epochs: 2 };

/** The core's inner values of each architecture. @returns {Map<string, {key: string, kind: string, rows: number, columns: number}[]>} By its id. */
function offered(more = {}, file = daily(400)) {
  const parts = table(Buffer.from(file)).series().to_parts();
  return new Map(
    catalog().architectures.map(({ id }) => {
      const session = new Session(parts);
      session.configure({ ...small, ...more, architecture: id });
      const { probes } = session.probes();
      session.free();
      return [id, probes.map(({ group, label, kind, rows, columns }) => ({ key: `${group}: ${label}`, kind, rows, columns }))];
    }),
  );
}

/** @param {Page} page */
const choices = (page) => page.run(() => [...document.querySelectorAll('#inside-which option')].map(({ value }) => value));

/** Colours in the middle of the map's canvas. @param {Page} page @returns {Promise<number>} How many there are. */
const coloursOf = (page) =>
  page.run(() => {
    const canvas = document.querySelector('#inside .heat canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let at = 0; at < data.length; at += 4) found.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return found.size;
  });

/** Chooses an inner value, and waits until it is drawn. @param {Page} page @param {string} key */
async function choose(page, key) {
  await page.run((value) => {
    const select = document.querySelector('#inside-which');
    select.value = value;
    select.dispatchEvent(new Event('change'));
  }, key);
  await page.until(`the map of ${key}`, (name) => document.querySelector('#inside-summary').textContent.startsWith(name), { args: [key] });
  // The table and the labels are drawn in the next frames.
  await page.run(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve)))));
}

/** The rows of a map are labelled by their numbers, between the first and the last, and no label overlaps another. @param {Page} page @param {{key: string, kind: string, rows: number}} probe @param {string} where */
async function assertAxes(page, { key, kind, rows }, where) {
  const chart = await labelsOf(page, '#inside .heat');
  const left = leftLabels(chart);
  assert.ok(left.length >= 1, `${where}, ${key}: no labels at the left`);
  assert.ok(lowerLabels(chart).length >= 2, `${where}, ${key}: no labels below`);
  assert.deepEqual(spoilt(chart), [], `${where}, ${key}`);
  if (kind === 'looks') return;
  const numbers = left.map(Number);
  assert.ok(numbers.every((number, index) => Number.isInteger(number) && number >= 1 && number <= rows && (index === 0 || number > numbers[index - 1])), `${where}, ${key}: ${rows} rows are labelled ${left}`);
  // As many labels as there is room for, in a map of few rows.
  if (rows <= 8) assert.equal(left.length, rows, `${where}, ${key}: ${left}`);
}

/** @param {Page} page @param {string} key A key pressed on the map. */
const type = (page, key) => page.run((name) => document.querySelector('#inside .heat').dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true })), key);

/** Notes the number and duration of gradient readings in a comparison. Runs in the page. */
function noteReadings() {
  // Two lanes at once, on any machine.
  Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 2 });
  const Plain = Worker;
  const seen = { asked: 0, /** @type {{worker: number, at: number, took: number}[]} */ answers: [] };
  /** @type {any} */ (window).readings = seen;
  let workers = 0;
  window.Worker = class extends Plain {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      if (options?.name !== 'compare') return;
      const worker = ++workers;
      const post = this.postMessage.bind(this);
      this.postMessage = (/** @type {any} */ message, /** @type {any} */ ...more) => {
        if (message.name === 'gradients') seen.asked++;
        post(message, ...more);
      };
      this.addEventListener('message', ({ data: { type, value } }) => {
        if (type === 'answer' && value?.gradients) seen.answers.push({ worker, at: performance.now(), took: value.milliseconds });
      });
    }
  };
}

/** @param {Page} page @returns {Promise<{asked: number, answers: {worker: number, at: number, took: number}[]}>} */
const readings = (page) => page.run(() => /** @type {any} */ (window).readings);

/** The gradients' chart, as a table. @param {Page} page @returns {Promise<string[]>} A row for each line. */
const gradientRows = (page) => page.run(() => [...document.querySelector('.inside-gradients table').querySelectorAll('tbody tr')].map(({ textContent }) => textContent));

/** Subject of that chart's lines; empty without a choice. @param {Page} page */
const linesFor = (page) => page.run(() => (document.querySelector('#inside-by').checkVisibility() ? document.querySelector('#inside-by').value : ''));

/** @param {number} milliseconds */
const pass = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

inBrowsers((browser, test) => {
  inBoth('of every architecture, all that it names is drawn, read by keys, and told in words', async (t) => {
    const page = await opened(browser, `#${new URLSearchParams(Object.entries(small).map(([key, value]) => [key, String(value)]))}`);
    const usual = catalog().knobs.find(({ key }) => key === 'architecture')?.default;
    let drawn = 0;
    const all = [...offered()];
    assert.ok(all.flatMap(([, probes]) => probes).length > 30);
    for (const [id, probes] of browser.cases(all)) {
      const keys = probes.map(({ key }) => key);
      await page.run((architecture) => document.querySelector(`#model input[name="architecture"][value="${architecture}"]`).click(), id);
      await page.until(`the address of ${id}`, (architecture, first) => location.hash.includes(`architecture=${architecture}`) || architecture === first, { args: [id, usual] });
      await page.until(`settings of ${id}`, () => !document.querySelector('#train .main').disabled);
      await pressMain(page);
      await untilStatus(page, 'finished');
      await page.run(() => document.querySelector('#inside').scrollIntoView());
      await page.until(`what is inside ${id}`, (wanted) => [...document.querySelectorAll('#inside-which option')].map(({ value }) => value).join() === wanted || (wanted === '' && !document.querySelector('#inside .inside-none').hidden), { args: [keys.join()] });
      assert.deepEqual(keys.length ? await choices(page) : [], keys, id);
      for (const key of keys) {
        await choose(page, key);
        assert.ok((await coloursOf(page)) > 12, `${id}, ${key}: a map of one colour`);
        drawn++;
      }
      if (keys.length) {
        await type(page, 'ArrowRight');
        await type(page, 'ArrowRight');
        await type(page, 'ArrowDown');
        assert.match(await page.text('#inside .readout'), /(unit|head) \d+: |from unit \d+ to unit \d+: |reading step .*; attended to .*: /, id);
      }
      assert.ok((await page.text('.inside-sentence')).endsWith('.'), id);
      assert.ok((await page.run(() => document.querySelectorAll('#inside .gradient canvas').length)) === 1);
    }
    t.diagnostic(`${browser.name}: ${drawn} inner values drawn`);
    assert.ok(drawn > 10);
  });

  inBoth('of every inner value, the rows are labelled by their numbers or dates, and no label lies on another, at a desk’s and a phone’s width', async () => {
    const usual = catalog().knobs.find(({ key }) => key === 'architecture')?.default;
    const settings = { ...small, window: 120, epochs: 1, attention: 'dot' };
    const page = await opened(browser, `#${new URLSearchParams(Object.entries(settings).map(([key, value]) => [key, String(value)]))}`, { before: noteLabels });
    // Times of day take more room than dates.
    await page.dropFile('main', 'hours.csv', hourly(400));
    await page.until('the hours', () => /one every hour/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
    const all = [...offered(settings, hourly(400))].filter(([, probes]) => probes.length);
    const kinds = new Set(all.flatMap(([, probes]) => probes.map(({ kind }) => kind)));
    assert.deepEqual([...kinds].sort(), ['looks', 'units', 'weights']);
    for (const [id, probes] of browser.cases(all, 4)) {
      await page.run((architecture) => document.querySelector(`#model input[name="architecture"][value="${architecture}"]`).click(), id);
      await page.until(`the address of ${id}`, (architecture, first) => location.hash.includes(`architecture=${architecture}`) || architecture === first, { args: [id, usual] });
      await page.until(`settings of ${id}`, () => !document.querySelector('#train .main').disabled);
      await pressMain(page);
      await untilStatus(page, 'finished');
      await page.run(() => document.querySelector('#inside').scrollIntoView());
      await page.until(`what is inside ${id}`, (wanted) => [...document.querySelectorAll('#inside-which option')].map(({ value }) => value).join() === wanted, { args: [probes.map(({ key }) => key).join()] });
      for (const width of [1440, 390]) {
        await browser.viewport(width, 900);
        // From the last to the first and back, so that each follows one of another size.
        for (const probe of width > 1000 ? probes : [...probes].reverse()) {
          // A new width moves the map, and out of view it is not drawn.
          await page.run(() => document.querySelector('#inside .heat').scrollIntoView({ block: 'center', behavior: 'instant' }));
          await choose(page, probe.key);
          await assertAxes(page, probe, `${id} at ${width}`);
        }
      }
    }
  });

  test('the gradient follows training, lines are picked by Enter, another window has other values', async () => {
    await mkdir(pictures, { recursive: true });
    const page = await browser.open({ address: `#${PLAIN}&window=168&epochs=40&segment=1&hidden=16` });
    await untilReady(page);
    await press(page, 'Train');
    await page.until('the section', () => !document.querySelector('#inside').hidden);
    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await page.until('a gradient', () => document.querySelector('.inside-sentence').textContent.endsWith('.'));
    const first = await page.run(() => document.querySelector('.inside-gradients table').textContent);
    await page.until('another one as it trains', (before) => document.querySelector('.inside-gradients table').textContent !== before, { args: [first] });
    await press(page, 'Pause');
    await untilStatus(page, 'paused');
    assert.match(await page.text('.inside-sentence'), /^At the first of .* steps/);

    const legend = () => page.run(() => [...document.querySelectorAll('.inside-values figure:nth-of-type(2) .key-run')].map(({ textContent }) => textContent));
    await page.until('lines', () => document.querySelectorAll('.inside-values .key-run').length > 0);
    assert.deepEqual(await legend(), ['unit 1', 'unit 2', 'unit 3']);
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) await type(page, key);
    assert.deepEqual(await legend(), ['unit 1', 'unit 2', 'unit 3', 'unit 4']);
    await type(page, 'Enter');
    assert.deepEqual(await legend(), ['unit 1', 'unit 2', 'unit 3']);

    const said = await page.text('#inside-summary');
    await page.run(() => {
      const select = document.querySelector('#inside-over');
      select.value = 'test';
      select.dispatchEvent(new Event('change'));
    });
    await page.until('another window', (before) => document.querySelector('#inside-summary').textContent !== before, { args: [said] });
    await page.screenshot(path.join(pictures, `${browser.name}-inside.png`), '#inside');
    assert.deepEqual(await page.accessibility(), []);
  });

  test('before anything is trained it says what will be seen, and trains', async () => {
    const page = await browser.open({ address: `#${PLAIN}&window=48&horizon=12&segment=1&hidden=8&epochs=3` });
    await untilReady(page);
    assert.match(await page.text('#inside'), /Inner values.*The gradient through time.*Train/);
    await page.click('#inside .inside-invitation .button');
    await page.until('a map', () => document.querySelector('#inside .heat canvas') && /The values lie/.test(document.querySelector('#inside-summary').textContent));
    assert.equal(await page.run(() => document.querySelector('.inside-invitation').hidden), true);
  });

  test('the gradient is drawn when it has changed and is looked at, not at every word of a worker', async () => {
    const page = await browser.open({ address: `#${PLAIN}&window=48&horizon=12&segment=1&hidden=8&epochs=500&patience=0`, before: noteReadings });
    await untilReady(page);
    await press(page, 'Train');
    await untilEpoch(page);
    await press(page, 'Stop');
    await untilJudged(page);
    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await page.until('a gradient', () => document.querySelector('.inside-sentence').textContent.endsWith('.'));
    await page.run(() => {
      const seen = { drawn: 0, changed: 0, words: 0 };
      /** @type {any} */ (window).seen = seen;
      new MutationObserver(() => seen.drawn++).observe(document.querySelector('.inside-gradients .legend'), { childList: true });
      new MutationObserver(() => seen.words++).observe(document.querySelector('#compare .board'), { attributes: true, subtree: true, attributeFilter: ['data-spent'] });
    });
    const ids = await page.run(() => [...document.querySelectorAll('#compare .ticks input')].map(({ value }) => value).slice(0, 2));
    await compare(page, { pick: ids, budget: 'time', amount: 6 });
    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await untilOver(page);
    const { drawn, words } = await page.run(() => /** @type {any} */ (window).seen);
    const { asked } = await readings(page);
    // Besides these, the list grows by two, each with a gradient at the end of its budget.
    assert.ok(words > 12 && drawn >= 3 && drawn <= asked + 4, `drawn ${drawn} times for ${words} words and ${asked} readings`);

    await page.run(() => scrollTo(0, 0));
    await pass(300);
    await page.run(() => (/** @type {any} */ (window).seen.drawn = 0));
    await compare(page, { pick: ids, budget: 'time', amount: 2 });
    await page.run(() => scrollTo(0, 0));
    await untilOver(page);
    assert.equal(await page.run(() => /** @type {any} */ (window).seen.drawn), 0, 'out of sight');
    assert.equal((await readings(page)).asked, asked, 'nothing is asked for out of sight');
  });

  test('the gradients of runs that are compared follow training within an epoch, for a tenth of its time, while they are looked at', inSoak, async (t) => {
    // One window a step: epochs of thousands of steps.
    const page = await browser.open({ address: `#${PLAIN}&window=168&horizon=12&segment=1&hidden=96&batch_size=1&epochs=100&patience=0`, before: noteReadings });
    await untilReady(page);
    const ids = await page.run(() => [...document.querySelectorAll('#compare .ticks input')].map(({ value }) => value).slice(0, 2));
    await compare(page, { pick: ids, budget: 'none' });
    await page.run(() => scrollTo(0, 0));
    await page.until('two that train', () => [...document.querySelectorAll('#compare tr[data-status="running"]')].filter((row) => Number(row.getAttribute('data-steps')) > 5).length === 2);
    await pass(700);
    assert.equal((await readings(page)).asked, 0, 'nobody looks');

    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await page.until('a line of each', () => document.querySelector('.inside-gradients table').querySelectorAll('tbody tr').length === 2 && document.querySelectorAll('.inside-gradients .key-run').length === 2);
    const first = await gradientRows(page);
    await page.until(
      'other lines',
      (before) => [...document.querySelector('.inside-gradients table').querySelectorAll('tbody tr')].every((row, index) => row.textContent !== before[index]),
      { args: [first] },
    );
    for (const { name, status, validation, steps } of (await board(page)).filter(({ run }) => run)) {
      assert.equal(status, 'running', name);
      // NaN does not survive the transfer from the page.
      assert.equal(validation, null, `${name}: its first epoch is over, after ${steps} steps`);
    }
    assert.equal(await page.run(() => document.querySelectorAll('#inside .gradient canvas').length), 1);
    assert.deepEqual(await page.accessibility(), []);

    await page.until('readings of both', () => [1, 2].every((worker) => /** @type {any} */ (window).readings.answers.filter((answer) => answer.worker === worker).length > 3));
    await page.run(() => scrollTo(0, 0));
    await pass(300);
    const { asked, answers } = await readings(page);
    await pass(1500);
    assert.equal((await readings(page)).asked, asked, 'nobody looks any more');
    for (const worker of [1, 2]) {
      const own = answers.filter((answer) => answer.worker === worker);
      const [from, to] = [own[0].at, own[own.length - 1].at];
      // The page did not wait after the last one.
      const took = own.slice(0, -1).reduce((sum, answer) => sum + answer.took, 0);
      t.diagnostic(`${browser.name}: ${own.length} readings in ${(to - from).toFixed(0)} ms took ${took.toFixed(1)} ms`);
      assert.ok(own.length > 2 && took <= 0.101 * (to - from), `${took} of ${to - from} ms`);
    }

    // The state at their end, without a viewer; a person's own choice of layers stays.
    await press(page, 'End now');
    await untilOver(page);
    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await page.until('all runs', () => document.querySelector('#inside-by').checkVisibility() && document.querySelectorAll('.inside-gradients .key-run').length === 2);
    assert.equal(await linesFor(page), 'runs');
    await page.run(() => {
      const select = document.querySelector('#inside-by');
      select.value = 'layers';
      select.dispatchEvent(new Event('change'));
    });
    await page.until('the layers', () => ![...document.querySelectorAll('.inside-gradients .key-run')].some(({ textContent }) => /: layer/.test(textContent)));
    const before = (await readings(page)).asked;
    await compare(page, { pick: ids, budget: 'time', amount: 2 });
    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await untilOver(page);
    assert.equal(await linesFor(page), 'layers');
    assert.equal((await readings(page)).asked, before, 'of runs that are not drawn nothing is asked for');
  });

  test('runs that were compared stand on one chart of gradients', async () => {
    const page = await browser.open({ address: '#window=48&horizon=12&segment=1&hidden=8' });
    await untilReady(page);
    const ids = await page.run(() => [...document.querySelectorAll('#compare .ticks input')].map(({ value }) => value).slice(0, 3));
    await compare(page, { pick: ids, budget: 'steps', amount: 30 });
    await untilOver(page);
    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await page.until('gradients', () => !document.querySelector('.inside-gradients').hidden && !document.querySelector('#inside-by').parentElement.hidden);
    assert.equal(await linesFor(page), 'runs');
    const names = await page.run(() => [...document.querySelectorAll('.inside-gradients .key-run')].map(({ textContent }) => textContent));
    assert.equal(names.length, ids.length, names.join('; '));
  });
}, { dealt: true });
