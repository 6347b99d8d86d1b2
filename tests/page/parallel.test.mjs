// Several workers that train one model: the same numbers as with one, to the last bit, whatever happens to them.
import assert from 'node:assert/strict';
import { plain } from '../plain.mjs';
import { inBrowsers, inSoak } from './harness.mjs';
import { LASTING, chooseWorkers, press, untilReady, untilStatus } from './steps.mjs';

/** Both dropouts, two layers, four parts of a batch. */
const settings = {
  ...plain, target: 'temp_c', architecture: 'lstm', hidden: 20, layers: 2, dropout: 0.2, head_dropout: 0.3, segment: 1,
  window: 48, horizon: 12, epochs: 3, shards: 4, seed: 7,
};

/**
 * Makes tools for training in an otherwise empty page: `tools.begin()`, and `tools.peers`, the helpers.
 * @param {import('./harness.mjs').Page} page
 */
async function prepare(page) {
  await page.run(async (chosen) => {
    const at = (/** @type {string} */ path) => new URL(`../../../${path}`, location.href).href;
    const { peers, seriesOf, trainer } = await import(at('tests/page/fixture/training.js'));
    const csv = await (await fetch(at('www/samples/jfk_2013_hourly_celsius.csv'))).arrayBuffer();
    const parts = await seriesOf(new Uint8Array(csv));
    /** @type {any} */ (window).tools = { peers, begin: (/** @type {object} */ more) => trainer(parts, { ...chosen, ...more }) };
  }, settings);
}

inBrowsers((browser, test) => {
  test('one, two, four and as many workers as are fastest give the same model and curves', async (t) => {
    const page = await browser.open({ address: 'tests/page/fixture/' });
    await prepare(page);
    const results = await page.run(async () => {
      const { tools } = /** @type {any} */ (window);
      const found = [];
      for (const workers of [1, 2, 4, 0]) {
        const it = await tools.begin();
        const result = it.result();
        await it.start(workers);
        found.push({ ...(await result), workers, seen: [...it.seen], peers: tools.peers.splice(0).length });
        it.client.close();
      }
      return found;
    });
    const [alone, ...others] = results;
    assert.deepEqual([alone.seen, alone.peers, alone.history.length], [[1], 0, settings.epochs]);
    for (const { workers, seen, peers, hash, history } of others) {
      t.diagnostic(`${browser.name}, ${workers || 'automatic'}: ${peers} peers, seen ${seen.join(', ')}; ${hash.slice(0, 16)}…`);
      if (workers) assert.ok(seen.includes(workers) && peers === workers - 1, `${workers} workers trained, not ${seen}`);
      assert.deepEqual([hash, history], [alone.hash, alone.history], `${workers} workers`);
    }
  });

  test('pause, resume, one step and stop with two workers', async () => {
    const page = await browser.open({ address: 'tests/page/fixture/' });
    await prepare(page);
    const found = await page.run(async () => {
      const { tools } = /** @type {any} */ (window);
      const shared = (/** @type {any} */ event) => event.type === 'progress' && event.workers === 2;
      const whole = await tools.begin();
      const expected = whole.result();
      await whole.start(1);
      const { hash } = await expected;
      whole.client.close();

      const it = await tools.begin();
      const first = await it.step(2, true);
      await it.start(2, false);
      await it.hear(shared);
      const paused = await it.client.call('pause', null);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const later = await it.client.call('pause', null);
      const steps = [];
      for (let step = 0; step < 3; step++) steps.push((await it.step(2)).progress.step);
      const result = it.result();
      await it.start(2, false);
      const again = await result;
      it.client.close();

      const stopped = await tools.begin();
      await stopped.start(2);
      await stopped.hear(shared);
      const end = await stopped.client.call('stop', null);
      await stopped.client.call('configure', { settings: {} });
      stopped.client.close();
      return { hash, first: first.progress.step, paused: paused.step, later: later.step, steps, again: again.hash, end: end.state, why: end.why };
    });
    assert.equal(found.first, 1);
    assert.equal(found.later, found.paused, 'nothing trains while paused');
    assert.deepEqual(found.steps, [1, 2, 3].map((more) => found.paused + more), 'one step is one step');
    assert.equal(found.again, found.hash, 'pauses change nothing');
    assert.equal(found.end, 'finished');
    assert.match(found.why, /by hand/);
  });

  test('a peer that is killed, and one that never starts, change nothing', inSoak, async () => {
    const page = await browser.open({ address: 'tests/page/fixture/' });
    await prepare(page);
    const found = await page.run(async () => {
      const { tools } = /** @type {any} */ (window);
      const hashes = [];
      for (const how of ['alone', 'killed', 'throws', 'never starts']) {
        const it = await tools.begin({ epochs: 4 });
        const result = it.result();
        await it.start(how === 'alone' ? 1 : 3);
        if (how === 'never starts') tools.peers.at(-1).terminate();
        if (how === 'killed' || how === 'throws') {
          await it.hear((/** @type {any} */ event) => event.type === 'progress' && event.workers > 1);
          // A killed worker sends nothing; one that throws sends the page an event.
          if (how === 'killed') tools.peers.at(-1).terminate();
          else tools.peers.at(-1).dispatchEvent(new ErrorEvent('error', { message: 'unreachable executed', cancelable: true }));
          await it.hear((/** @type {any} */ event) => event.type === 'progress' && event.workers === 1);
        }
        hashes.push((await result).hash);
        it.client.close();
        tools.peers.splice(0);
      }
      return hashes;
    });
    assert.deepEqual(found, Array(4).fill(found[0]));
  });

  for (const place of ['source', 'site', 'file']) {
    test(`the page trains on two workers and says so, opened as: ${place}`, async () => {
      const asked = 'hidden=24&window=48&horizon=12&segment=1&shards=2&seed=3';
      const page = await browser.open({ place, address: `#sample=seattle&${asked}&${LASTING}` });
      await untilReady(page);
      await chooseWorkers(page, 2);
      await press(page, 'Train');
      await page.until('two workers', () => /Training on 2 workers/.test(document.querySelector('#train .workers')?.textContent ?? ''));
      await press(page, 'Pause');
      await untilStatus(page, 'paused');
      assert.equal(await page.text('#train .workers'), '');
      await press(page, 'Stop');
      await untilStatus(page, 'stopped');
    });
  }
}, { dealt: true });
