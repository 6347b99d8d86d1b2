// No worker reaches another origin, in any way that workers have: the page's policy holds inside them, however the page was opened.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { PLAIN } from '../plain.mjs';
import { architectures, compare } from './contest.mjs';
import { inBrowsers, root } from './harness.mjs';
import { chooseWorkers, press, untilReady } from './steps.mjs';

const built = existsSync(path.join(root, 'dist/unrolled.html')) ? {} : { skip: 'dist/ is not built: make build' };

/** Runs before a worker's own code: tries ways out, each to a path of its own, and reports the results on its port. */
function tryWaysOut() {
  self.addEventListener('message', async (event) => {
    if (event.data.type !== 'try') return;
    event.stopImmediatePropagation();
    const { origin, nests } = event.data;
    const [back] = event.ports;
    const socket = origin.replace('http', 'ws');
    /** @param {EventTarget & {onopen?: unknown}} source @param {string} heard @returns {Promise<unknown>} */
    const opens = (source, heard) =>
      new Promise((resolve, reject) => {
        source.addEventListener(heard, resolve);
        source.addEventListener('error', () => reject(new Error('blocked')));
      });
    /** @returns {Promise<unknown>} The attempt of a worker of this worker. */
    const nested = () => {
      const text = `const ways = [() => fetch('${origin}/nested', { mode: 'no-cors' }), () => import('${origin}/nested.js')];
        Promise.any(ways.map((way) => way())).then(() => postMessage(true), () => postMessage(false));`;
      const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data: open }) => (open ? resolve(open) : reject(new Error('blocked')));
        worker.onerror = () => reject(new Error('blocked'));
      });
    };
    /** @type {Record<string, () => unknown>} */
    const ways = nests ? { nested } : {
      fetch: () => fetch(`${origin}/fetch`, { mode: 'no-cors' }),
      // A request that outlives the worker.
      keepalive: () => fetch(`${origin}/keepalive`, { method: 'POST', keepalive: true, mode: 'no-cors', body: 'x' }),
      import: () => import(`${origin}/import.js`),
      importScripts: () => importScripts(`${origin}/scripts.js`),
      XMLHttpRequest: () => {
        const request = new XMLHttpRequest();
        request.open('GET', `${origin}/request`);
        request.send();
        return opens(request, 'load');
      },
      WebSocket: () => opens(new WebSocket(`${socket}/socket`), 'open'),
      EventSource: () => opens(new EventSource(`${origin}/events`), 'open'),
      cache: async () => (await caches.open('out')).add(`${origin}/cache`),
      font: () => new FontFace('out', `url(${origin}/font)`).load(),
      wasm: () => WebAssembly.compileStreaming(fetch(`${origin}/wasm`)),
    };
    for (const [way, take] of Object.entries(ways)) {
      const say = (/** @type {string} */ how) => back.postMessage({ way, how });
      // A promise from the start, whatever is thrown.
      new Promise((resolve) => resolve(take())).then(() => say('open'), () => say('blocked'));
    }
  });
}

/** The same as text. */
const attempts = `;(${tryWaysOut})();\n`;

/** Notes every worker. Runs in the page. @param {string} carried Runs before the code of workers whose text the page carries. */
function noteWorkers(carried) {
  const [PlainWorker, PlainBlob] = [Worker, Blob];
  /** @type {{sort: string, worker: Worker, asked?: boolean}[]} */
  const workers = [];
  /** @type {() => Worker} Another of the page's workers, which the page knows nothing of and leaves idle. */
  let another;
  /** @type {Record<string, Record<string, string>>} By sort of worker and way: "open", if it ever was, or "blocked". */
  const tried = {};
  /** Makes a worker try, on a channel of its own, since the page ends workers with unknown messages. */
  const ask = (/** @type {Worker} */ worker, /** @type {string} */ sort, /** @type {object} */ message) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data: { way, how } }) => {
      const ways = (tried[sort] ??= {});
      if (ways[way] !== 'open') ways[way] = how;
    };
    worker.postMessage({ type: 'try', ...message }, [port2]);
  };
  Object.assign(window, { workers, tried, ask, another: () => another() });
  window.Worker = class extends PlainWorker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      workers.push({ sort: options?.name ?? '', worker: this });
      another ??= () => new PlainWorker(url, options);
    }
  };
  window.Blob = class extends PlainBlob {
    /** @param {BlobPart[]} [parts] @param {BlobPropertyBag} [options] */
    constructor(parts = [], options) {
      super(options?.type === 'text/javascript' && location.protocol === 'file:' ? [carried, ...parts] : parts, options);
    }
  };
}

