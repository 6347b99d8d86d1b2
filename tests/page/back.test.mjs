// The way back after losses; a model from a file; and the messages about actions that were not done.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PLAIN } from '../plain.mjs';
import { board } from './contest.mjs';
import { inBrowsers } from './harness.mjs';
import { daily, hourly, opened, press, pressFoot, startOver, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small and quick. */
const short = `#${PLAIN}&hidden=8&window=28&horizon=7&segment=1&epochs=2`;

/** @param {Page} page @param {RegExp} pattern */
const untilNotice = (page, pattern) =>
  page.until(`a notice like ${pattern}`, (source) => !document.querySelector('#notice').hidden && new RegExp(source).test(document.querySelector('#notice').textContent), { args: [pattern.source] });

/** @param {Page} page */
const keptKeys = (page) =>
  page.run(async () => {
    const { keys } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
    return (await keys()).map(String).sort();
  });

/** Keeps the storage busy for a second: later requests are done afterwards, in order. @param {Page} page */
const occupyStorage = (page) =>
  page.run(async () => {
    const { createStore } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
    const until = performance.now() + 1000;
    await createStore('keyval-store', 'keyval')('readwrite', (/** @type {IDBObjectStore} */ store) => {
      const goOn = () => void (performance.now() < until && (store.get('nothing').onsuccess = goOn));
      goOn();
    });
  });

/** @param {Page} page */
async function trained(page) {
  await press(page, 'Train');
  await untilStatus(page, 'finished');
  await untilJudged(page);
}

inBrowsers((browser, test) => {
  test('what is forgotten is gone, can be brought back until the page is left, and is gone for good then', async () => {
    const page = await opened(browser, short);
    await trained(page);
    const { runs } = await untilKept(page, 'all of it', (now) => now.data.length === 1 && now.runs.length === 1 && now.runs[0].judged && now.open?.shown[now.data[0].id] === now.runs[0].id);
    assert.deepEqual(await keptKeys(page), [`unrolled-5-data-${runs[0].data}`, 'unrolled-5-open', runs[0].key]);
    await occupyStorage(page);
    await pressFoot(page, 'Delete everything kept here');
    await page.until('the page says so', () => /Nothing is kept in this browser any more/.test(document.querySelector('#foot').textContent));
    assert.deepEqual(await keptKeys(page), []);
    await press(page, 'Another seed');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual(await keptKeys(page), [], 'nothing is kept any more');
    await pressFoot(page, 'Restore what was deleted');
    await untilKept(page, 'all of it, and what came since,', (now) => now.keys.length === 4 && now.runs.length === 2 && now.data.length === 1);
    await pressFoot(page, 'Delete everything kept here');
    await page.until('gone', () => /Nothing is kept in this browser any more/.test(document.querySelector('#foot').textContent));
    await startOver(page);
    await untilReady(page);
    assert.match((await page.text('#data .extent')) ?? '', /^8,730 values/);
    assert.equal(await page.run(() => document.querySelectorAll('#compare tr[data-run]').length), 0);
  });

  test('a deletion for which the storage takes its time is neither called failed nor done before it is', async () => {
    const page = await opened(browser, short);
    await trained(page);
    await untilKept(page, 'the model', ({ runs }) => runs.length === 1 && runs[0].judged);
    // Later requests are done afterwards, in order.
    await page.run(async () => {
      const { createStore } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
      await createStore('keyval-store', 'keyval')('readwrite', (/** @type {IDBObjectStore} */ store) => {
        const goOn = () => void (/** @type {any} */ (window).answers || (store.get('nothing').onsuccess = goOn));
        goOn();
      });
    });
    await pressFoot(page, 'Delete everything kept here');
    await untilNotice(page, /storage does not answer/);
    assert.match((await page.text('#foot')) ?? '', /is being deleted/);
    await page.run(() => (/** @type {any} */ (window).answers = true));
    await page.until('its end', () => /Nothing is kept in this browser any more/.test(document.querySelector('#foot').textContent));
    assert.equal(await page.run(() => document.querySelector('#notice').hidden), true);
    assert.deepEqual(await keptKeys(page), []);
    await pressFoot(page, 'Restore what was deleted');
    await untilKept(page, 'the model', ({ runs }) => runs.length === 1 && runs[0].judged);
  });

  test('runs that are taken off the list can be brought back, the one that is shown among them', async () => {
    const page = await opened(browser, short);
    await trained(page);
    for (const seed of [2, 3]) {
      await press(page, 'Another seed');
      await page.until(`${seed} runs that ended`, (many) => document.querySelectorAll('#compare tr[data-status="finished"]').length === many, { args: [seed] });
      await untilJudged(page);
    }
    const before = (await board(page)).filter(({ run }) => run).map(({ run, validation }) => [run, validation]);
    await press(page, 'Remove all but the shown run');
    await page.until('one left', () => document.querySelectorAll('#compare tr[data-run]').length === 1);
    await page.run(() => document.querySelector('#compare tr[data-run] .reset').click());
    await page.until('none left', () => document.querySelectorAll('#compare tr[data-run]').length === 0);
    await press(page, 'Restore the 3 removed runs');
    await page.until('all of them', () => document.querySelectorAll('#compare tr[data-run]').length === 3);
    assert.deepEqual((await board(page)).filter(({ run }) => run).map(({ run, validation }) => [run, validation]), before);
    await page.run(() => document.querySelector('#compare tr[data-run] .link').click());
    await page.until('one of them above', () => /begins at/.test(document.querySelector('#hero-summary').textContent));
  });

  test('data that were trained on come back with their model, whatever was opened or read otherwise since', async () => {
    const page = await browser.open({ address: short });
    await untilReady(page);
    // A day occurs twice, so that there is another way to read the file.
    await page.dropFile('main', 'small.csv', daily(400).replace(/\n(.*),(.*)\n/, '\n$1,$2\n$1,9$2\n'));
    await page.until('the file', () => /400 values/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
    await trained(page);
    const summary = await page.text('#hero-summary');
    await page.dropFile('main', 'second.csv', hourly(700));
    await page.until('the second', () => /^700 values/.test(document.querySelector('#data .extent').textContent));
    await page.dropFile('main', 'third.csv', daily(300));
    await page.until('the third', () => /^300 values/.test(document.querySelector('#data .extent').textContent));
    await press(page, 'Restore small.csv and its model');
    await page.until('the forecast', (before) => document.querySelector('#hero-summary').textContent === before, { args: [summary] });
    // The same file with other options.
    await page.run(() => document.querySelector('#data .unfold').click());
    await page.run(() => {
      const select = document.querySelector('#series-duplicates');
      select.value = 'last';
      select.dispatchEvent(new Event('change'));
    });
    await press(page, 'Restore small.csv as read before and its model');
    await page.until('the forecast again', (before) => document.querySelector('#hero-summary').textContent === before, { args: [summary] });
  });

  test('a model from a file is shown as loaded, is scored on the test part, and leaves the next file its defaults', async () => {
    const page = await opened(browser, `#${PLAIN}&hidden=8&segment=1&epochs=2`);
    await trained(page);
    const score = await page.run(() => document.querySelector('[data-id="model"] td').textContent);
    await page.run(async () => {
      /** @type {Blob | undefined} */ let blob;
      const make = URL.createObjectURL;
      URL.createObjectURL = (given) => make.call(URL, (blob = given));
      HTMLAnchorElement.prototype.click = () => {};
      [...document.querySelectorAll('button')].find((button) => button.textContent === 'Save model').click();
      const transfer = new DataTransfer();
      /** @type {any} */ (window).saved = blob;
      transfer.items.add(new File([blob], 'mine.safetensors'));
      const input = document.querySelector('#model-file');
      input.files = transfer.files;
      input.dispatchEvent(new Event('change'));
    });
    await page.until('the model', () => /Loaded from mine\.safetensors\. Weights of epoch \d/.test(document.querySelector('#train .sentence').textContent));
    await untilJudged(page);
    assert.equal(await page.run(() => document.querySelector('[data-id="model"] td').textContent), score);
    const facts = await page.run(() => Object.fromEntries([...document.querySelectorAll('#train .facts div')].map((fact) => [fact.querySelector('dt').textContent, fact.querySelector('dd').textContent])));
    assert.match(facts.Epoch, /^[12], loaded$/);
    assert.match(facts['Validation loss'], /^\d/);
    assert.equal(facts['Training loss'], '–');
    assert.match((await page.text('#errors .lead')) ?? '', /^On the test part/);
    assert.doesNotMatch((await page.text('#errors')) ?? '', /while it trains/);
    assert.doesNotMatch(await page.run(() => location.hash), /window=|horizon=|season=/);

    await page.dropFile('main', 'hours.csv', hourly(2000));
    await page.until('the file', () => /^2,000 values/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
    await page.until('its own horizon', () => /next 24 hours/.test(document.querySelector('.verdict').textContent));
    assert.doesNotMatch(await page.run(() => location.hash), /window=|horizon=|season=/);

    // On rows that continue its own it keeps its window and horizon; the next data choose theirs again.
    await page.dropFile('main', 'few.csv', daily(60));
    await page.until('few rows', () => /^60 values/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
    await trained(page);
    await page.run(() => {
      const make = URL.createObjectURL;
      URL.createObjectURL = (given) => make.call(URL, (/** @type {any} */ (window).saved = given));
      [...document.querySelectorAll('button')].find((button) => button.textContent === 'Save model').click();
    });
    await page.dropFile('main', 'days.csv', daily(800));
    await page.until('many rows', () => /^800 values/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
    await page.run(() => {
      const input = document.querySelector('#model-file');
      const transfer = new DataTransfer();
      transfer.items.add(new File([/** @type {any} */ (window).saved], 'mine.safetensors'));
      input.files = transfer.files;
      input.dispatchEvent(new Event('change'));
    });
    await page.until('its horizon in the address', () => /horizon=/.test(location.hash) && /window=/.test(location.hash));
    await page.dropFile('main', 'more.csv', hourly(2100));
    await page.until('the next file', () => /^2,100 values/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
    await page.until('its own horizon', () => /next 24 hours/.test(document.querySelector('.verdict').textContent) && !/horizon=|window=/.test(location.hash));
  });

  test('a name that looks like progress stays whole while the file is read', async () => {
    const page = await browser.open({
      before: () => {
        const add = Worker.prototype.addEventListener;
        Worker.prototype.addEventListener = function (type, listener, ...more) {
          if (type !== 'message') return add.call(this, type, listener, ...more);
          return add.call(
            this,
            type,
            (/** @type {MessageEvent} */ event) => {
              // While the test looks, no event follows the last progress.
              if (/** @type {any} */ (window).hold && event.data.type !== 'reading') return void setTimeout(() => listener.call(this, event), 3000);
              listener.call(this, event);
            },
            ...more,
          );
        };
      },
    });
    await untilReady(page);
    await page.run(() => {
      /** @type {any} */ (window).hold = true;
      const transfer = new DataTransfer();
      const line = `${'2020-01-01,1'.padEnd(99)}\n`;
      transfer.items.add(new File([`time,value\n`, line.repeat(60_000)], 'share (12 %)'));
      const input = document.querySelector('#file');
      input.files = transfer.files;
      input.dispatchEvent(new Event('change'));
    });
    await page.until('its whole name, and how far it is', () => /Reading share \(12 %\) … \d+\s%/.test(document.querySelector('#data .message').textContent));
    await page.run(() => (/** @type {any} */ (window).hold = false));
    await page.until('the name in what is said of it', () => /share \(12 %\)/.test(document.querySelector('#data .message').textContent) && !/Reading/.test(document.querySelector('#data .message').textContent));
  });

  test('a file that is gone before it is read is called gone; the same of a model', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unrolled-'));
    try {
      const page = await browser.open();
      await untilReady(page);
      for (const [input, name, where] of [
        ['#file', 'gone.csv', '#data .message'],
        ['#model-file', 'gone.safetensors', '#train .extra'],
      ]) {
        const file = path.join(folder, name);
        await writeFile(file, daily(300));
        await page.run((selector) => {
          const element = /** @type {HTMLInputElement} */ (document.querySelector(selector));
          const wait = (/** @type {Event} */ event) => {
            if (!(/** @type {any} */ (element).gone)) event.stopImmediatePropagation();
          };
          document.addEventListener('change', wait, { capture: true });
        }, input);
        await page.chooseFile(input, file);
        await rm(file);
        await page.run((selector) => {
          const element = /** @type {any} */ (document.querySelector(selector));
          element.gone = true;
          element.dispatchEvent(new Event('change'));
        }, input);
        await page.until('why', (selector) => /was not opened\..*(?:moved, renamed or deleted|may not read it).*Choose it again/.test(document.querySelector(selector).textContent), { args: [where] });
      }
      assert.match((await page.text('#data .extent')) ?? '', /^8,730 values/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('of several files the first is opened, and the page says that it was the first', async () => {
    const page = await browser.open();
    await untilReady(page);
    await page.run((texts) => {
      const dataTransfer = new DataTransfer();
      texts.forEach((text, index) => dataTransfer.items.add(new File([text], `file ${index + 1}.csv`)));
      for (const kind of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer }));
    }, [daily(310), daily(320), daily(330)]);
    await page.until('the first', () => /^310 values/.test(document.querySelector('#data .extent').textContent));
    await untilNotice(page, /^Only the first of 3 files was opened: file 1\.csv\./);
    await page.run(() => [...document.querySelectorAll('#notice button')].find(({ textContent }) => textContent === 'Hide').click());
    await page.until('no notice', () => document.querySelector('#notice').hidden);
  });

  test('a sample and settings of a link that there are not are named', async () => {
    const page = await browser.open({ address: '#sample=atlantis&telepathy=3' });
    await untilReady(page);
    await untilNotice(page, /There is no sample “atlantis”; “New York, hourly temperature, 2013” was opened instead\./);
    await untilNotice(page, /Unknown settings in the link were ignored: telepathy\./);
  });

  test('the page starts from any address, and names what is wrong in it', async () => {
    for (const hash of ['architecture=oracle', 'hidden=many', 'hidden=1e999', 'window=-1', 'target=__proto__', 'seed=', 'constructor=1&__proto__=2', '%E0%A4%A&=&&a', `target=${'x'.repeat(5000)}`]) {
      const page = await browser.open({ address: `#sample=seattle&${hash}` });
      await page.until('a page that has begun', () => /^1,461 values/.test(document.querySelector('#data .extent')?.textContent ?? ''));
      await page.until(`what is wrong with ${hash.slice(0, 40)}, or nothing`, () => {
        const notice = document.querySelector('#notice');
        return document.querySelector('#train .main').disabled ? document.querySelector('#train .sentence').textContent.length > 10 : notice.hidden || notice.textContent.length > 10;
      });
    }
  });
}, { dealt: true });
