// `make accuracy`: each preset trained in a real browser on JFK's temperatures and, if available, on the column OT of ETTh1, with
// the published splits; errors on the test part compared with the naive ones and the linear model's. The test part of each run is
// scored once. ETTh1 may not be shipped: name its file as the argument, or put it next to the checkout in `../shared/data/ett/`.
import { existsSync, readFileSync } from 'node:fs';
import { browserNames } from '../../tests/page/browsers.mjs';
import { root } from '../../tests/page/harness.mjs';
import { bench, digits } from './session.mjs';

const ett = process.argv[2] ?? `${root}../shared/data/ett/ETTh1.csv`;
const series = [{ name: 'JFK', file: `${root}www/samples/jfk_2013_hourly_celsius.csv`, settings: { target: 'temp_c', split: '70/10/20' } }];
if (existsSync(ett)) series.push({ name: 'ETTh1 OT', file: ett, settings: { target: 'OT', split: '8640, 11520, 14400' } });
else console.log(`ETTh1 is left out: there is no ${ett}.`);

const seeds = (process.env.SEEDS ?? '1').split(',').map(Number);

for (const name of browserNames) {
  const browser = await bench(name, 900_000);
  try {
    const { presets } = await browser.catalog();
    for (const { name: label, file, settings } of series) {
      await browser.open(readFileSync(file, 'utf8'), [settings.target]);
      let baselines = false;
      for (const preset of presets) {
        for (const seed of seeds) {
          const all = { window: 168, horizon: 24, season: 24, seed, ...settings, ...preset.settings };
          const { seconds, progress } = await browser.train('one', all);
          const evaluation = await browser.score('one');
          await browser.free('one');
          const line = (/** @type {string} */ what, /** @type {any} */ row, more = '') =>
            console.log(`${name.padEnd(9)} ${label.padEnd(9)} ${what.padEnd(34)} MSE ${digits(row.mse_scaled)}  MAE ${digits(row.mae_scaled)}  ${row.mae.toFixed(3)} in its unit${more}`);
          if (!baselines) for (const row of evaluation.rows.slice(1)) line(row.label, row);
          baselines = true;
          line(`${preset.label}, seed ${seed}`, evaluation.rows[0], `  best epoch ${progress.best?.epoch} of ${progress.epoch}, ${seconds.toFixed(0)} s`);
        }
      }
    }
  } finally {
    await browser.stop();
  }
}
