// Comparisons: errors of one run, pauses and ends, equal sizes, differences, the speed of two.
import assert from 'node:assert/strict';
import { catalog, Session, table } from '../node/package.mjs';
import { PLAIN, plain } from '../plain.mjs';
import { architectures, board, compare, untilOver } from './contest.mjs';
import { inBrowsers, inSoak } from './harness.mjs';
import { daily, opened, press, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** Small and quick; with a head that some architectures refuse. */
const small = `${PLAIN}&hidden=8&window=28&horizon=7&segment=1&epochs=2`;

/** @param {Record<string, string | number>} settings @returns {string[]} Architectures that the core refuses with these. */
function refused(settings) {
  const parts = table(Buffer.from(daily(400))).series().to_parts();
  return catalog().architectures.map(({ id }) => id).filter((architecture) => {
    const session = new Session(parts);
    try {
      session.configure({ ...settings, architecture });
      return false;
    } catch {
      return true;
    } finally {
      session.free();
    }
  });
}

inBrowsers((browser, test) => {
  test('on a phone what takes part has the width that there is', async () => {
    const page = await browser.open({ width: 390, height: 844 });
    await untilReady(page);
    const found = await page.run(() => {
      const width = (/** @type {string} */ selector) => document.querySelector(selector).getBoundingClientRect().width;
      const squeezed = [...document.querySelectorAll('#compare .ticks label')].filter((label) => label.scrollWidth > label.clientWidth);
      return { room: width('#compare .stack'), ticks: width('#compare .ticks'), budget: width('#compare .budget'), squeezed: squeezed.map(({ textContent }) => textContent) };
    });
    assert.equal(found.ticks, found.room, 'the architectures');
    assert.equal(found.budget, found.room, 'the budget');
    assert.deepEqual(found.squeezed, []);
  });

  test('what refuses the settings says so in its row, and the others go on; rows are shown and removed', async () => {
    const settings = { ...plain, hidden: 8, window: 28, horizon: 7, segment: 1, epochs: 2, head: 'rolled' };
    const failing = refused(settings);
    assert.ok(failing.length > 0 && failing.length < 8, `${failing}`);
    const page = await opened(browser, `#${small}&head=rolled`);
    const all = await architectures(page);
    await compare(page, { budget: 'none' });
    await untilOver(page);
    const rows = await board(page);
    const runs = rows.filter(({ run }) => run);
    assert.equal(runs.length, all.length);
    for (const { name, status, note, validation } of runs) {
      const id = all.find(([, label]) => label === name)?.[0] ?? '';
      assert.equal(status, failing.includes(id) ? 'failed' : 'finished', `${name}: ${note}`);
      if (status === 'failed') assert.match(note, /choose/, 'what to do about it');
      else assert.ok(validation > 0, name);
    }
    assert.ok(rows.slice(-failing.length).every(({ status }) => status === 'failed'), 'what was not judged stands at the end');

    // A run that was not on show, and is removed while it is.
    const [, second] = runs;
    await page.run((id) => document.querySelector(`#compare tr[data-run="${id}"] td.num`).click(), second.run);
    await page.until('its verdict above', (name) => document.querySelector('.verdict').textContent.includes(name), { args: [second.name] });
    assert.deepEqual((await board(page)).filter(({ shown }) => shown).map(({ run }) => run), [second.run]);
    assert.match(await page.text('#train .sentence'), /Finished/);
    await page.run((id) => document.querySelector(`#compare tr[data-run="${id}"] button.reset`).click(), second.run);
    await page.until('a row less', (id) => !document.querySelector(`#compare tr[data-run="${id}"]`), { args: [second.run] });
    assert.match(await page.text('#hero-summary'), /no forecast yet/);

    // Ticked forecasts have a legend; one is removed.
    const drawn = () => page.run(() => document.querySelectorAll('#forecast .key-run').length);
    assert.equal(await drawn(), all.length - failing.length - 1);
    await page.run(() => document.querySelector('#compare tr[data-run] .tick input:not(:disabled)').click());
    assert.equal(await drawn(), all.length - failing.length - 2);
    assert.deepEqual(await page.accessibility(), []);
  });

  test('a run whose budget ends before its first epoch has a forecast and no band, and nothing is said to be no number', async () => {
    const page = await opened(browser, `#${small}&batch_size=8`);
    const [[id]] = await architectures(page);
    await compare(page, { pick: [id], budget: 'steps', amount: 1 });
    await untilOver(page);
    await page.until('its forecast above', () => /The forecast begins at/.test(document.querySelector('#hero-summary').textContent));
    assert.doesNotMatch(await page.text('#forecast'), /NaN|between/);
    assert.match(await page.text('#forecast .key-band'), /No range: these weights were not validated here/);
    assert.match(await page.text('#compare .board'), /ended inside its first epoch/);
  });

  test('every training is a run: its name tells what differs, the table which settings; the list is there after a reload', async () => {
    const page = await opened(browser, `#${small}`);
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    await page.run(() => {
      const knob = document.querySelector('#basic-hidden');
      knob.value = '12';
      knob.dispatchEvent(new Event('change'));
    });
    await press(page, 'Train again');
    await page.until('two runs, both judged', () => [...document.querySelectorAll('#compare tr[data-run]')].filter((row) => /\d/.test(row.querySelectorAll('td.num')[2].textContent)).length === 2);
    const names = (await board(page)).filter(({ run }) => run).map(({ name }) => name);
    assert.ok(names.some((name) => / · hidden units 12$/.test(name)) && names.some((name) => !name.includes('·')), names.join());
    const differing = await page.run(() => [...document.querySelectorAll('#compare .difference tr[data-knob]')].map((row) => [row.getAttribute('data-knob'), ...[...row.querySelectorAll('td')].map((cell) => cell.textContent).sort()]));
    assert.deepEqual(differing, [['hidden', '12', '8']]);

    await untilKept(page, 'both runs, and which one is shown', ({ runs, open }) => runs.length === 2 && runs.every(({ judged }) => judged) && open?.shown[runs[0].data] === runs[1].id);
    await page.reload();
    // The list is there before the core has the model of the run on show.
    await page.until('the list, and a run on show', () => document.querySelectorAll('#compare tr[data-run]').length === 2 && document.querySelector('#compare tr[data-run] [aria-current]'));
    assert.deepEqual((await board(page)).filter(({ run }) => run).map(({ name }) => name).sort(), names.sort());
    assert.equal((await board(page)).filter(({ shown }) => shown).length, 1);
  });

  test('equal steps are kept to the step, equal sizes to the nearest; a pause holds all, an end keeps what is there', async () => {
    const page = await opened(browser, `#${small}&epochs=1000&patience=0`);
    const all = await architectures(page);
    const sized = catalog().architectures.filter(({ knobs }) => knobs.includes('hidden')).slice(0, 3).map(({ id }) => id);
    await compare(page, { pick: sized, budget: 'steps', amount: 13, equal: true });
    await untilOver(page);
    const rows = (await board(page)).filter(({ run }) => run);
    assert.deepEqual(rows.map(({ steps }) => steps), sized.map(() => 13));
    const target = Number((await page.text('#model .weights strong')).replace(',', ''));
    for (const { name, cells } of rows) {
      const parameters = Number(cells[3].replace(',', ''));
      assert.ok(Math.abs(parameters - target) < 0.2 * target, `${name}: ${parameters} of ${target}`);
    }

    // Without a limit, over a thousand epochs: until it is ended.
    const [one, other, waits] = all.map(([id]) => id);
    await compare(page, { pick: [one, other, waits], budget: 'none' });
    await page.until('epochs', () => document.querySelectorAll('#compare tr[data-status="running"]').length > 0 && [...document.querySelectorAll('#compare tr[data-status="running"]')].every((row) => Number(row.getAttribute('data-steps')) > 20));
    await press(page, 'Pause');
    await page.until('all paused', () => document.querySelector('#compare tr[data-status="paused"]') && !document.querySelector('#compare tr[data-status="running"]'));
    const still = (await board(page)).map(({ steps }) => steps);
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.deepEqual((await board(page)).map(({ steps }) => steps), still, 'nothing trains while it is paused');
    await press(page, 'Continue');
    await page.until('more steps', (before) => [...document.querySelectorAll('#compare tr[data-status="running"]')].some((row) => !before.includes(Number(row.getAttribute('data-steps')))), { args: [still] });
    await press(page, 'End now');
    await untilOver(page);
    const ended = (await board(page)).filter(({ status }) => status === 'stopped');
    assert.ok(ended.length >= 1, 'what trained is kept');
    assert.ok(ended.every(({ test: judged }) => judged > 0));
    assert.equal((await board(page)).filter(({ status }) => status === 'waiting').length, 0, 'what waited is gone');
  });

  test('a worker that dies costs its run alone', async () => {
    const page = await opened(browser, `#${small}&epochs=1000&patience=0`, {
      before: () => {
        const Plain = Worker;
        /** @type {any} */ (window).trainers = [];
        window.Worker = class extends Plain {
          /** @param {string | URL} url @param {WorkerOptions} [options] */
          constructor(url, options) {
            super(url, options);
            if (options?.name === 'compare') /** @type {any} */ (window).trainers.push(this);
          }
        };
      },
    });
    const ids = (await architectures(page)).slice(0, 3).map(([id]) => id);
    // By time: on a fast machine a number of steps ends too soon.
    await compare(page, { pick: ids, budget: 'time', amount: 3 });
    await page.until('one that trains', () => [...document.querySelectorAll('#compare tr[data-status="running"]')].some((row) => Number(row.getAttribute('data-steps')) > 5));
    await page.run(() => /** @type {any} */ (window).trainers[0].dispatchEvent(new ErrorEvent('error', { message: 'unreachable executed', cancelable: true })));
    await untilOver(page);
    // The browser reports this test's artificial event.
    await page.takeProblems();
    const rows = (await board(page)).filter(({ run }) => run);
    assert.deepEqual(rows.map(({ status }) => status).sort(), ['failed', 'finished', 'finished']);
    assert.match(rows.find(({ status }) => status === 'failed')?.note ?? '', /stopped unexpectedly/);
  });

  test('steps a second of one worker and of two side by side', inSoak, async (t) => {
    const rates = [];
    for (const cores of [1, 2]) {
      const page = await browser.open({
        before: cores === 1
          ? () => Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 1 })
          : () => Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 2 }),
      });
      await untilReady(page);
      const pick = (await architectures(page)).slice(1, 3).map(([id]) => id);
      const from = Date.now();
      await compare(page, { pick, budget: 'time', amount: 4 });
      await untilOver(page);
      const seconds = (Date.now() - from) / 1000;
      const rows = (await board(page)).filter(({ run }) => run);
      for (const { steps, spent, status } of rows) assert.ok(status === 'finished' && steps > 0 && spent >= 4000, `${steps} steps in ${spent} ms`);
      rates.push({ seconds, each: rows.map(({ name, steps, spent }) => ({ name, rate: (1000 * steps) / spent })).sort((a, b) => (a.name < b.name ? -1 : 1)) });
    }
    const [alone, together] = rates;
    for (const [index, { name, rate }] of together.each.entries()) {
      t.diagnostic(`${browser.name}, ${name}: ${alone.each[index].rate.toFixed(1)} steps/s with one worker, ${rate.toFixed(1)} beside another (${((100 * rate) / alone.each[index].rate).toFixed(0)} %)`);
    }
    t.diagnostic(`${browser.name}: ${alone.seconds.toFixed(1)} s one after another, ${together.seconds.toFixed(1)} s side by side`);
  });
}, { dealt: true });
