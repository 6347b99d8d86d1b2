// The range of the large chart: the forecast, large enough to read, after every change of its length.
import assert from 'node:assert/strict';
import { inBrowsers } from './harness.mjs';
import { labelsOf } from './labels.mjs';
import { days, passengers, share } from './series.mjs';
import { openedWith, press } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** The background beyond the end of the data, by its name: its text, and its share of the chart. @param {Page} page */
async function beyond(page) {
  const { labels, over } = await labelsOf(page, '.hero-chart');
  const name = labels.find(({ text }) => /^the next /.test(text));
  // A background's name stands 7 pixels from its beginning.
  return name ? { text: name.text, share: (over.right - (name.left - 7)) / (over.right - over.left) } : { text: '', share: 0 };
}

/** @param {Page} page @param {string} key @param {boolean} [shiftKey] @returns {Promise<string>} The reading after it. */
const pressed = (page, key, shiftKey = false) =>
  page.run(
    (name, shift) => {
      document.querySelector('.hero-chart').dispatchEvent(new KeyboardEvent('keydown', { key: name, shiftKey: shift, bubbles: true }));
      return document.querySelector('#forecast .readout').textContent;
    },
    key,
    shiftKey,
  );

/** @param {Page} page @param {string} id @param {number} value */
const entered = (page, id, value) =>
  page.run(
    (selector, text) => {
      const input = document.querySelector(selector);
      input.value = text;
      input.dispatchEvent(new Event('change'));
    },
    `#${id}`,
    String(value),
  );

/** @param {Page} page */
async function trained(page) {
  await press(page, 'Train');
  await page.until('the test part’s score', () => /On the test part/.test(document.querySelector('.verdict-note')?.textContent ?? ''), { timeout: 120_000 });
}

inBrowsers((browser, test) => {
  test('the forecast is a fifth of the opening view at least, and of “The end”, whatever the season and the window', async () => {
    for (const [series, address] of /** @type {[import('./series.mjs').Series, string][]} */ ([[days, ''], [days, '&horizon=7&window=700'], [passengers, ''], [share, ''], [share, '&horizon=1'], [share, '&window=2&horizon=48']])) {
      const page = await openedWith(browser, series, address);
      const opening = await beyond(page);
      assert.ok(opening.share >= 0.2 && opening.share <= 0.6, `${series.name}${address}: ${opening.share}`);
      await press(page, 'Everything');
      assert.ok((await beyond(page)).share < 0.2, series.name);
      await press(page, 'The end');
      assert.deepEqual(await beyond(page), opening);
    }
  });

  test('the ground of the forecast is named at a phone’s width too, by a shorter name where the long one has no room', async () => {
    const page = await openedWith(browser, share, '&horizon=24');
    const names = async () => (await labelsOf(page, '.hero-chart')).labels.map(({ text }) => text).filter((text) => /^(the next|forecast)/.test(text));
    assert.deepEqual(await names(), ['the next 24 hours']);
    await browser.viewport(390, 844);
    assert.deepEqual(await names(), ['forecast']);
  });

  test('keys and buttons zoom about the end while the forecast is in view, and about what is read elsewhere', async () => {
    const page = await openedWith(browser, days, '&horizon=7');
    await press(page, 'Everything');
    for (let time = 0; time < 7; time++) await pressed(page, '+');
    for (let time = 0; time < 7; time++) await page.run(() => document.querySelector('button[aria-label="Zoom in"]').click());
    const near = await beyond(page);
    assert.match(near.text, /the next 7 days/);
    assert.ok(near.share > 0.4, String(near.share));
    await pressed(page, '-');
    assert.ok(Math.abs((await beyond(page)).share * 1.5 - near.share) < 0.01);

    await press(page, 'Test');
    for (let time = 0; time < 6; time++) await pressed(page, 'ArrowRight');
    const read = await pressed(page, 'ArrowLeft');
    // The cursor stays in place, so the next step is the next value.
    for (let time = 0; time < 3; time++) await pressed(page, '+');
    await labelsOf(page, '.hero-chart');
    await pressed(page, 'ArrowRight');
    assert.equal(await pressed(page, 'ArrowLeft'), read);
  });

  test('a forecast of another length is brought into view as a whole', async () => {
    const page = await openedWith(browser, share, '&horizon=24');
    await trained(page);
    await press(page, 'Validation');
    assert.equal((await beyond(page)).share, 0);
    await entered(page, 'steps', 168);
    const long = await beyond(page);
    assert.match(long.text, /the next 168 hours/);
    assert.ok(long.share >= 0.2, String(long.share));
    await page.until('all of its values', () => {
      const fold = document.querySelector('#forecast details');
      fold.open = true;
      return fold.querySelectorAll('tbody tr').length === 168;
    });
    // The last value to read is the last of the forecast, and reading it moves nothing.
    await page.run(() => document.querySelector('.hero-chart').focus());
    const last = await pressed(page, 'ArrowLeft');
    const end = await page.text('#forecast details tbody tr:last-child td');
    assert.ok(last.startsWith(end) && /forecast/.test(last), `${last}, ${end}`);
    assert.deepEqual(await beyond(page), long);
    await entered(page, 'steps', 24);
    assert.match((await beyond(page)).text, /the next 24 hours/);
    assert.ok((await beyond(page)).share >= 0.2);
  });

  test('the predictions that are drawn reach the last measured value, however far ahead they are', async () => {
    const page = await openedWith(browser, share, '&horizon=24');
    await trained(page);
    for (const lead of [24, 1]) {
      await entered(page, 'lead', lead);
      await page.until('the predictions', (text) => document.querySelector('#forecast figcaption').textContent.includes(text), { args: [`predicted ${lead} hour`] });
      await page.until(
        `the last measured value with the prediction ${lead} ahead`,
        () => {
          const box = document.querySelector('.hero-chart');
          const press = (/** @type {string} */ key) => box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
          press('End');
          for (let on = 0; on < 100; on++) press('ArrowRight');
          for (let back = 0; back < 400; back++) {
            press('ArrowLeft');
            const text = document.querySelector('#forecast .readout').textContent;
            if (text.includes('measured')) return text.includes('predicted');
          }
        },
        { timeout: 10_000 },
      );
    }
  });
}, { dealt: true });
