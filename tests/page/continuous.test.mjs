// Training on the series as one, by truncated backpropagation through time: the cuts are described before and during training, and
// the model forecasts and can be looked into like any other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session, table } from '../node/package.mjs';
import { plain } from '../plain.mjs';
import { inBrowsers } from './harness.mjs';
import { daily, opened, press, untilJudged, untilStatus } from './steps.mjs';

const settings = { ...plain, target: 'value', reading: 'continuous', chunk: 14, lanes: 3, segment: 1, hidden: 8, window: 28, horizon: 7, epochs: 4 };

/** The core's cuts. */
function truncated() {
  const session = new Session(table(Buffer.from(daily(400))).series().to_parts());
  const { truncated: cut } = session.configure(settings);
  session.free();
  assert.ok(cut);
  return cut;
}

inBrowsers((browser) => {
  test('the series read as one: what is cut is explained, it trains, forecasts and can be looked into', async () => {
    const { sentence, chunk, starts, cuts } = truncated();
    assert.ok(starts.length > 0 && cuts.length > 0);
    assert.ok(sentence.includes(String(chunk)), sentence);
    assert.match(sentence, /warmed up over the window, from empty/);
    const { target: _, ...asked } = settings;
    const page = await opened(browser, `#${new URLSearchParams(Object.entries(asked).map(([key, value]) => [key, String(value)]))}`);
    const said = () => page.text('#train .cut');
    assert.equal(await said(), `${sentence} In the charts, long marks show where the state begins, short marks where the gradient is cut.`);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    assert.ok((await said())?.startsWith(sentence), 'also of the model that was trained');
    assert.match(await page.text('#hero-summary'), /The forecast begins/);
    await page.run(() => document.querySelector('#inside').scrollIntoView());
    await page.until('what is inside', () => /The values lie/.test(document.querySelector('#inside-summary').textContent));
    await page.until('the gradient', () => document.querySelector('.inside-sentence').textContent.endsWith('.'));
    assert.match(await page.text('.inside-sentence'), /each step has its own forecast/);

    // Windows again: no cuts.
    await press(page, 'All settings, equations');
    await page.run(() => document.querySelector('#model-detail input[name$="-reading"][value="windows"]').click());
    await press(page, 'Train again');
    await untilStatus(page, 'finished');
    await page.until('no cuts', () => document.querySelector('#train .cut').hidden);
  });
});
