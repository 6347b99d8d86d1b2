// The page's numbers at every scale: labels of axes, the value under the cursor, tables, the downloaded file.
import assert from 'node:assert/strict';
import { inBrowsers } from './harness.mjs';
import { labelsOf, leftLabels, lowerLabels, spoilt } from './labels.mjs';
import { scales } from './series.mjs';
import { openedWith, press } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */
/** @typedef {import('./series.mjs').Series} Series */

/** @param {string} text @returns {number} */
const parsed = (text) => Number(text.replaceAll(',', '').replaceAll('−', '-'));

/** The labels of an axis of values: evenly spaced distinct numbers, within the values. @param {string[]} texts From the top down. @param {Series} series */
function assertLabels(texts, { name, low, high }) {
  const at = texts.map(parsed).reverse();
  const said = `${name}: ${texts.join(' | ')}`;
  assert.ok(at.length >= 2, said);
  assert.ok(at.every(Number.isFinite), said);
  const step = (at[at.length - 1] - at[0]) / (at.length - 1);
  at.forEach((value, index) => assert.ok(step > 0 && Math.abs(value - at[0] - index * step) < 0.01 * step, said));
  const height = high - low;
  assert.ok(at[0] >= low - 0.2 * height && at[at.length - 1] <= high + 0.4 * height && step < height, said);
}

inBrowsers((browser, test) => {
  test('the axis of every scale of values has labels that are right, apart and whole, at a desk’s and a phone’s width', async () => {
    for (const series of browser.cases(scales)) {
      const page = await openedWith(browser, series);
      await press(page, 'Everything');
      for (const width of [1440, 390]) {
        await browser.viewport(width, 900);
        const chart = await labelsOf(page, '.hero-chart');
        assertLabels(leftLabels(chart), series);
        assert.deepEqual(spoilt(chart), [], `${series.name} at ${width}: ${chart.labels.map(({ text }) => text).join(' | ')}`);
        assert.ok(lowerLabels(chart).length >= 2);
        assert.ok(chart.over.right - chart.over.left > 0.6 * chart.width, `${series.name} at ${width}: the labels leave room for the chart`);
      }
    }
  });

  test('what is read under the cursor, said in the table and written into the file are the same numbers', async () => {
    for (const series of browser.cases(scales)) {
      const page = await openedWith(browser, series);
      await press(page, 'Everything');
      await page.run(() => document.querySelector('.hero-chart').focus());
      const readout = await page.run(() => {
        document.querySelector('.hero-chart').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
        return document.querySelector('#forecast .readout').textContent;
      });
      const measured = /measured (\S+)/.exec(readout)?.[1] ?? '';
      const digits = (series.high - series.low) / 100;
      assert.ok(Math.abs(parsed(measured) - series.values[0]) < digits, `${series.name}: ${readout}, but it is ${series.values[0]}`);

      await press(page, 'Train');
      await page.until('a forecast', () => !([...document.querySelectorAll('#forecast button')].find((button) => button.textContent === 'Forecast as CSV')?.disabled ?? true), { timeout: 60_000 });
      const { rows, csv } = await page.run(async () => {
        /** @type {Blob | undefined} */ let blob;
        const make = URL.createObjectURL;
        URL.createObjectURL = (given) => make.call(URL, (blob = given));
        [...document.querySelectorAll('button')].find((button) => button.textContent === 'Forecast as CSV').click();
        URL.createObjectURL = make;
        const fold = document.querySelector('#forecast details');
        fold.open = true;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return {
          rows: [...fold.querySelectorAll('tbody tr')].map((row) => [...row.querySelectorAll('td')].slice(1).map((cell) => cell.textContent)),
          csv: await blob.text(),
        };
      });
      const lines = csv.trim().split('\n').slice(1).map((line) => line.split(',').slice(1));
      assert.equal(rows.length, lines.length);
      rows.forEach((row, index) =>
        row.forEach((text, column) => {
          if (text === '–') return assert.equal(lines[index][column], '', `${series.name}: nothing stands for a missing number`);
          assert.match(lines[index][column], /^-?\d+(\.\d+)?(e-?\d+)?$/);
          assert.ok(Math.abs(parsed(text) - Number(lines[index][column])) < digits, `${series.name}: ${text} and ${lines[index][column]}`);
        }),
      );
    }
  });
}, { dealt: true });
