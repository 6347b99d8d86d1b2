// Workers that vanish silently, at every point of their work: the page reports it, asks for a decision, stays responsive meanwhile,
// and follows the decision; nothing stays dead.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { architectures, board, compare, untilOver } from './contest.mjs';
import { inBrowsers, inSoak } from './harness.mjs';
import { chooseWorkers, daily, opened, press, pressMain, status, untilEpoch, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small, and trained until a test ends it. */
const endless = `#${PLAIN}&hidden=16&window=28&horizon=7&segment=1&epochs=10000&patience=0`;
/** Small and quick. */
const short = `#${PLAIN}&hidden=8&window=28&horizon=7&segment=1&epochs=2`;

/** A page with a shorter limit, and the same questions. */
const soon = { 'core/patience.js': () => 'export const BEAT = 100;\nexport const SILENCE = 1500;\nexport const PIECES = 5;\n' };

/** Gives the test every worker by its kind, and ways to make it vanish. Runs in the page. */
function holdWorkers() {
  const Plain = Worker;
  const post = Plain.prototype.postMessage;
  const held = {
    /** @type {{kind: string, worker: Worker}[]} */ all: [],
    /** The newest of a kind. @param {string} kind */
    newest: (kind) => held.all.findLast((one) => one.kind === kind)?.worker,
    /** Kills the newest of a kind, as from the browser's tools: it never sends an event or an answer again. @param {string} kind */
    kill: (kind) => Plain.prototype.terminate.call(held.newest(kind)),
    /** The kind and the call that kill a worker, once. */ deadly: /** @type {[string, string] | null} */ (null),
    /** Workers whose messages are held back. @type {Set<Worker>} */ mute: new Set(),
    /** @type {[Worker, MessageEvent][]} */ late: [],
  };
  /** @type {any} */ (window).held = held;
  window.Worker = class extends Plain {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      held.all.push({ kind: options?.name ?? '', worker: this });
      this.addEventListener('message', (event) => {
        if (!held.mute.has(this)) return;
        event.stopImmediatePropagation();
        held.late.push([this, event]);
      });
    }

    /** @param {any} message @param {any[]} more */
    postMessage(message, ...more) {
      const kind = held.all.find(({ worker }) => worker === this)?.kind;
      if (held.deadly?.[0] === kind && held.deadly[1] === (message.name ?? message.type)) {
        held.deadly = null;
        Plain.prototype.terminate.call(this);
      }
      return post.call(this, message, ...more);
    }
  };
}

/** The page with a small file, and its workers under the test's control. @param {import('./harness.mjs').Browser} browser @param {string} address */
const held = (browser, address) => opened(browser, address, { before: holdWorkers, replace: soon });

/** Kills the newest worker of a kind. @param {Page} page @param {string} kind */
const kill = (page, kind) => page.run((name) => /** @type {any} */ (window).held.kill(name), kind);

/** Makes the next call of that name kill its worker. @param {Page} page @param {string} kind @param {string} call */
const killAt = (page, kind, call) => page.run((...pair) => void (/** @type {any} */ (window).held.deadly = pair), kind, call);

/** Waits until the page asks about a silent worker, and returns its words. @param {Page} page @param {RegExp} who @returns {Promise<string>} */
const asked = (page, who) =>
  page.until(
    `a question about ${who}`,
    (pattern) => [...document.querySelectorAll('#silence .row')].map(({ textContent }) => textContent).find((text) => new RegExp(pattern).test(text)),
    { args: [who.source] },
  );

/** @param {Page} page @param {string} label */
const decide = (page, label) =>
  page.until(`“${label}”`, (text) => {
    const button = [...document.querySelectorAll('#silence button')].find(({ textContent }) => textContent === text);
    button?.click();
    return Boolean(button);
  }, { args: [label] });

/** @param {Page} page */
const untilQuiet = (page) => page.until('no question any more', () => document.querySelector('#silence').hidden);

