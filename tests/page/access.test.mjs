// By keyboard, without seeing, on a phone, in the dark.
import assert from 'node:assert/strict';
import { Key } from 'selenium-webdriver';
import { inBrowsers } from './harness.mjs';
import { LASTING, press, untilEpoch, untilJudged, untilReady, untilStatus } from './steps.mjs';

inBrowsers((browser, test) => {
  for (const [what, width, theme] of /** @type {[string, number, string][]} */ ([
    ['wide, light', 1440, 'light'],
    ['wide, dark', 1440, 'dark'],
    ['a phone, light', 390, 'light'],
    ['a phone, dark', 390, 'dark'],
  ])) {
    test(`axe finds nothing, and nothing is wider than the page: ${what}`, async () => {
      const page = await browser.open({ width, height: 844, address: `#${LASTING}` });
      await untilReady(page);
      if ((await page.run(() => document.documentElement.dataset.theme)) !== theme)
        await page.run(() => document.querySelector('#tools button:last-child').click());
      assert.deepEqual(await page.accessibility(), [], 'as it opens');
      await press(page, 'How it was read');
      await press(page, 'All settings, equations');
      await page.run(() =>
        document.querySelectorAll('details').forEach((details) => {
          details.open = true;
        }),
      );
      await press(page, 'Train');
      await untilEpoch(page);
      await press(page, 'Stop');
      await untilStatus(page, 'stopped');
      await untilJudged(page);
      assert.deepEqual(await page.accessibility(), [], 'with everything unfolded');
      const over = await page.run(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(over, 0, 'nothing is wider than the page');
    });
  }

  test('the chart by keyboard: values are read out, the view zooms, pans and comes back', async () => {
    const page = await browser.open();
    await untilReady(page);
    const chart = await page.element('.hero-chart');
    await page.run(() => document.querySelector('.hero-chart').focus());
    await chart.sendKeys(Key.ARROW_LEFT);
    await page.until('a value', () => /measured −?\d/.test(document.querySelector('.readout').textContent));
    const first = await page.text('.readout');
    await chart.sendKeys(Key.ARROW_LEFT);
    await page.until('another value', (before) => document.querySelector('.readout').textContent.trim() !== before, {
      args: [first],
    });
    await chart.sendKeys('-', '-', '+', Key.chord(Key.SHIFT, Key.ARROW_LEFT), '0');
  });

  test('the whole way by keyboard alone: every step is reached by Tab, with a focus that is seen', async () => {
    const page = await browser.open();
    await untilReady(page);
    const reached = new Set();
    await page.run(() => document.body.focus());
    for (let press_ = 0; press_ < 60; press_++) {
      await page.driver.actions().sendKeys(Key.TAB).perform();
      const at = await page.run(() => {
        const element = document.activeElement;
        const shown = element?.matches('.hidden, .segment input') ? element.nextElementSibling : element;
        const { outlineStyle, outlineWidth } = getComputedStyle(shown);
        return {
          name: element === document.body ? '' : element?.id || element?.textContent?.trim() || element?.className,
          seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
        };
      });
      if (!at.name) continue;
      // The browser's own buttons come between the last and the first element.
      if (reached.has('steps') && reached.has(at.name)) break;
      assert.ok(at.seen, `the focus on “${at.name}” is seen`);
      reached.add(at.name);
    }
    for (const name of ['source', 'file', 'target', 'Train', 'Everything', 'steps'])
      assert.ok(reached.has(name), `${name} is reached (${[...reached].join(', ')})`);
  });
}, { dealt: true });
