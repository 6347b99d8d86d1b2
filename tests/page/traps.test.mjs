// Traps and panics in the core: the worker ends, a person reads a sentence with a remedy, and a cause that has ended two workers
// does not get a third.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { architectures, board, compare, untilOver } from './contest.mjs';
import { inBrowsers } from './harness.mjs';
import { daily, opened, press, pressMain, trapping, untilJudged, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small and quick. */
const short = `#${PLAIN}&hidden=8&window=28&horizon=7&segment=1&epochs=2`;

/** Errors of engines after a failed allocation, and of the core after a panic. */
const TRAP = "new WebAssembly.RuntimeError('unreachable executed')";
const PANIC = "new Error('panicked at src/train/trainer/mod.rs:12:34:\\\\nindex out of bounds')";

/** Counts workers by their kind and calls by their name; a file dropped again has the same date, as on a disk. Runs in the page. */
function count() {
  const Plain = Worker;
  const counted = { workers: /** @type {Record<string, number>} */ ({}), calls: /** @type {Record<string, number>} */ ({}) };
  /** @type {any} */ (window).counted = counted;
  const PlainFile = File;
  window.File = class extends PlainFile {
    /** @param {BlobPart[]} parts @param {string} name @param {FilePropertyBag} [options] */
    constructor(parts, name, options) {
      super(parts, name, { ...options, lastModified: 1 });
    }
  };
  window.Worker = class extends Plain {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      const kind = options?.name ?? '';
      counted.workers[kind] = (counted.workers[kind] ?? 0) + 1;
    }

    /** @param {any} message @param {any[]} more */
    postMessage(message, ...more) {
      if (message.type === 'call') counted.calls[message.name] = (counted.calls[message.name] ?? 0) + 1;
      return super.postMessage(message, .../** @type {[any]} */ (more));
    }
  };
}

/** @param {Page} page */
const counted = (page) => page.run(() => /** @type {any} */ (window).counted);

/** @param {Page} page @param {string} epochs */
const chooseEpochs = (page, epochs) =>
  page.run((value) => {
    const input = document.querySelector('#basic-epochs');
    input.value = value;
    input.dispatchEvent(new Event('change'));
  }, epochs);

/** The thrown text appears only in the folded details. @param {Page} page @param {RegExp} technical */
async function assertSentences(page, technical) {
  const { seen, folded } = await page.run(() => ({
    seen: document.body.innerText,
    folded: [...document.querySelectorAll('details.technical:not([open])')].map(({ textContent }) => textContent).join('\n'),
  }));
  assert.doesNotMatch(seen, /RuntimeError|unreachable|panicked|\.rs:/);
  assert.match(folded, technical);
}

