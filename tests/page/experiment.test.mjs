// The experiment that outlives a model on the page: the count of test scorings, and the rows that a saved model has learnt from.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { board, compare, untilOver } from './contest.mjs';
import { inBrowsers } from './harness.mjs';
import { daily, hourly, opened, openSaved, press, save, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small and quick. */
const short = `#${PLAIN}&hidden=4&window=14&horizon=7&segment=7&epochs=1`;

/** @param {Page} page @param {RegExp} pattern */
const untilNote = (page, pattern) =>
  page.until(`a note like ${pattern}`, (source) => new RegExp(source).test(document.querySelector('.verdict-note').textContent), { args: [pattern.source] });

/** @param {Page} page @param {RegExp} pattern */
const untilTrainSays = (page, pattern) =>
  page.until(`words like ${pattern}`, (source) => new RegExp(source).test(document.querySelector('#train').textContent), { args: [pattern.source] });

/** Trains a new model to its end, whatever the label of the button. @param {Page} page */
async function trained(page) {
  await page.until('a button that trains', () => {
    const button = /** @type {HTMLButtonElement} */ (document.querySelector('#train .main'));
    const hears = !button.disabled && button.getAttribute('aria-disabled') !== 'true';
    if (hears) button.click();
    return hears;
  });
  await untilStatus(page, 'finished');
  await untilJudged(page);
}

/** @param {Page} page @param {string} name @param {string} csv @param {string} values */
async function drop(page, name, csv, values) {
  await page.dropFile('main', name, csv);
  await page.until('the file', (wanted) => document.querySelector('#data .extent').textContent.startsWith(wanted) && !document.querySelector('#train .main').disabled, { args: [values] });
}

inBrowsers((browser, test) => {
  test('scorings of a test part are counted over models, comparisons and reloads, and for each experiment by itself', async () => {
    const page = await opened(browser, short);
    await trained(page);
    await untilNote(page, /scored once/);
    await trained(page);
    await untilNote(page, /scored 2 times over all models/);
    await compare(page, { pick: ['rnn', 'gru'], budget: 'steps', amount: 2 });
    await untilOver(page);
    assert.equal((await board(page)).filter(({ run, test: error }) => run && Number.isFinite(error)).length, 4);
    await untilNote(page, /scored 4 times over all models/);

    const address = await page.run(() => location.href);
    await page.driver.get('about:blank');
    await page.driver.get(address);
    await untilReady(page);
    await page.until('the file', () => /^400 values/.test(document.querySelector('#data .extent').textContent));
    await trained(page);
    await untilNote(page, /scored 5 times over all models/);

    // Other rows are another experiment, and so is another split of the same rows.
    await drop(page, 'other.csv', daily(390), '390 values');
    await trained(page);
    await untilNote(page, /scored once/);
  });

  test('a damaged count of scorings is reported on a first visit too, which opens a sample', async () => {
    const page = await browser.open({ address: short, before: () => location.protocol.startsWith('http') && localStorage.setItem('unrolled-scored', '{"abc": "often"}') });
    await untilReady(page);
    assert.match((await page.text('#notice')) ?? '', /The counts of test scorings could not be read and were set aside/);
  });

  test('a damaged count of scorings is set aside, and the page counts anew', async () => {
    const page = await opened(browser, short);
    await trained(page);
    await untilKept(page, 'the run', ({ runs }) => runs.length === 1 && runs[0].judged);
    const address = await page.run(() => {
      localStorage.setItem('unrolled-scored', '{"abc": "often"}');
      return location.href;
    });
    await page.driver.get('about:blank');
    await page.driver.get(address);
    await untilReady(page);
    assert.match((await page.text('#notice')) ?? '', /The counts of test scorings could not be read and were set aside/);
    assert.deepEqual(await page.run(() => ['unrolled-scored', 'unrolled-scored-aside'].map((key) => localStorage.getItem(key))), [null, '{"abc": "often"}']);
    await trained(page);
    await untilNote(page, /scored once/);
  });

  test('a saved model is refused on rows of another step, taken on those that go on, and offered on another series', async () => {
    const page = await opened(browser, short);
    await trained(page);
    await save(page);

    await drop(page, 'hours.csv', hourly(700), '700 values');
    await openSaved(page);
    await untilTrainSays(page, /not trained on these rows: it was trained on daily rows to 2020-11-\d\d, and these are hourly rows\./);
    const offer = () => page.run(() => [...document.querySelectorAll('#train button')].some(({ textContent }) => textContent === 'Use it on this series anyway'));
    assert.equal(await offer(), false);

    await drop(page, 'more.csv', daily(450), '450 values');
    await openSaved(page);
    await untilTrainSays(page, /Loaded from mine\.safetensors\. These rows continue the model’s own rows, to 2020-11-\d\d\./);
    await untilNote(page, /^On the test part, scored once\. These rows continue/);

    const inverse = daily(450).replace(/,(-?[\d.]+)$/gm, (_, value) => `,${(30 - Number(value)).toFixed(2)}`);
    await drop(page, 'inverse.csv', inverse, '450 values');
    await page.until('its own data', () => document.querySelector('#train').dataset.status === 'ready');
    await openSaved(page);
    await untilTrainSays(page, /it was trained on other values of “value” between 2020-01-01 and 2020-11-\d\d\./);
    assert.equal(await offer(), true);
    await press(page, 'Use it on this series anyway');
    const said = /^On the test part, scored once\. This model was not trained on these rows/;
    await untilNote(page, said);
    await page.until('its forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));

    // It is repeated from then on: after another run was shown, and at the next visit.
    await trained(page);
    await untilNote(page, /which training never saw; scored 2 times/);
    await press(page, 'Restore the model before this one');
    await untilNote(page, /^On the test part, .* This model was not trained on these rows/);
    await untilKept(page, 'that it is shown', ({ runs, open }) => {
      const mine = runs.filter(({ data }) => data === open?.data);
      return mine.length === 2 && mine.every(({ judged }) => judged) && open?.shown[open.data] === mine[0].id;
    });
    // The address follows a moment later; one with other settings asks for another model.
    await page.until('its settings in the address', () => !location.hash.includes('seed=2'));
    const address = await page.run(() => location.href);
    await page.driver.get('about:blank');
    await page.driver.get(address);
    await untilReady(page);
    await untilNote(page, /^On the test part, .* This model was not trained on these rows/);
  });
}, { dealt: true });