inBrowsers((browser, test) => {
  test('the data worker vanishes while it reads a file: the page asks, and reads the next file in another', async () => {
    const page = await held(browser, short);
    await killAt(page, 'data', 'read');
    await page.dropFile('main', 'lost.csv', daily(300));
    assert.match(await asked(page, /reading lost\.csv has not answered/), /you can open another/);
    await decide(page, 'End it');
    await page.until('a word about the file', () => /lost\.csv was not opened.*did not answer and was ended/.test(document.querySelector('#data .message').textContent));
    await page.dropFile('main', 'next.csv', daily(500));
    await page.until('the next file', () => /500 values/.test(document.querySelector('#data .extent').textContent));
    await page.until('no question', () => document.querySelector('#silence').hidden);
  });

  test('a file that is dropped while the data worker is silent is read at once, in another', inSoak, async () => {
    const page = await held(browser, short);
    await killAt(page, 'data', 'read');
    await page.dropFile('main', 'lost.csv', daily(300));
    await asked(page, /reading lost\.csv/);
    await page.dropFile('main', 'next.csv', daily(500));
    await page.until('the next file', () => /500 values/.test(document.querySelector('#data .extent').textContent));
    await untilQuiet(page);
  });

  test('how a file was read can be changed after its worker was lost', inSoak, async () => {
    const page = await held(browser, short);
    // A day occurs twice, with another value.
    await page.dropFile('main', 'twice.csv', daily(400).replace(/\n(.*),(.*)\n/, '\n$1,$2\n$1,9$2\n'));
    await page.until('the file', () => document.querySelector('#source').selectedOptions[0].textContent === 'twice.csv');
    await kill(page, 'data');
    await page.dropFile('main', 'lost.csv', daily(300));
    await asked(page, /reading lost\.csv/);
    await decide(page, 'End it');
    await press(page, 'How it was read');
    await page.until('the choice', () => {
      const choice = /** @type {HTMLSelectElement} */ (document.querySelector('#series-duplicates'));
      if (!choice) return false;
      choice.value = choice.options[choice.options.length - 1].value;
      choice.dispatchEvent(new Event('change'));
      return true;
    });
    await page.until('the file read otherwise', () => document.querySelector('#data').getAttribute('aria-busy') === 'false' && !document.querySelector('#data .message.bad'));
    assert.match(await page.text('#data .extent'), /values/);
    await untilQuiet(page);
  });

  test('the data worker vanishes as the page starts: the page asks, and starts with another', async () => {
    const page = await browser.open({
      replace: soon,
      address: short,
      before: /** @type {any} */ (`() => { (${holdWorkers})(); held.deadly = ['data', 'catalog']; }`),
    });
    await asked(page, /file reader’s worker has not answered/);
    await decide(page, 'End it');
    await untilReady(page);
    await untilQuiet(page);
  });

  test('a core that does not arrive: the page asks, and loads it again', async () => {
    const page = await browser.open({
      replace: soon,
      address: short,
      before: () => {
        const { fetch } = window;
        let first = true;
        window.fetch = (...request) => {
          if (!/\.wasm$/.test(String(request[0])) || !first) return fetch(...request);
          first = false;
          return new Promise(() => {});
        };
      },
    });
    await asked(page, /computing core has not arrived/);
    await decide(page, 'Load it again');
    await untilReady(page);
    await untilQuiet(page);
  });

  test('the model’s worker vanishes while nothing is asked of it: the next change of a setting is answered by a question, then by another worker', async () => {
    const page = await held(browser, short);
    await kill(page, 'model');
    await page.run(() => {
      const epochs = document.querySelector('#basic-epochs');
      epochs.value = '3';
      epochs.dispatchEvent(new Event('change'));
    });
    await asked(page, /The model’s worker has not answered/);
    await decide(page, 'End it');
    await page.until('a word about it', () => /did not answer and was ended.*started again/.test(document.querySelector('#train .extra').textContent));
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await page.until('what was asked', () => /3 of 3/.test(document.querySelector('#train .facts').textContent));
  });

  test('the model’s worker vanishes in its first epoch: the weights that it had last are in the next one, and are measured', inSoak, async () => {
    const page = await browser.open({ address: `#${PLAIN}&sample=jfk&hidden=128&segment=1&batch=1&epochs=1000`, before: holdWorkers, replace: soon });
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'running');
    await page.until('a few steps', () => document.querySelectorAll('#train .facts dd')[2].textContent !== '–');
    await press(page, 'Pause');
    await untilStatus(page, 'paused');
    await kill(page, 'model');
    await press(page, 'One step');
    assert.match(await asked(page, /The model’s worker/), /a new one gets its weights/);
    await decide(page, 'End it');
    await page.until('the weights', () => /was ended\..*Its last weights are back\./.test(document.querySelector('#train .extra').textContent));
    await page.until('which they are', () => /Weights after step [\d,]+, inside epoch 1/.test(document.querySelector('#train .sentence').textContent));
    await page.until('a forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));
  });

  test('the model’s worker vanishes while it trains: every button answers, and its weights are in the next one', async () => {
    const page = await held(browser, endless);
    await press(page, 'Train');
    await untilEpoch(page);
    await kill(page, 'model');
    await press(page, 'Pause');
    await page.until('that the press waits', () => /^“Pause” waits/.test(document.querySelector('#train .sentence').textContent));
    assert.match(await asked(page, /The model’s worker/), /training stops, and a new one gets the weights of epoch \d+/);
    await press(page, 'Stop');
    await page.until('that both wait', () => /^“Pause”, “Stop” wait/.test(document.querySelector('#train .sentence').textContent));
    // Actions without a worker are done at once.
    await press(page, 'How it was read');
    await page.until('the rows of the file', () => !document.querySelector('#data-detail').hidden);
    await decide(page, 'End it');
    await page.until('the weights', () => /was ended\..*Its best weights are back\./.test(document.querySelector('#train .extra').textContent));
    await untilStatus(page, 'stopped');
    assert.match(await page.text('#train .sentence'), /^Stopped\./);
    await page.until('a forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));
    await pressMain(page);
    await untilStatus(page, 'running');
    await press(page, 'Stop');
    await untilJudged(page);
  });

  test('a person who waits is asked again, and a worker that speaks again goes on', inSoak, async () => {
    const page = await held(browser, endless);
    await press(page, 'Train');
    await untilEpoch(page);
    await page.run(() => {
      const { held } = /** @type {any} */ (window);
      held.mute.add(held.newest('model'));
    });
    await asked(page, /The model’s worker/);
    await decide(page, 'Wait');
    await untilQuiet(page);
    await asked(page, /The model’s worker/);
    await page.run(() => {
      const { held } = /** @type {any} */ (window);
      held.mute.clear();
      for (const [worker, { data }] of held.late) worker.dispatchEvent(new MessageEvent('message', { data }));
    });
    await untilQuiet(page);
    await press(page, 'Pause');
    await untilStatus(page, 'paused');
    assert.equal(await page.run(() => /** @type {any} */ (window).held.all.filter(({ kind }) => kind === 'model').length), 1);
  });

  test('with the page’s own patience: ten seconds and more', inSoak, async () => {
    const page = await opened(browser, endless, { before: holdWorkers });
    await press(page, 'Train');
    await untilEpoch(page);
    await kill(page, 'model');
    const from = Date.now();
    await asked(page, /The model’s worker/);
    assert.ok(Date.now() - from > 9000, 'it is not asked before');
    await decide(page, 'End it');
    await untilStatus(page, 'stopped');
  });

  /**
   * Causes of death of the model's worker after a complete training, and the steps that lead to them.
   * @type {[string, (page: Page) => Promise<unknown>][]}
   */
  const points = [
    ['start', (page) => press(page, 'Another seed')],
    ['step', (page) => press(page, 'One step')],
    ['configure', (page) => page.run(() => {
      const epochs = document.querySelector('#basic-epochs');
      epochs.value = '3';
      epochs.dispatchEvent(new Event('change'));
    })],
    ['open', (page) => page.dropFile('main', 'other.csv', daily(500))],
    ['inside', (page) => page.run(() => document.querySelector('#inside').scrollIntoView())],
    ['gradients', (page) => page.run(() => document.querySelector('#inside').scrollIntoView())],
    ['judge', (page) => press(page, 'Another seed')],
    ['load', async (page) => {
      await press(page, 'Reset');
      await press(page, 'Restore the model that was reset');
    }],
  ];
  for (const [call, cause] of points) {
    test(`the model’s worker vanishes at “${call}”: the page asks, and trains in another`, inSoak, async () => {
      const page = await held(browser, short);
      await press(page, 'Train');
      await untilStatus(page, 'finished');
      await untilJudged(page);
      await killAt(page, 'model', call);
      await cause(page);
      await asked(page, /The model’s worker/);
      await decide(page, 'End it');
      await page.until('a word about it', () => /did not answer and was ended/.test(document.querySelector('#train .extra').textContent));
      await untilReady(page);
      const before = (await board(page)).filter(({ run }) => run).length;
      await pressMain(page);
      await page.until('another run', (many) => document.querySelectorAll('#compare tr[data-run]').length > many, { args: [before] });
      await untilStatus(page, 'finished');
      await untilJudged(page);
      await untilQuiet(page);
    });
  }

  test('other data that are opened while the model’s worker is silent do not wait for it', async () => {
    const page = await held(browser, endless);
    await press(page, 'Train');
    await untilEpoch(page);
    await kill(page, 'model');
    await asked(page, /The model’s worker/);
    await page.dropFile('main', 'other.csv', daily(500));
    await page.until('the other data', () => /500 values/.test(document.querySelector('#data .extent').textContent));
    await untilQuiet(page);
    await press(page, 'Train');
    await untilEpoch(page);
    assert.equal(await status(page), 'running');
  });

  test('a worker that ends while nothing is asked of it has not died of the training before: the same is trained again', async () => {
    const page = await held(browser, short);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    for (const time of ['once', 'twice']) {
      await page.run(async () => {
        const { held } = /** @type {any} */ (window);
        const before = held.newest('model');
        before.dispatchEvent(new ErrorEvent('error', { message: 'gone' }));
        while (held.newest('model') === before) await new Promise((resolve) => setTimeout(resolve, 10));
        // It gets the data, the settings and the weights.
        let answers = 0;
        await new Promise((resolve) => {
          held.newest('model').addEventListener('message', ({ data }) => {
            if (data.type === 'answer' && ++answers === 3) resolve(null);
          });
        });
      });
      assert.match(await page.text('#train .extra'), /It was started again\. Its best weights are back\./, time);
    }
    await press(page, 'Reset');
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    assert.doesNotMatch(await page.text('#train .extra'), /has ended/);
  });

  test('a worker in a loop without an end: the page asks, and its successor trains', async () => {
    const page = await opened(browser, endless, {
      before: holdWorkers,
      replace: { ...soon, 'core/worker.js': (/** @type {string} */ text) => `self.addEventListener('message', ({ data }) => { if (data.type === 'loop') for (;;); });\n${text}` },
    });
    await press(page, 'Train');
    await untilEpoch(page);
    await page.run(() => /** @type {any} */ (window).held.newest('model').postMessage({ type: 'loop' }));
    await asked(page, /The model’s worker/);
    await decide(page, 'End it');
    await untilStatus(page, 'stopped');
    await pressMain(page);
    await untilStatus(page, 'running');
  });

  test('a worker that trains beside the model vanishes: the page names its run, and the comparison goes on', async () => {
    const page = await held(browser, endless);
    const pick = (await architectures(page)).slice(0, 3).map(([id]) => id);
    await compare(page, { pick, budget: 'steps', amount: 400 });
    await page.until('one that trains', () => [...document.querySelectorAll('#compare tr[data-status="running"]')].some((row) => Number(row.getAttribute('data-steps')) > 5));
    await page.run(() => {
      const { held } = /** @type {any} */ (window);
      held.all.find(({ kind }) => kind === 'compare').worker.terminate();
    });
    await asked(page, /The worker training \S.* has not answered/);
    await decide(page, 'End it');
    await untilOver(page);
    const rows = (await board(page)).filter(({ run }) => run);
    assert.deepEqual(rows.map((row) => row.status).sort(), ['failed', 'finished', 'finished']);
    assert.match(rows.find((row) => row.status === 'failed')?.note ?? '', /did not answer and was ended/);
    await untilQuiet(page);
  });

  test('a worker that trains beside the model vanishes in its first epoch: its run can be shown with the weights that it had last', inSoak, async () => {
    const page = await browser.open({ address: `#${PLAIN}&sample=jfk&hidden=128&segment=1&batch=1&epochs=1000`, before: holdWorkers, replace: soon });
    await untilReady(page);
    await compare(page, { pick: ['gru'], budget: 'none' });
    await untilKept(page, 'its weights', ({ runs }) => runs[0]?.latest && !runs[0].whole);
    await kill(page, 'compare');
    assert.match(await asked(page, /The worker training/), /its run keeps its last reported state/);
    await decide(page, 'End it');
    await untilOver(page);
    await page.until('its forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));
    assert.match(await page.text('#train .sentence'), /did not answer and was ended/);
  });

  test('a comparison that is ended ends its silent workers by itself', inSoak, async () => {
    const page = await held(browser, endless);
    const pick = (await architectures(page)).slice(0, 2).map(([id]) => id);
    await compare(page, { pick, budget: 'none' });
    await page.until('two that train', () => document.querySelectorAll('#compare tr[data-status="running"]').length === 2);
    await page.run(() => /** @type {any} */ (window).held.all.filter(({ kind }) => kind === 'compare').forEach(({ worker }) => worker.terminate()));
    await press(page, 'End now');
    await untilOver(page);
    await untilQuiet(page);
  });

  test('a worker that trains beside the model vanishes before it has begun: its run fails, the others are trained', async () => {
    const page = await held(browser, endless);
    await killAt(page, 'compare', 'configure');
    const pick = (await architectures(page)).slice(0, 2).map(([id]) => id);
    await compare(page, { pick, budget: 'steps', amount: 60 });
    await asked(page, /The worker training/);
    await decide(page, 'End it');
    await untilOver(page);
    const rows = (await board(page)).filter(({ run }) => run);
    assert.deepEqual(rows.map((row) => row.status).sort(), ['failed', 'finished']);
  });

  test('a worker that helps the model’s vanishes: training goes on without it', async () => {
    const page = await held(browser, `#${PLAIN}&hidden=24&window=48&horizon=12&segment=1&shards=2&epochs=10000&patience=0`);
    await chooseWorkers(page, 2);
    await press(page, 'Train');
    await page.until('two workers', () => /Training on 2 workers/.test(document.querySelector('#train .workers')?.textContent ?? ''));
    await kill(page, 'peer');
    await page.until('one worker', () => document.querySelector('#train .workers').hidden);
    await untilEpoch(page);
    await press(page, 'Pause');
    await untilStatus(page, 'paused');
    await untilQuiet(page);
  });
}, { dealt: true });