inBrowsers((browser, test) => {
  test('a trap while a file is read ends the worker that reads: a sentence, and the next file is read by another', async () => {
    const page = await opened(browser, short, { before: count, replace: trapping('Series', 'to_parts', TRAP, "this.about().names.includes('deadly')") });
    const deadly = daily(300).replace('value', 'deadly');
    for (const time of [1, 2, 3]) {
      await page.dropFile('main', 'deadly.csv', deadly);
      await page.until(`what became of it, for the ${time}. time`, (again) => new RegExp(again ? 'ended 2 workers' : 'Reading it crashed the worker').test(document.querySelector('#data .message.bad')?.textContent ?? ''), { args: [time === 3] });
      assert.match(await page.text('#data .message'), /deadly\.csv was not opened.*ran out of memory.*The data opened before are unchanged/);
      await assertSentences(page, /unreachable/);
      if (time === 1) assert.equal((await counted(page)).workers.data, 2, 'another worker');
      await page.dropFile('main', `next${time}.csv`, daily(400 + time));
      await page.until('the next file', (rows) => document.querySelector('#data .extent').textContent.includes(`${rows} values`), { args: [400 + time] });
    }
    assert.equal((await counted(page)).workers.data, 3, 'no third worker died of it');
  });

  test('training that dies of memory: which knobs to lower, and no third worker for the same settings', async () => {
    const page = await opened(browser, short, { before: count, replace: trapping('Session', 'train', TRAP, 'Number(this.configured().settings.epochs) > 1') });
    await press(page, 'Train');
    const said = String(await page.until('the second death', () => {
      const text = document.querySelector('#train .extra.bad')?.textContent ?? '';
      return /** @type {any} */ (window).counted.workers.model === 3 && /ran out of memory/.test(text) && !/Training starts again/.test(text) && text;
    }));
    assert.match(said, /stopped unexpectedly\. It ran out of memory\. Lower the batch size \(\d+\), the window \(28\) or the hidden units \(8\)\./);
    await assertSentences(page, /unreachable/);
    await untilReady(page);
    await pressMain(page);
    await page.until('why it is not started', () => /has ended 2 workers, so it is not started again.*ran out of memory.*Lower the batch size/.test(document.querySelector('#train .extra').textContent));
    assert.equal((await counted(page)).calls.start, 2);
    assert.equal((await counted(page)).workers.model, 3);
    // With other settings it is tried.
    await chooseEpochs(page, '1');
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    assert.equal((await counted(page)).workers.model, 3, 'none has died since');
  });

  test('settings that kill the worker when they are tried are tried twice, and the page goes on with others', async () => {
    const page = await opened(browser, short, { before: count, replace: trapping('Session', 'configure', TRAP, 'args[0].epochs === 3') });
    await chooseEpochs(page, '3');
    await page.until('why they are not tried', () => /has ended 2 workers.*ran out of memory/.test(document.querySelector('#train .sentence').textContent));
    await assertSentences(page, /unreachable/);
    const { workers } = await counted(page);
    assert.equal(workers.model, 3);
    await chooseEpochs(page, '1');
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    assert.equal((await counted(page)).workers.model, 3, 'none has died since');
  });

  test('data that have ended two workers are in none: the page says so, and never shows them with a model of the data before', async () => {
    const page = await opened(browser, short, {
      before: count,
      replace: {
        'core/model_jobs.js': (/** @type {string} */ text) => text.replace('data = new', `if (parts.names.includes('deadly')) throw ${TRAP};\ndata = new`),
      },
    });
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    const why = () => page.until('why they are in no worker', () => /Taking in these data has ended 2 workers.*ran out of memory/.test(document.querySelector('#train').textContent));
    const restore = (/** @type {string} */ name) =>
      page.until(`a way back to ${name}`, (file) => {
        const button = [...document.querySelectorAll('#data button')].find(({ textContent }) => textContent.startsWith(`Restore ${file}`));
        /** @type {HTMLButtonElement | undefined} */ (button)?.click();
        return Boolean(button);
      }, { args: [name] });
    await page.dropFile('main', 'deadly.csv', daily(300).replace('value', 'deadly'));
    await why();
    assert.equal((await counted(page)).workers.model, 3);
    await restore('small.csv');
    await page.until('its model', () => /begins at/.test(document.querySelector('#hero-summary').textContent));
    await untilReady(page);
    await restore('deadly.csv');
    await page.until('the reason in place of a model', () => /^Taking in these data has ended 2 workers/.test(document.querySelector('#train .sentence').textContent));
    assert.equal(await page.run(() => document.querySelector('#train .main').disabled), true);
    assert.equal((await counted(page)).workers.model, 3, 'no third worker died of them');
    await restore('small.csv');
    await page.until('its model again', () => /begins at/.test(document.querySelector('#hero-summary').textContent));
    await untilReady(page);
  });

  test('a panic is a sentence; its place in the code is folded away, for a report', async () => {
    const page = await opened(browser, short, { before: count, replace: trapping('Session', 'evaluate', PANIC) });
    await press(page, 'Train');
    await page.until('the second death', () => /** @type {any} */ (window).counted.workers.model === 3 && /An error in Unrolled itself ended it/.test(document.querySelector('#train .extra.bad')?.textContent ?? ''));
    await assertSentences(page, /panicked at src\/train\/trainer\/mod\.rs:12:34/);
  });

  test('a run of a comparison that dies of memory says so in its row, and is not started a third time', async () => {
    const page = await opened(browser, short, { before: count, replace: trapping('Session', 'train', TRAP) });
    const pick = (await architectures(page)).slice(0, 1).map(([id]) => id);
    for (const time of [1, 2, 3]) {
      await compare(page, { pick, budget: 'steps', amount: 30 });
      await page.until('its row', (many) => document.querySelectorAll('#compare tr[data-status="failed"]').length === many, { args: [time] });
      await untilOver(page);
    }
    const notes = (await board(page)).filter(({ run }) => run).map(({ note }) => note);
    assert.equal(notes.filter((note) => /stopped unexpectedly\. It ran out of memory\. Lower the/.test(note)).length, 2, notes.join('; '));
    assert.equal(notes.filter((note) => /has ended 2 workers/.test(note)).length, 1, notes.join('; '));
    assert.equal((await counted(page)).calls.start, 2);
    await assertSentences(page, /unreachable/);
  });

  // Firefox reports nothing about a worker whose module fails to load: to the page it is silent (vanish.test.mjs).
  const silent = browser.name === 'firefox' ? { skip: 'Firefox tells nobody that a worker cannot be started' } : {};
  test('a reader whose successors cannot be started is not started for ever, and the page says so', silent, async () => {
    let broken = false;
    const page = await opened(browser, short, {
      before: count,
      replace: {
        ...trapping('Series', 'to_parts', TRAP, "this.about().names.includes('deadly')"),
        'core/worker.js': (/** @type {string} */ text) => (broken ? `import './nowhere.js';\n${text}` : text),
      },
    });
    broken = true;
    await page.dropFile('main', 'deadly.csv', daily(300).replace('value', 'deadly'));
    await page.until('the sentence', () => /The file reader’s worker could not be started.*Reload the page/.test(document.querySelector('#data .message.bad')?.textContent ?? ''));
    await page.dropFile('main', 'next.csv', daily(401));
    await page.until('the same of the next file', () => /next\.csv was not opened.*worker could not be started/.test(document.querySelector('#data .message.bad')?.textContent ?? ''));
    assert.equal((await counted(page)).workers.data, 3);
    // The browser reports the missing file, too.
    await page.takeProblems();
    // The model is still there.
    await press(page, 'Train');
    await untilStatus(page, 'finished');
  });

  test('a trap before the page is ready is said in a sentence', async () => {
    const page = await browser.open({
      replace: { 'pkg/unrolled.js': () => `export * from './unrolled.js?plain';\nexport const catalog = () => { throw ${TRAP}; };\n` },
    });
    await page.until('the sentence', () => /could not start here\. It ran out of memory/.test(document.querySelector('#boot').innerText));
    await assertSentences(page, /unreachable/);
  });
}, { dealt: true });
