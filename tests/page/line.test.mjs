// A network that starts from the linear model and in the end learns from all rows, as the defaults have it: what the page says of
// both, and what of them a link, a preset and a stop leave.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { inBrowsers } from './harness.mjs';
import { opened, press, untilJudged, untilReady, untilStatus } from './steps.mjs';

/** Small, with the defaults for where training starts and ends. */
const small = 'architecture=gru&hidden=8&window=28&horizon=7&segment=7&epochs=2';
/** In one epoch so many steps that a test ends the training on all rows, however fast the machine is. */
const lasting = 'architecture=gru&from_line=false&hidden=64&window=28&horizon=7&segment=1&epochs=1&epoch_steps=1000&batch_size=16';

/** @param {import('./harness.mjs').Page} page */
const legend = (page) => page.text('#forecast .key-band');

/** Sixty months, from 2015 on. */
const monthly = `month,sales\n${Array.from({ length: 60 }, (_, at) => `${2015 + Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')},${(100 + at + 20 * Math.sin((at * Math.PI) / 6) + 3 * Math.sin(at * 12.9898)).toFixed(1)}`).join('\n')}\n`;

inBrowsers((browser, test) => {
  test('the page says what the network adds to the linear model, and which rows the forecast has learnt from', async () => {
    const page = await opened(browser, `#${small}`);
    assert.match(await page.text('#model-detail'), /starts from the linear model of the training part.*In the end it learns from all rows/s);
    await press(page, 'Train');
    await untilJudged(page);
    await untilStatus(page, 'finished');
    assert.match(await page.text('#train .gain'), /^Validation loss of the linear model it starts from: [\d.e−]+(; with \d+ % of what the network adds: [\d.e−]+\.|\. The network adds nothing to it\.)$/);
    assert.match(await legend(page), /It comes from the model after it has learnt from all rows; all errors are those of the model before\./);
  });

  test('stopped while it learns from all rows, the model forecasts as it was judged', async () => {
    const page = await opened(browser, `#${lasting}`);
    await press(page, 'Train');
    await page.until('learning from all rows', () => /It learns from all rows: step \d+ of \d+\./.test(document.querySelector('#train .sentence')?.textContent ?? ''));
    assert.match(await page.text('#compare'), /learns from all rows/);
    await press(page, 'Pause');
    await untilStatus(page, 'paused');
    assert.match(await page.text('#train .sentence'), /^Paused\. It learns from all rows/);
    await press(page, 'Continue');
    await untilStatus(page, 'running');
    await press(page, 'Stop');
    await untilStatus(page, 'stopped');
    await untilJudged(page);
    assert.doesNotMatch(await legend(page), /all rows/);
    assert.match(await page.text('#train .sentence'), /^Stopped\. Weights of (epoch 1|the linear model it starts from)\./);
  });

  test('where the linear model stays the best, it is named in place of an epoch', async () => {
    // Steps so large that no epoch is better.
    const page = await opened(browser, `#${small}&learning_rate=10&optimiser=sgd&clip=1&epochs=3`);
    await press(page, 'Train');
    await untilJudged(page);
    assert.match(await page.text('#train .sentence'), /Weights of the linear model that it starts from\./);
    assert.match(await page.text('#curve-summary'), /\(lowest: [\d.e−]+ of the linear model it starts from\)/);
    assert.match(await page.text('#train .gain'), /The network adds nothing to it\.$/);
    assert.match(await page.text('#compare'), /weights of the linear model it starts from/);
  });

  test('the preset as in the article and a plain link start from random weights, and the page says so', async () => {
    const said = () => document.querySelector('#model-detail')?.textContent?.includes('starts from random weights, not from the linear model. It forecasts as it is judged');
    const page = await browser.open({ address: `#${PLAIN}&hidden=8` });
    await page.until('the sentence', said);
    const article = await browser.open();
    await untilReady(article);
    assert.ok(!(await article.run(said)));
    await article.run(() => {
      const preset = /** @type {HTMLSelectElement} */ (document.querySelector('#preset'));
      preset.value = 'steps';
      preset.dispatchEvent(new Event('change'));
    });
    await article.until('the sentence', said);
  });

  test('sixty months give a forecast at one press, and its range or the reason why there is none', async () => {
    const page = await browser.open();
    await untilReady(page);
    await page.dropFile('main', 'sales.csv', monthly);
    await page.until('the file', () => /60 values/.test(document.querySelector('#data .extent')?.textContent ?? '') && !(/** @type {HTMLButtonElement} */ (document.querySelector('#train .main')).disabled));
    await press(page, 'Train');
    await untilJudged(page);
    assert.match(await legend(page), /80 % range/);
    assert.match(await page.text('#hero-summary'), /begins at .*2020/);
  });
});
