// Every architecture of the catalog, trained on the page by one click, compared with its baselines, and shown. SCREENSHOTS names a
// folder (default target/screenshots) for a picture of each forecast.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PLAIN } from '../plain.mjs';
import { architectures, board, compare, untilOver } from './contest.mjs';
import { inBrowsers, root } from './harness.mjs';
import { untilReady } from './steps.mjs';

const pictures = process.env.SCREENSHOTS ?? path.join(root, 'target/screenshots');
/** The baselines of every model: the last value, the season before, two linear models, and four statistical ones. */
const RULES = 8;
/** Budget of each in seconds. */
const SECONDS = 1;

inBrowsers((browser, test) => {
  test('all architectures on the temperatures in one click: a leaderboard, and a forecast of each', async (t) => {
    await mkdir(pictures, { recursive: true });
    // In a second most add nothing to the linear model, and all would forecast the same.
    const page = await browser.open({ address: `#${PLAIN}` });
    await untilReady(page);
    const all = await architectures(page);
    assert.ok(all.length >= 10, `${all.length} architectures`);
    const from = Date.now();
    await compare(page, { budget: 'time', amount: SECONDS });
    await page.until('curves of two while others wait', () => document.querySelectorAll('#compare .board tr[data-status="running"] progress:not([hidden])').length > 0);
    await untilOver(page);
    t.diagnostic(`${browser.name}: ${all.length} architectures, ${SECONDS} s each, in ${((Date.now() - from) / 1000).toFixed(0)} s`);

    const rows = await board(page);
    const runs = rows.filter(({ run }) => run);
    assert.equal(rows.length, all.length + RULES);
    assert.deepEqual(runs.map(({ name }) => name).sort(), all.map(([, label]) => label).sort());
    for (const { name, status, note, validation, test: judged, steps, spent } of runs) {
      assert.equal(status, 'finished', `${name}: ${note}`);
      assert.ok(validation > 0 && judged > 0, `${name}: ${validation}, ${judged}`);
      assert.ok(steps > 0 && spent > 0, `${name}: ${steps} steps`);
      t.diagnostic(`${browser.name}, ${name}: validation ${validation}, test ${judged}, ${steps} steps in ${(spent / 1000).toFixed(2)} s`);
    }
    assert.deepEqual(rows.map(({ validation }) => validation), rows.map(({ validation }) => validation).sort((a, b) => a - b), 'by the error on validation');
    assert.deepEqual(rows.map(({ rank }) => rank), rows.map((_, index) => index + 1));
    assert.match(await page.text('#compare .figure .legend'), new RegExp(all[0][1]));

    const forecasts = new Set();
    for (const { run, name } of runs) {
      await page.run((id) => document.querySelector(`#compare tr[data-run="${id}"] button.link`).click(), run);
      await page.until(`the forecast of ${name}`, (id) => document.querySelector(`#compare tr[data-run="${id}"] [aria-current]`) && /begins at/.test(document.querySelector('#hero-summary').textContent), { args: [run] });
      await page.until(`the verdict on ${name}`, (label) => document.querySelector('.verdict').textContent.includes(label), { args: [name] });
      forecasts.add(await page.text('#hero-summary'));
      // The chart is drawn in a task of its own, after the predictions.
      await new Promise((resolve) => setTimeout(resolve, 250));
      const id = all.find(([, label]) => label === name)?.[0];
      await page.screenshot(path.join(pictures, `${browser.name}-${id}.png`), '#forecast');
    }
    assert.ok(forecasts.size > runs.length / 2, 'they are forecasts of their own');
    t.diagnostic(`pictures: ${path.relative(root, pictures)}/${browser.name}-*.png`);
  });
}, { dealt: true });
