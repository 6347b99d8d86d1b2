// The browser's records between two visits: damaged, late, refused, or interrupted within an epoch.
import assert from 'node:assert/strict';
import { test as inBoth } from 'node:test';
import { PLAIN } from '../plain.mjs';
import { inBrowsers } from './harness.mjs';
import { LASTING, daily, opened, press, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small and quick. */
const short = `#${PLAIN}&sample=seattle&hidden=8&window=28&horizon=7&segment=1&epochs=2`;

const wait = (/** @type {number} */ milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The notice over the page's lower edge. @param {Page} page */
const notice = (page) => page.run(() => (document.querySelector('#notice')?.hidden ? '' : (document.querySelector('#notice')?.textContent ?? '')));

/** @param {Page} page @param {RegExp} pattern */
const untilNotice = (page, pattern) =>
  page.until(`a notice like ${pattern}`, (source) => !document.querySelector('#notice').hidden && new RegExp(source).test(document.querySelector('#notice').textContent), { args: [pattern.source] });

/** Runs a function on the storage, in a page of the same origin without the application. @template {unknown[]} A @template R @param {Page} page @param {(...args: A) => R} body @param {A} args */
async function aside(page, body, ...args) {
  await page.driver.get(new URL('/tests/page/fixture/', page.base).href);
  return page.run(body, ...args);
}

/** Keys of the records. @param {Page} page */
const keysOf = (page) =>
  page.run(async () => {
    const { keys } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
    return (await keys()).map(String);
  });

/**
 * Kinds of damage: the record, and the change. Each runs in the page; for a record of a run, some get only its model.
 * @type {[string, 'data' | 'run' | 'entry' | 'open', (kept: any) => unknown][]}
 */
const DAMAGE = [
  ['a text in place of the data', 'data', () => 'old'],
  ['a list in place of the data', 'data', () => []],
  ['data without a source', 'data', ({ source, ...rest }) => rest],
  ['data of an unknown kind', 'data', (data) => ({ ...data, source: { ...data.source, kind: 'table' } })],
  ['data whose file is no Blob', 'data', (data) => ({ ...data, blob: new Uint8Array(8) })],
  ['data without what was understood', 'data', (data) => ({ ...data, understood: null })],
  ['columns that are understood as a cycle', 'data', (data) => ((data.understood.columns = data.understood), data)],
  ['notes without choices', 'data', (data) => ({ ...data, understood: { ...data.understood, notes: [{ level: 'question', message: 'which?' }] } })],
  ['options that are a cycle', 'data', (data) => ((data.read = { self: {} }), (data.read.self.self = data.read), data)],
  ['a series without a length', 'data', (data) => ({ ...data, about: { ...data.about, length: NaN } })],
  ['a series of no rows', 'data', (data) => ({ ...data, about: { ...data.about, length: 0 }, times: new Float64Array(), parts: { ...data.parts, axis: { ...data.parts.axis, len: 0 }, columns: data.parts.columns.map(() => new Float64Array()) } })],
  ['a column that is shorter than the others', 'data', (data) => ((data.parts.columns[0] = data.parts.columns[0].slice(1)), data)],
  ['a column too few', 'data', (data) => (data.parts.columns.pop(), data)],
  ['a column that is a plain list', 'data', (data) => ((data.parts.columns[0] = [...data.parts.columns[0]]), data)],
  ['names that are no texts', 'data', (data) => ((data.parts.names = data.parts.names.map(() => ({}))), data)],
  ['a name twice', 'data', (data) => ((data.parts.names[1] = data.about.names[1] = data.parts.names[0]), data)],
  ['times that do not ascend', 'data', (data) => ((data.times[5] = data.times[4]), data)],
  ['a time beyond the calendar', 'data', (data) => ({ ...data, about: { ...data.about, end: 9e15 } })],
  ['a time that is NaN', 'data', (data) => ((data.times[3] = NaN), data)],
  ['a step of nothing', 'data', (data) => ((data.parts.axis.step = { unit: 'milliseconds', count: 0 }), data)],
  ['column names in an object', 'data', (data) => ({ ...data, parts: { ...data.parts, names: { ...data.parts.names } } })],
  ['a date in place of the model', 'run', () => new Date()],
  ['a model without settings', 'run', ({ asked, ...rest }) => rest],
  ['settings in a Map', 'run', (run) => ({ ...run, asked: new Map([['hidden', 8]]) })],
  ['settings that are objects', 'run', (run) => ({ ...run, asked: { hidden: { units: 8 } } })],
  ['a model of an unknown architecture', 'run', (run) => ({ ...run, asked: { ...run.asked, architecture: 'oracle' } })],
  ['a setting of another version', 'run', (run) => ({ ...run, asked: { ...run.asked, telepathy: 3 } })],
  ['a status that there is not', 'run', (run) => ({ ...run, status: 'sleeping' })],
  ['progress of NaN steps', 'run', (run) => ({ ...run, progress: { ...run.progress, step: NaN } })],
  ['no progress', 'run', (run) => ({ ...run, progress: null })],
  ['epochs without losses', 'run', (run) => ({ ...run, epochs: [{ epoch: 1 }] })],
  ['far too many epochs', 'run', (run) => ({ ...run, epochs: Array.from({ length: 300_000 }, () => run.epochs[0]) })],
  ['weights that are cut short', 'run', (run) => ({ ...run, bytes: run.bytes.slice(0, run.bytes.length - 100) })],
  ['weights of zeros', 'run', (run) => ({ ...run, bytes: new Uint8Array(run.bytes.length) })],
  ['weights in a Blob', 'run', (run) => ({ ...run, bytes: new Blob([run.bytes]) })],
  ['no weights', 'run', (run) => ({ ...run, bytes: null })],
  ['a forecast of which one bound is cut short', 'run', (run) => ((run.forecast.lower = new Float64Array(1)), run)],
  ['a forecast with one bound', 'run', (run) => ((run.forecast.upper = null), (run.forecast.lower = new Float64Array(run.forecast.times.length)), run)],
  ['errors without rows', 'run', (run) => ({ ...run, validation: { ...run.validation, rows: undefined } })],
  ['errors of no column', 'run', (run) => ({ ...run, test: { ...run.test, targets: [] } })],
  ['a model of a column that the data do not have', 'run', (run) => ((run.configured.targets = ['elsewhere']), run)],
  ['a window of nothing', 'run', (run) => ({ ...run, configured: { ...run.configured, window: 0 } })],
  ['whole weights of a type that the core does not read', 'run', (run) => ((run.bytes[new TextDecoder('latin1').decode(run.bytes).indexOf('"F32"') + 2] = '9'.charCodeAt(0)), run)],
  ['a number in place of the record', 'entry', () => 7],
  ['a model without its record', 'entry', (entry) => entry.run],
  ['a run of other data', 'entry', (entry) => ({ ...entry, data: 'elsewhere' })],
  ['a run under the key of another', 'entry', (entry) => ({ ...entry, id: entry.id + 1 })],
  ['a record with a colour out of reach', 'entry', (entry) => ({ ...entry, slot: 1e12 })],
  ['a record of an unknown architecture', 'entry', (entry) => ((entry.run.configured.settings.architecture = 'oracle'), entry)],
  ['data under the key of others', 'data', (data) => ({ ...data, id: 'elsewhere' })],
  ['a text in place of what is open', 'open', () => 'nothing'],
  ['what is shown as a list', 'open', (open) => ({ ...open, shown: [open.shown] })],
];

inBrowsers((browser, test) => {
  inBoth('what was kept and is damaged in any way: the page starts, says what it set aside, and deletes nothing', async () => {
    const page = await browser.open({ address: short });
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    const whole = /weights of epoch/;
    await untilKept(page, 'the run', ({ runs, open }) => runs[0]?.judged && open?.shown[runs[0].data] === runs[0].id);
    const address = await page.run(() => location.href);
    await aside(page, async () => {
      const { entries, set } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
      for (const [key, value] of await entries()) await set(`whole-${key}`, value);
    });
    const back = async () => {
      await page.driver.get('about:blank');
      await page.driver.get(address);
      await untilReady(page);
    };
    await back();
    assert.equal(await notice(page), '', 'nothing is set aside of what the page itself has kept');
    assert.match(await page.text('#train .sentence'), /All 2 epochs are done/);
    assert.match(await page.text('#compare .board'), whole);

    const failures = [];
    // The last one leaves the page with its run.
    const cases = [...browser.cases(DAMAGE.slice(0, -1), 8), ...DAMAGE.slice(-1)];
    for (const [index, [kind, what, damage]] of cases.entries()) {
      try {
        // As text: the page's policy allows only the driver to make a function of text.
        const tamper = `async (which) => {
          const { entries, set, keys, delMany } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
          await delMany((await keys()).filter((key) => !String(key).startsWith('whole-')));
          const damage = ${damage};
          for (const [name, value] of await entries()) {
            if (!String(name).startsWith('whole-')) continue;
            const key = name.slice('whole-'.length);
            if (which === 'run' && key.startsWith('unrolled-5-run')) value.run = damage(value.run);
            await set(key, key.startsWith('unrolled-5-' + (which === 'entry' ? 'run' : which)) && which !== 'run' ? damage(value) : value);
          }
        }`;
        await aside(page, /** @type {any} */ (tamper), what);
        // Records stay set aside; every fourth kind is tested, to save time.
        for (const time of index % 4 ? ['at once'] : ['at once', 'after another reload']) {
          await back();
          await untilNotice(page, /set aside/);
          const extent = await page.text('#data .extent');
          if (!/^1,461 values/.test(extent ?? '')) failures.push(`${kind}, ${time}: the data are “${extent}”`);
          if (!(await keysOf(page)).some((key) => key.startsWith('unrolled,aside,'))) failures.push(`${kind}, ${time}: nothing is set aside`);
        }
      } catch (error) {
        failures.push(`${kind}: ${/** @type {Error} */ (error).message}; ${await page.text('#boot')}; ${await notice(page)}`);
      }
      failures.push(...(await page.takeProblems()).map((problem) => `${kind}: ${problem}`));
    }
    assert.deepEqual(failures, []);
    await press(page, 'Another seed');
    await page.until('the next seed', () => location.hash.includes('seed=2') && document.querySelector('#train').dataset.status === 'finished');

    const many = (await keysOf(page)).filter((key) => key.startsWith('unrolled,aside,')).length;
    await page.run(() => [...document.querySelectorAll('#notice button')].find(({ textContent }) => textContent === 'Delete it').click());
    await page.until('no notice', () => document.querySelector('#notice').hidden);
    assert.ok(many > 0 && !(await keysOf(page)).some((key) => key.startsWith('unrolled,aside,')));
    await page.run(() => [...document.querySelectorAll('#foot button')].find(({ textContent }) => textContent === 'Restore what was deleted').click());
    await untilNotice(page, /set aside/);
  });

  test('what the version before kept is carried over: the page is as it was left, and its records are gone', async () => {
    const page = await browser.open({ address: short });
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    await press(page, 'Another seed');
    await page.until('the next seed', () => location.hash.includes('seed=2') && document.querySelector('#train').dataset.status === 'finished');
    await untilJudged(page);
    await untilKept(page, 'both', ({ runs, open }) => runs.length === 2 && runs.every(({ judged }) => judged) && open?.shown[runs[0].data] === runs[1].id);
    const [address, summary] = [await page.run(() => location.href), await page.text('#hero-summary')];
    await aside(page, async () => {
      const { entries, set, delMany } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
      const all = (await entries()).filter(([key]) => key.startsWith('unrolled-5-'));
      await delMany(all.map(([key]) => key));
      const none = { validation: null, test: null };
      const of = (/** @type {string} */ what) => all.filter(([key]) => key.startsWith(`unrolled-5-${what}`)).map(([, value]) => value);
      const [{ id, ...data }] = of('data-');
      const runs = of('run-').map(({ data: _, ...entry }) => ({ ...entry, run: { ...entry.run, predictions: none } }));
      await set('unrolled-4-data', data);
      await set('unrolled-4-runs', runs);
      await set('unrolled-4-run', runs.find((/** @type {any} */ entry) => entry.id === of('open')[0].shown[id]).run);
    });
    await page.driver.get('about:blank');
    await page.driver.get(address);
    await page.until('the forecast', (before) => document.querySelector('#hero-summary').textContent === before, { args: [summary] });
    assert.equal(await page.run(() => document.querySelectorAll('#compare tr[data-run]').length), 2);
    assert.equal(await notice(page), '');
    const { keys } = await untilKept(page, 'all of it anew', (now) => now.runs.length === 2 && !now.keys.some((key) => key.startsWith('unrolled-4-')));
    assert.equal(keys.length, 4);
  });

  test('a storage that never answers: the page starts without it, says so, and offers what comes late without writing over it', async () => {
    const page = await browser.open({ address: short });
    await untilReady(page);
    await page.dropFile('main', 'mine.csv', daily(400));
    await page.until('the file', () => /400 values/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    await untilKept(page, 'the model', ({ runs }) => runs[0]?.judged);
    const summary = await page.text('#hero-summary');
    // From now on the test decides when a request to open the storage is answered.
    const { script } = await browser.command('script.addPreloadScript', {
      functionDeclaration: String(() => {
        const real = indexedDB.open.bind(indexedDB);
        /** @type {(() => void)[]} */
        const held = [];
        /** @type {any} */ (window).answer = () => held.splice(0).forEach((go) => go());
        IDBFactory.prototype.open = function (...args) {
          const request = /** @type {any} */ ({});
          held.push(() => {
            const own = real(.../** @type {[string]} */ (args));
            for (const name of ['onsuccess', 'onerror', 'onupgradeneeded']) {
              own[/** @type {'onsuccess'} */ (name)] = (event) => {
                request.result = name === 'onerror' ? undefined : own.result;
                request.error = own.error;
                request[name]?.(event);
              };
            }
          });
          return request;
        };
      }),
    });
    try {
      await page.driver.get('about:blank');
      await page.driver.get(`${page.base}#sample=co2&${LASTING}`);
      await untilReady(page);
      await untilNotice(page, /does not answer.*started without your last visit/);
      assert.match(await page.text('#foot'), /Nothing is kept in this browser for now/);
      await press(page, 'Train');
      await page.until('an epoch', () => /After [\d,]+ epochs?/.test(document.querySelector('#curve-summary').textContent));
      await press(page, 'Stop');
      await untilJudged(page);
      await page.run(() => /** @type {any} */ (window).answer());
      await untilNotice(page, /has arrived: “mine\.csv” and its model/);
      assert.doesNotMatch(await page.text('#hero-summary'), /mine/);
      await wait(1500);
      await page.run(() => [...document.querySelectorAll('#notice button')].find(({ textContent }) => textContent === 'Open it').click());
      await page.until('what was kept', (before) => document.querySelector('#hero-summary').textContent === before, { args: [summary] });
      assert.match(await page.text('#data .extent'), /^400 values/);
      await page.until('no notice', () => document.querySelector('#notice').hidden);
      // The data open meanwhile are not lost either.
      await page.until('a way back', () => [...document.querySelectorAll('#data button')].some(({ textContent }) => /Restore Mauna Loa.* and its model/.test(textContent)));
    } finally {
      await browser.command('script.removePreloadScript', { script });
    }
  });

  test('a storage that is full, or refuses: one line says what is not kept, until a later write succeeds', async () => {
    const page = await opened(browser, short);
    await page.until('the room', () => /They use .+ of the .+ that it allows/.test(document.querySelector('#foot').textContent));
    await page.run(() => {
      const put = IDBObjectStore.prototype.put;
      /** @type {any} */ (window).full = true;
      IDBObjectStore.prototype.put = function (...args) {
        if (/** @type {any} */ (window).full) throw new DOMException('there is no room', 'QuotaExceededError');
        return put.apply(this, args);
      };
    });
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilNotice(page, /^Not kept for your next visit: the model.*storage for this site is full/);
    assert.doesNotMatch(await page.text('#foot'), /are kept in this browser/);
    await wait(2500);
    await untilNotice(page, /^Not kept for your next visit: the model and what is open/);
    await page.run(() => (/** @type {any} */ (window).full = false));
    await press(page, 'Another seed');
    await page.until('no notice', () => document.querySelector('#notice').hidden);
    assert.match(await page.text('#foot'), /are kept in this browser only/);
    await untilStatus(page, 'finished');
  });

  test('the browser is asked to let it last in a click that keeps something, once, and never on load', async () => {
    const page = await browser.open({
      address: short,
      before: () => {
        /** @type {any} */ (window).asked = [];
        // The empty page before has none.
        if (!('StorageManager' in window)) return;
        StorageManager.prototype.persist = async () => {
          /** @type {any} */ (window).asked.push(navigator.userActivation?.isActive ?? true);
          StorageManager.prototype.persisted = async () => true;
          return true;
        };
      },
    });
    await untilReady(page);
    await wait(1000);
    const asked = () => page.run(() => /** @type {any} */ (window).asked);
    assert.deepEqual(await asked(), []);
    await page.click('#train .main');
    await untilStatus(page, 'finished');
    assert.deepEqual(await asked(), [true]);
    await press(page, 'Another seed');
    await untilStatus(page, 'finished');
    assert.deepEqual(await asked(), [true]);
    await page.until('the promise', () => !/may clear them/.test(document.querySelector('#foot').textContent));
  });

  test('a page that is left in the middle of its first epoch: the weights of at most five seconds and a step before are back', async () => {
    // An epoch of this takes minutes.
    const page = await browser.open({ address: `#${PLAIN}&sample=jfk&architecture=lstm&hidden=256&layers=2&segment=1&batch=8` });
    await untilReady(page);
    await page.run(() => {
      const post = Worker.prototype.postMessage;
      /** Time of the first event of each step. @type {[number, number][]} */
      const steps = (/** @type {any} */ (window).steps = []);
      Worker.prototype.postMessage = function (message, ...more) {
        if (message.name === 'start')
          this.addEventListener('message', ({ data }) => {
            if (data.type === 'progress') steps.push([performance.now(), data.progress.step]);
          });
        return post.call(this, message, ...more);
      };
    });
    await press(page, 'Train');
    await untilStatus(page, 'running');
    await page.until('12 seconds of steps', () => /** @type {any} */ (window).steps.at(-1)?.[1] > 2 && /** @type {any} */ (window).steps.at(-1)[0] - /** @type {any} */ (window).steps[0][0] > 12_000, { timeout: 120_000 });
    // As if the browser were killed: only the records written by now remain.
    const { last, kept, late } = await page.run(async () => {
      const { entries } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
      const run = (await entries()).find(([key]) => String(key).startsWith('unrolled-5-run-'))?.[1].run;
      const steps = /** @type {[number, number][]} */ (/** @type {any} */ (window).steps);
      const [now, last] = steps[steps.length - 1];
      const kept = run?.latest?.step ?? -1;
      const when = steps.find(([, step]) => step >= kept)?.[0] ?? 0;
      const longest = Math.max(...steps.slice(1).map(([at], index) => at - steps[index][0]));
      return { last, kept, late: now - when - longest };
    });
    assert.ok(kept > 0, 'something is kept');
    // Two steps and a write besides the five seconds: the clock is checked between steps.
    assert.ok(late < 7000, `the weights of step ${kept} are kept at step ${last}, ${Math.round(late)} ms behind`);
    await page.driver.get('about:blank');
    await page.driver.get(`${page.base}#${PLAIN}&sample=jfk&architecture=lstm&hidden=256&layers=2&segment=1&batch=8`);
    await page.until('the model', () => /Weights after step \d+, inside epoch 1, not validated/.test(document.querySelector('#train .sentence').textContent), { timeout: 60_000 });
    const step = Number(/after step (\d+)/.exec((await page.text('#train .sentence')) ?? '')?.[1]);
    assert.ok(step >= kept, `${step} after ${kept}`);
  });
}, { dealt: true });
