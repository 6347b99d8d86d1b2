// `make accuracy`: each preset trained in a real browser on JFK's temperatures and, where it is at hand, on the column OT of
// ETTh1, with the published splits; errors on the test part beside the naive ones and the linear model's.
// The test part of each run is scored once. ETTh1 may not be shipped: name its file as the argument, or have it beside the
// checkout in `../shared/data/ett/`.
import { existsSync, readFileSync } from 'node:fs';
import { Browser, root } from '../../tests/page/harness.mjs';
import { browserNames } from '../../tests/page/browsers.mjs';

const ett = process.argv[2] ?? `${root}../shared/data/ett/ETTh1.csv`;
const series = [{ name: 'JFK', file: `${root}www/samples/jfk_2013_hourly_celsius.csv`, settings: { target: 'temp_c', split: '70/10/20' } }];
if (existsSync(ett)) series.push({ name: 'ETTh1 OT', file: ett, settings: { target: 'OT', split: '8640, 11520, 14400' } });
else console.log(`ETTh1 is left out: there is no ${ett}.`);

/** Runs in the page: trains to the end and scores once. */
const inPage = `
  const [base, text, settings, done] = arguments;
  (async () => {
    const { default: start, CsvReader, Session, catalog } = await import(base + 'pkg/unrolled.js');
    await start();
    const presets = settings ? null : catalog().presets;
    if (presets) return presets.map(({ id, label, settings }) => ({ id, label, settings }));
    const reader = new CsvReader();
    reader.push(new TextEncoder().encode(text));
    const session = new Session(reader.finish().series({ columns: [settings.target] }).to_parts());
    session.configure(settings);
    const from = performance.now();
    let progress;
    do {
      progress = session.train(100);
      await new Promise((next) => setTimeout(next));
    } while (progress.state !== 'finished');
    const seconds = (performance.now() - from) / 1000;
    return { seconds, progress, evaluation: session.evaluate('test') };
  })().then((result) => done({ result }), (error) => done({ error: String(error.stack ?? error) }));
`;

/** @param {number} x */
const digits = (x) => x.toFixed(4).replace(/^0/, '');
const seeds = (process.env.SEEDS ?? '1').split(',').map(Number);

for (const name of browserNames) {
  const browser = new Browser(name);
  await browser.start();
  try {
    await browser.driver.manage().setTimeouts({ script: 900_000 });
    const page = await browser.open({ address: 'www/samples/README.md' });
    /** @param {unknown[]} args */
    const call = async (...args) => {
      const { result, error } = await browser.driver.executeAsyncScript(inPage, page.base, ...args);
      if (error) throw new Error(error);
      return result;
    };
    const presets = await call('', null);
    for (const { name: label, file, settings } of series) {
      const text = readFileSync(file, 'utf8');
      let baselines = false;
      for (const preset of presets) {
        for (const seed of seeds) {
          const all = { window: 168, horizon: 24, season: 24, seed, ...settings, ...preset.settings };
          const { seconds, progress, evaluation } = await call(text, all);
          const line = (/** @type {string} */ what, /** @type {any} */ row, more = '') =>
            console.log(`${name.padEnd(9)} ${label.padEnd(9)} ${what.padEnd(34)} MSE ${digits(row.mse_scaled)}  MAE ${digits(row.mae_scaled)}  ${row.mae.toFixed(3)} in its unit${more}`);
          if (!baselines) for (const row of evaluation.rows.slice(1)) line(row.label, row);
          baselines = true;
          line(`${preset.label}, seed ${seed}`, evaluation.rows[0], `  best epoch ${progress.best.epoch} of ${progress.epoch}, ${seconds.toFixed(0)} s`);
        }
      }
    }
  } finally {
    await browser.stop();
  }
}
