// Several tabs of the page: one of them writes the records, the others read along and can take over; no tab's model meets another's
// data, and no tab's run is lost to another.
import assert from 'node:assert/strict';
import { PLAIN } from '../plain.mjs';
import { board } from './contest.mjs';
import { inBrowsers } from './harness.mjs';
import { daily, kept, opened, press, pressFoot, pressMain, startOver, untilEpoch, untilJudged, untilKept, untilReady, untilStatus } from './steps.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Small and quick. */
const short = `#${PLAIN}&hidden=8&window=28&horizon=7&segment=1&epochs=2`;
/** Small, and trained until a test ends it. */
const endless = `#${PLAIN}&hidden=16&window=28&horizon=7&segment=1&epochs=10000&patience=0`;

const LOOKS_ON = /Another tab of this page does the saving: nothing trained in this tab is kept\./;
const LOST = /Another tab saves from now on\. Training here continues, but nothing trained in this tab is kept\./;

/** @param {Page} page @param {RegExp} pattern */
const untilNotice = (page, pattern) =>
  page.until(`a notice like ${pattern}`, (source) => !document.querySelector('#notice').hidden && new RegExp(source).test(document.querySelector('#notice').textContent), { args: [pattern.source] });

/** @param {Page} page */
const untilWriter = (page) => page.until('no notice', () => document.querySelector('#notice').hidden && /are kept in this browser only/.test(document.querySelector('#foot').textContent));

/** @param {Page} page */
const takeOver = (page) => page.run(() => [...document.querySelectorAll('#notice button')].find(({ textContent }) => textContent === 'Take over').click());

/** The runs in the table. @param {Page} page */
const runs = async (page) => (await board(page)).filter(({ run }) => run);

/** @param {Page} page @param {number} many */
const untilRuns = (page, many) => page.until(`${many} runs`, (wanted) => document.querySelectorAll('#compare tr[data-run]').length === wanted, { args: [many] });

/** @param {Page} page */
async function trained(page) {
  await pressMain(page);
  await untilStatus(page, 'finished');
  await untilJudged(page);
}

/** A file of values near 1,000. */
const high = daily(400).replace(/,([\d.]+)/g, (_, value) => `,${1000 + Number(value)}`);

/** Opens a second tab, with a file of its own. @param {import('./harness.mjs').Browser} browser @param {Page} page @param {string} name @param {string} text */
async function beside(browser, page, name, text) {
  const other = await browser.openBeside(page, `#${PLAIN}&sample=co2&hidden=8&epochs=2`);
  await untilReady(other);
  await other.dropFile('main', name, text);
  await other.until('its file', (file) => location.hash.includes(`file=${file}`) && !document.querySelector('#train .main').disabled, { args: [name] });
  return other;
}

/** The first value of the forecast. @param {Page} page */
const begins = async (page) => Number(/begins at .*? with ([\d,.]+)/.exec((await page.text('#hero-summary')) ?? '')?.[1].replaceAll(',', ''));

