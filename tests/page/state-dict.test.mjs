// A PyTorch model's state dict, dropped on the page, gives the same forecasts as in PyTorch (scripts/reference/state_dicts.py).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inBrowsers } from './harness.mjs';
import { press, untilReady } from './steps.mjs';

const stored = (/** @type {string} */ file) => readFileSync(new URL(`../reference/${file}`, import.meta.url));
const expected = JSON.parse(stored('state_dicts.json').toString());

/** The script's series, hourly, with another column that is an unlikely target. */
const csv = ['time,other,value', ...Array.from({ length: 400 }, (_, row) => {
  const value = 12 + 5 * Math.sin(0.26 * row) + 0.5 * Math.cos(1.7 * row);
  return `${new Date(Date.UTC(2024, 0, 1, row)).toISOString().slice(0, 16)},${Math.cos(row)},${value}`;
})].join('\n');

inBrowsers((browser) => {
  test('a model from PyTorch forecasts the column that is chosen here as it does there', async () => {
    const page = await browser.open();
    await untilReady(page);
    await page.dropFile('main', 'series.csv', csv);
    await page.until('the series', () => /400 values/.test(document.querySelector('#data .extent')?.textContent ?? ''));
    await untilReady(page);
    for (const [name, values] of Object.entries(expected)) {
      await page.dropFile('main', `${name}.safetensors`, new Uint8Array(stored(`state_dict_${name}.safetensors`)));
      await page.until('the model', (file) => document.querySelector('#train .sentence')?.textContent.includes(`Loaded from ${file}`), {
        args: [`${name}.safetensors`],
      });
      await page.until('its forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));
      await page.run(() => {
        /** @type {any} */ (window).saved = null;
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => ((/** @type {any} */ (window).saved = blob), make.call(URL, blob));
        HTMLAnchorElement.prototype.click = () => {};
      });
      await press(page, 'Forecast as CSV');
      const text = await page.run(() => /** @type {any} */ (window).saved.text());
      const found = text.trim().split('\n').slice(1).map((/** @type {string} */ line) => Number(line.split(',')[1]));
      const differences = values.map((/** @type {number} */ value, /** @type {number} */ at) => Math.abs(value - found[at]));
      console.log(`${browser.name}, ${name}: differs by at most ${Math.max(...differences).toExponential(1)}`);
      assert.equal(found.length, values.length, text);
      assert.ok(Math.max(...differences) < 1e-3, `${name}: ${found} ${values}`);
    }
  });
});