inBrowsers((browser) => {
  /** Another origin, which accepts everything, and its requests. @type {string[]} */
  const asked = [];
  const elsewhere = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' }).end('export default 1;\n');
  });
  before(() => new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', () => resolve(undefined))));
  after(() => elsewhere.close());

  for (const place of ['source', 'site', 'file']) {
    test(`no sort of worker reaches another origin, opened as: ${place}`, place === 'source' ? {} : built, async () => {
      const page = await browser.open({
        place,
        address: `#${PLAIN}&sample=co2&hidden=24&window=48&horizon=12&segment=1&shards=2&epochs=10000&patience=0`,
        replace: { 'core/worker.js': (text) => attempts + text },
        before: /** @type {any} */ (`() => (${noteWorkers})(${JSON.stringify(attempts)})`),
      });
      await untilReady(page);
      // Two workers train the model and one more a run beside it, so there is every sort of worker.
      await chooseWorkers(page, 2);
      await press(page, 'Train');
      await page.until('two that train', () => /Training on 2 workers/.test(document.querySelector('#train .workers')?.textContent ?? ''));
      await compare(page, { pick: (await architectures(page)).slice(0, 1).map(([id]) => id), budget: 'none' });
      await page.until('a run beside them', () => Number(document.querySelector('#compare tr[data-status="running"]')?.getAttribute('data-steps')) > 0);
      const sorts = ['data', 'model', 'peer', 'compare'];
      const { port } = /** @type {import('node:net').AddressInfo} */ (elsewhere.address());
      const origin = `http://127.0.0.1:${port}`;
      // On a busy machine a helper may be given up and replaced, so each new one is tested too. Firefox does not report every
      // block, so the server counts the requests that arrive.
      await page.until(
        'every sort of worker',
        (wanted, certain, origin) => {
          const { ask, tried, workers } = /** @type {any} */ (window);
          for (const one of workers) {
            if (one.asked) continue;
            one.asked = true;
            ask(one.worker, one.sort, { origin });
          }
          return wanted.every((sort) => certain.every((way) => tried[sort]?.[way]));
        },
        { args: [sorts, ['fetch', 'keepalive', 'import', 'importScripts'], origin] },
      );
      // In Firefox a worker sometimes hangs for good while it starts a worker of its own (the page's never do). So the workers that
      // try it do nothing else, and after ten seconds of silence another one tries.
      await page.until(
        "a worker's own worker",
        (origin) => {
          const { another, ask, tried, asked = -Infinity } = /** @type {any} */ (window);
          if (tried.nested) return true;
          if (performance.now() - asked > 10_000) {
            Object.assign(window, { asked: performance.now() });
            ask(another(), 'nested', { origin, nests: true });
          }
          return false;
        },
        { args: [origin] },
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      for (const [sort, ways] of Object.entries(await page.run(() => /** @type {any} */ (window).tried))) {
        assert.deepEqual(Object.entries(ways).filter(([, how]) => how !== 'blocked'), [], `${sort}: ways that are open`);
      }
      assert.deepEqual(asked.splice(0), [], 'nothing arrived');
      // The browser reports each block on its console; nothing else went wrong.
      for (const problem of await page.takeProblems()) assert.match(problem, /polic|blocked|127\.0\.0\.1|elsewhere|importScripts/i);
    });
  }
});