inBrowsers((browser, test) => {
  test('a tab that deletes everything and goes away in the middle: the others find out, and keep on', async () => {
    const one = await opened(browser, short);
    await untilWriter(one);
    // A word of a tab that is never heard of again.
    await one.run(() => {
      const channel = new BroadcastChannel('unrolled-kept');
      channel.postMessage({ state: 'forgetting' });
      channel.close();
    });
    await one.until('the word of it', () => /is being deleted/.test(document.querySelector('#foot').textContent));
    await one.until('a button to delete', () => /Delete everything kept here/.test(document.querySelector('#foot').textContent));
    await trained(one);
    await untilKept(one, 'the run', ({ runs: all }) => all.length === 1 && all[0].judged);
  });

  test('a tab that was open when another deleted everything leaves the saving to the one that starts over', async () => {
    const one = await opened(browser, short);
    await untilWriter(one);
    const other = await browser.openBeside(one, short);
    await untilReady(other);
    await untilNotice(other, LOOKS_ON);
    await pressFoot(one, 'Delete everything kept here');
    for (const page of [one, other]) await page.until('that all is gone', () => /Nothing is kept in this browser any more/.test(document.querySelector('#foot').textContent));
    await startOver(one);
    await untilReady(one);
    await untilWriter(one);
    await trained(one);
    await untilKept(one, 'the run', ({ runs: all }) => all.length === 1 && all[0].judged);
  });

  test('two tabs with files of their own: after a reload each has its own data and its own model', async () => {
    const one = await opened(browser, short);
    await trained(one);
    await untilKept(one, 'the first model', ({ runs: all }) => all[0]?.judged);
    // The same name, so that the address does not tell them apart.
    const other = await beside(browser, one, 'small.csv', high);
    await trained(other);
    await takeOver(other);
    await untilKept(other, 'both', ({ data, runs: all }) => data.length === 2 && all.length === 2 && all.every(({ judged }) => judged));
    for (const [page, least, most] of /** @type {[Page, number, number][]} */ ([[one, 0, 100], [other, 1000, 1100], [one, 0, 100]])) {
      await page.reload();
      await page.until('the model', () => /^This is the model of your last visit|^Finished/.test(document.querySelector('#train .sentence').textContent) && /begins at/.test(document.querySelector('#hero-summary').textContent));
      const value = await begins(page);
      assert.ok(value > least && value < most, `${value} is not between ${least} and ${most}`);
      assert.equal((await runs(page)).length, 1);
    }
    const { runs: all, data } = await kept(one);
    for (const { data: id } of all) assert.ok(data.some((of) => of.id === id));
    assert.equal(new Set(all.map(({ data: id }) => id)).size, 2);
  });

  test('two tabs on the same data: the runs of both are all there', async () => {
    const one = await opened(browser, short);
    await trained(one);
    await untilKept(one, 'the first', ({ runs: all }) => all[0]?.judged);
    const other = await browser.openBeside(one, '');
    await untilReady(other);
    await untilRuns(other, 1);
    await untilNotice(other, LOOKS_ON);
    // Each tab trains one run, the first two tabs first.
    await trained(one);
    await untilRuns(one, 2);
    await untilRuns(other, 2);
    await other.run(() => {
      const knob = document.querySelector('#basic-hidden');
      knob.value = '12';
      knob.dispatchEvent(new Event('change'));
    });
    await press(other, 'Train again');
    await untilRuns(other, 3);
    await untilStatus(other, 'finished');
    await untilJudged(other);
    assert.equal((await kept(other)).runs.length, 2, 'a tab that does not write keeps nothing');
    await takeOver(other);
    await untilKept(other, 'the runs of both', ({ runs: all }) => all.length === 3 && all.every(({ judged }) => judged));
    await untilWriter(other);
    await untilNotice(one, LOST);
    await untilRuns(one, 3);
    for (const page of [one, other]) {
      await page.reload();
      await untilRuns(page, 3);
      assert.equal(new Set((await runs(page)).map(({ run }) => run)).size, 3);
    }
  });

  test('a tab that reads along sees a run train in the other, and is the one that writes when that is closed', async () => {
    const one = await opened(browser, endless);
    await press(one, 'Train');
    await untilEpoch(one);
    await untilKept(one, 'the run', ({ runs: all }) => all[0]?.whole);
    const other = await browser.openBeside(one, '');
    await untilNotice(other, LOOKS_ON);
    await untilRuns(other, 1);
    await other.until('what it is', () => /It is training in another tab/.test(document.querySelector('#train .sentence').textContent));
    const [{ run, steps }] = await runs(other);
    await other.until('more steps', (id, before) => Number(document.querySelector(`#compare tr[data-run="${id}"]`).getAttribute('data-steps')) > before, { args: [run, steps] });
    assert.equal((await runs(other))[0].status, 'running');
    await one.close();
    await untilWriter(other);
    await untilStatus(other, 'stopped');
    assert.equal((await runs(other))[0].status, 'stopped');
    await untilKept(other, 'that it has stopped', ({ runs: all }) => all[0].status === 'stopped');
  });

  test('a tab that is taken over says so, trains on, and can take over in its turn', async () => {
    const one = await opened(browser, endless);
    await press(one, 'Train');
    await untilEpoch(one);
    await untilKept(one, 'the run', ({ runs: all }) => all[0]?.whole);
    const other = await browser.openBeside(one, '');
    await untilNotice(other, LOOKS_ON);
    await takeOver(other);
    await untilWriter(other);
    await untilNotice(one, LOST);
    assert.match((await one.text('#foot')) ?? '', LOST);
    const [{ steps }] = await runs(one);
    await one.until('that it trains on', (before) => Number(document.querySelector('#compare tr[data-run]').getAttribute('data-steps')) > before, { args: [steps] });
    await press(one, 'Stop');
    await untilJudged(one);
    await takeOver(one);
    await untilWriter(one);
    await untilNotice(other, LOST);
    await untilKept(one, 'the run as it ended', ({ runs: all }) => all.length === 1 && all[0].judged && all[0].status === 'stopped');
  });

  test('a browser without locks goes on alone, and says that one tab at a time is to be open', async () => {
    const page = await browser.open({
      address: short,
      before: () => Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined }),
    });
    await untilReady(page);
    await trained(page);
    await untilKept(page, 'the run', ({ runs: all }) => all[0]?.judged);
    assert.match((await page.text('#foot')) ?? '', /Open this page in one tab at a time/);
    assert.equal(await page.run(() => document.querySelector('#notice').hidden), true);
  });
}, { dealt: true });
