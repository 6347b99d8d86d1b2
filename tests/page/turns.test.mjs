// Double and ill-timed presses, other runs shown during training, interrupted trainings: no run has two states, and none trains for
// ever.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { architectures, board, compare, untilOver } from './contest.mjs';
import { inBrowsers } from './harness.mjs';
import { opened, press, pressMain, pressQuickly, untilEpoch, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small, and trained until a test ends it. */
const endless = `#${PLAIN}&hidden=32&window=56&horizon=7&segment=1&epochs=10000&patience=0`;
/** Small and quick. */
const short = `#${PLAIN}&hidden=32&window=56&horizon=7&segment=1&epochs=2&patience=0`;

const wait = (/** @type {number} */ milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The runs of the list. @param {Page} page */
const runs = async (page) => (await board(page)).filter(({ run }) => run);

/** Waits until this number of a comparison's runs train and have weights. @param {Page} page @param {number} many */
const untilWeights = (page, many) =>
  page.until(`${many} that train and have weights`, (least) => [...document.querySelectorAll('#compare tr[data-status="running"] .link')].filter(({ disabled }) => !disabled).length >= least, { args: [many] });

/** Two architectures. @param {Page} page */
const two = async (page) => (await architectures(page)).slice(0, 2).map(([id]) => id);

inBrowsers((browser, test) => {
  test('what trained when the page was left is there with what it had reached, and trains no more', async () => {
    const page = await opened(browser, endless);
    await compare(page, { pick: await two(page), budget: 'none' });
    await untilWeights(page, 2);
    // An event of the model above makes the page store the list.
    await press(page, 'Train');
    await untilEpoch(page);
    await press(page, 'Stop');
    await untilJudged(page);
    await untilKept(page, 'the weights of all three', ({ runs: all }) => all.length === 3 && all.every(({ whole, latest }) => whole || latest !== null) && all.at(-1)?.judged);
    await page.reload();
    await page.until('the list', () => document.querySelectorAll('#compare tr[data-run]').length > 0);
    await untilReady(page);
    const kept = await runs(page);
    assert.equal(kept.length, 3);
    for (const { name, status, note, validation } of kept) {
      assert.equal(status, 'stopped', name);
      assert.match(note, /^weights of epoch \d/, name);
      assert.ok(validation > 0, name);
    }
    assert.equal(await page.text('#compare .buttons + p'), '', 'nothing is said to train');
  });

  test('a run that is shown while it trains: as it stood, and then as it ends', async () => {
    const page = await opened(browser, endless);
    await compare(page, { pick: await two(page), budget: 'time', amount: 9 });
    await untilWeights(page, 1);
    const id = await page.run(() => [...document.querySelectorAll('#compare tr[data-status="running"]')].find((row) => !row.querySelector('.link').disabled).getAttribute('data-run'));
    const row = async () => (await runs(page)).find(({ run }) => run === id);
    await page.run((run) => document.querySelector(`#compare tr[data-run="${run}"] .link`).click(), id);
    await page.until('it above', (run) => document.querySelector(`#compare tr[data-run="${run}"] [aria-current]`) !== null, { args: [id] });
    await page.until('its forecast', () => /The forecast begins/.test(document.querySelector('#hero-summary').textContent));
    assert.match(await page.text('#train .sentence'), /It is training below/);
    const steps = (await row())?.steps ?? 0;
    await page.until('more steps', (run, before) => Number(document.querySelector(`#compare tr[data-run="${run}"]`).getAttribute('data-steps')) > before, { args: [id, steps] });
    assert.equal((await row())?.status, 'running', 'its row tells of its training');
    await untilOver(page);
    await page.until('its end above', () => /seconds are over/.test(document.querySelector('#train .sentence').textContent));
    const ended = await row();
    assert.equal(ended?.status, 'finished');
    assert.ok(ended?.shown && ended.steps > steps && ended.test > 0);
    // The verdict above belongs to the same weights as the row.
    await untilJudged(page);
    const above = await page.run(() => [...document.querySelectorAll('#errors tr[data-id="model"] .num')].map(({ textContent }) => textContent));
    assert.equal(Number(above[0]).toPrecision(3), ended?.test.toPrecision(3));
  });

  test('a model that is left for another while it trains has stopped, in the list too', async () => {
    const page = await opened(browser, short);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await page.run(() => {
      const epochs = document.querySelector('#basic-epochs');
      epochs.value = '10000';
      epochs.dispatchEvent(new Event('change'));
    });
    await press(page, 'Train again');
    await page.until('weights', () => [...document.querySelectorAll('#compare tr[data-run]')].some((row) => row.querySelector('[aria-current]') && !row.querySelector('.link').disabled && row.getAttribute('data-status') !== 'waiting'));
    await page.run(() => document.querySelector('#compare tr[data-run]:not(.own) .link').click());
    await page.until('the first one above', () => document.querySelectorAll('#compare tr.own').length === 1 && /Finished/.test(document.querySelector('#train .sentence').textContent));
    await wait(300);
    for (const { name, status } of await runs(page)) assert.ok(['finished', 'stopped'].includes(status ?? ''), `${name} is ${status}`);
  });

  test('Train, Pause, Continue and Stop pressed twice do what they do once', async () => {
    const page = await opened(browser, endless);
    await pressQuickly(page, 'Train');
    await untilStatus(page, 'running');
    await untilEpoch(page);
    assert.equal((await runs(page)).length, 1, 'one run');
    await pressQuickly(page, 'Pause');
    await untilStatus(page, 'paused');
    const still = (await runs(page))[0].steps;
    await wait(400);
    assert.equal((await runs(page))[0].steps, still);
    await pressQuickly(page, 'Continue');
    await untilStatus(page, 'running');
    await pressQuickly(page, 'Stop', 3);
    await untilJudged(page);
    await wait(300);
    assert.match(await page.text('.verdict-note'), /scored once/);
    assert.equal(await page.run(() => document.querySelector('#train').dataset.status), 'stopped');
    assert.equal((await runs(page)).length, 1);
  });

  test('a pause that comes as a run ends leaves it ended, or paused and able to go on', async () => {
    const page = await opened(browser, short);
    for (const delay of [0, 30, 60, 90, 130, 180]) {
      await pressMain(page);
      await page.run(async (milliseconds) => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        const button = document.querySelector('#train .main');
        if (button.textContent.trim() === 'Pause') button.click();
      }, delay);
      await page.until('an end or a pause', () => ['paused', 'finished'].includes(document.querySelector('#train').dataset.status) || document.querySelector('#train .main').textContent.trim() === 'Pause' && (document.querySelector('#train .main').click(), false));
      if (await page.run(() => document.querySelector('#train').dataset.status === 'paused')) await press(page, 'Continue');
      await untilStatus(page, 'finished');
      await page.until('the verdict', () => /On the test part.*scored (?:once|\d+ times)/.test(document.querySelector('.verdict-note').textContent));
    }
  });

  test('a press that was meant for Pause and comes as a run has ended starts nothing', async () => {
    const page = await opened(browser, short);
    await page.run(() => {
      const [above, below] = ['#train .main', '#dock .main'].map((place) => document.querySelector(place));
      const seen = { pressed: 0, states: /** @type {(string | null)[]} */ ([]) };
      /** @type {any} */ (window).seen = seen;
      above.focus();
      // As soon as its label changes, and again a little later.
      const late = () => {
        for (const button of [above, below]) button.click();
        seen.pressed++;
        seen.states.push(above.getAttribute('aria-disabled'));
      };
      new MutationObserver((_, observer) => {
        if (!above.textContent.startsWith('Another')) return;
        observer.disconnect();
        late();
        setTimeout(late, 200);
      }).observe(above, { childList: true, characterData: true, subtree: true });
    });
    await press(page, 'Train');
    await page.until('both presses', () => /** @type {any} */ (window).seen.pressed === 2);
    await untilJudged(page);
    await wait(300);
    assert.deepEqual(await page.run(() => /** @type {any} */ (window).seen.states), ['true', 'true']);
    assert.equal(await page.run(() => document.querySelector('#train').dataset.status), 'finished');
    assert.equal((await runs(page)).length, 1);
    // It keeps its place and the focus, and reacts again.
    assert.equal(await page.run(() => document.activeElement === document.querySelector('#train .main')), true);
    await pressMain(page);
    await page.until('another run', () => document.querySelectorAll('#compare tr[data-run]').length === 2);
  });

  test('a comparison that is paused and sent on at once goes on; one that is paused as it begins, waits', async () => {
    const page = await opened(browser, endless);
    const pick = await two(page);
    await compare(page, { pick, budget: 'none' });
    await untilWeights(page, 2);
    await page.run(() => {
      const [, pause] = document.querySelectorAll('#compare .buttons .button');
      pause.click();
      pause.click();
    });
    await wait(500);
    const before = await runs(page);
    assert.deepEqual(before.map(({ status }) => status), ['running', 'running']);
    await page.until('more steps of both', (steps) => [...document.querySelectorAll('#compare tr[data-run]')].every((row) => Number(row.getAttribute('data-steps')) > steps), { args: [Math.max(...before.map(({ steps }) => steps))] });
    await pressQuickly(page, 'End now');
    await untilOver(page);
    assert.deepEqual((await runs(page)).map(({ status }) => status), ['stopped', 'stopped']);

    await compare(page, { pick, budget: 'steps', amount: 60 });
    await pressQuickly(page, 'Pause', 1);
    await wait(1500);
    const held = (await runs(page)).filter(({ status }) => status !== 'stopped');
    assert.equal(held.length, 2);
    for (const { name, status } of held) assert.ok(status === 'waiting' || status === 'paused', `${name} is ${status}`);
    const steps = held.map((run) => run.steps);
    await wait(500);
    assert.deepEqual((await runs(page)).filter(({ status }) => status !== 'stopped').map((run) => run.steps), steps);
    await press(page, 'Continue');
    await untilOver(page);
    assert.equal((await runs(page)).filter(({ status, steps: done }) => status === 'finished' && done === 60).length, 2);
  });
}, { dealt: true });
