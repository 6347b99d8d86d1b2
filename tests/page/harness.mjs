// The base of the page's tests: the page in a real browser, from a server as plain as any host's or from disk, with a record of
// everything that goes wrong in it. A test that leaves an unclaimed record fails (see `inBrowsers`).
import assert from 'node:assert/strict';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { startServer } from '../../scripts/server.mjs';
import { browserNames, startBrowser } from './browsers.mjs';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The policy: everything from the page's own origin, or made by the page itself. The server collects violations, also from workers. */
const OWN_ORIGIN = "default-src 'self' data: blob: 'unsafe-inline' 'wasm-unsafe-eval'";

/**
 * The ways to open the application.
 * @type {Record<string, {dir?: string, path?: string, folder?: string, file?: string}>}
 */
const places = {
  /** The bundles of dist/, served with the checkout around them: half the work of the hundred modules of the source. */
  built: { dir: root, folder: 'dist/' },
  /** The checkout, unbundled: what `make serve` serves. */
  source: { dir: root },
  /** The static site, in a folder somewhere on a host. */
  site: { dir: path.join(root, 'dist'), path: '/some/where/' },
  /** The one file, from disk. */
  file: { file: path.join(root, 'dist/unrolled.html') },
};

/**
 * Tests in both browsers: `define` is called once for each and registers tests with the `test` that it is given; in a test,
 * `browser.open()` gives a page with storage of its own. Errors in a test's pages fail it.
 *
 * `dealt`: tests of the page's own logic, the same in every browser. `make test` deals them out between the browsers, so that each
 * runs once; `make soak` runs all in both.
 * @param {(browser: Browser, test: typeof import('node:test').test) => void} define
 * @param {{dark?: boolean, dealt?: boolean}} [options]
 */
export function inBrowsers(define, { dealt = false, ...options } = {}) {
  for (const [place, name] of browserNames.entries()) {
    let count = 0;
    const inTurn = /** @type {typeof test} */ ((/** @type {any[]} */ ...args) => (count++ % browserNames.length === place ? test(...args) : undefined));
    describe(name, () => {
      const browser = new Browser(name);
      before(() => browser.start(options));
      afterEach(() => browser.closePages());
      after(() => browser.stop());
      define(browser, dealt && !SOAKS ? inTurn : test);
    });
  }
}

/** Whether every test and every case of a table runs in both browsers, and the tests that measure: `make soak`. */
const SOAKS = Boolean(process.env.SOAK);

/**
 * Time limit of a wait: it takes a second or, on a busy machine, a minute. The limit only ends hanging tests, so that no test
 * depends on the machine's speed. HANGS_MS sets another one, for finding what hangs.
 */
export const HANGS_MS = Number(process.env.HANGS_MS ?? 300_000);

/** For a test that measures or takes long by nature: why `make test` leaves it out. */
export const inSoak = { skip: SOAKS ? false : 'make soak runs it' };

/** Whether dist/ is newer than all it is made of: a test of yesterday's page would pass or fail for nothing. */
const newest = (async () => {
  const made = await stat(path.join(root, 'dist/unrolled.html')).catch(() => null);
  if (!made) throw new Error('dist/ is not built: make build');
  const sources = (await readdir(path.join(root, 'www'), { recursive: true })).map((name) => `www/${name}`);
  for (const name of ['index.html', 'pkg/unrolled.js', 'pkg/unrolled_bg.wasm', 'pkg/unrolled_relaxed_bg.wasm', ...sources]) {
    const found = await stat(path.join(root, name));
    // A folder is newer than its files after any temporary one.
    if (found.isFile() && found.mtimeMs > made.mtimeMs) throw new Error(`dist/ is older than ${name}: make build`);
  }
})();
// Only a test that opens it needs to know.
newest.catch(() => {});

/** One of the two browsers, running. */
export class Browser {
  /** @type {import('selenium-webdriver').WebDriver} */
  driver = /** @type {any} */ (undefined);
  /** @type {Page[]} */
  pages = [];
  /** Scripts that run before a page's own. @type {string[]} */
  preloads = [];

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /**
   * The cases of a long table that this browser tries: `make soak` tries all in both. In `make test` they are dealt out in `shares`, one
   * of them to each browser: with as many shares as browsers each case is tried in one of them.
   * @template T @param {T[]} all @param {number} [shares] @returns {T[]}
   */
  cases(all, shares = browserNames.length) {
    if (SOAKS) return all;
    const own = Math.floor((browserNames.indexOf(this.name) * shares) / browserNames.length);
    return all.filter((_, index) => index % shares === own);
  }

  /** @param {{dark?: boolean}} [options] */
  async start(options) {
    this.driver = await startBrowser(this.name, options);
    this.bidi = await this.driver.getBidi();
    await this.bidi.subscribe(['log.entryAdded', 'network.beforeRequestSent', 'network.fetchError']);
    this.bidi.socket.on('message', (/** @type {Buffer} */ data) => {
      const { method, params } = JSON.parse(data.toString());
      if (!method) return;
      // A page that was just left may still have requests.
      const url = params.request?.url;
      const page = (url && this.pages.find((candidate) => candidate.owns(url))) || this.pages.at(-1);
      page?.heard(method, params);
    });
  }

  /**
   * Opens the application, or another page of the checkout.
   * @param {object} [options]
   * @param {string} [options.place] `built`, `source`, `site` or `file`; if not given, `source` for another page of the checkout and
   *   where scripts are replaced, else `built`.
   * @param {string} [options.dir] Instead of a place: a folder to serve.
   * @param {string} [options.file] Instead of a place: a file to open from disk.
   * @param {string} [options.address] The rest of the address, such as `?seed=1` or `tests/page/fixture/`.
   * @param {number} [options.width]
   * @param {number} [options.height]
   * @param {Record<string, (text: string) => string>} [options.replace] Scripts that the server changes, see `startServer`.
   * @param {() => void} [options.before] Runs in the page before its own scripts, to change the browser's functions.
   */
  async open({ place, dir, file, address = '', width = 1440, height = 900, replace, before } = {}) {
    place ??= replace || /^[^#?]/.test(address) ? 'source' : 'built';
    const where = dir || file ? { dir, file } : places[place];
    if (!where) throw new Error(`The application is never opened from “${place}”.`);
    if (place !== 'source') await newest;
    // A port of its own is an origin of its own: no page finds another one's storage.
    const server = where.file ? undefined : await startServer({ ...where, policy: OWN_ORIGIN, replace });
    const base = server ? server.url + (where.folder ?? '') : pathToFileURL(/** @type {string} */ (where.file)).href;
    // The previous page is left first, so that its workers' requests do not count for this one.
    if (this.pages.length) await this.driver.get('about:blank');
    const page = new Page(this, base, await this.driver.getWindowHandle(), server);
    this.pages.push(page);
    await this.viewport(width, height);
    if (before) {
      const { script } = await this.command('script.addPreloadScript', { functionDeclaration: String(before) });
      this.preloads.push(script);
    }
    await this.driver.get(base + address);
    return page;
  }

  /** Opens a second tab of the same origin, with the first one's storage. @param {Page} page @param {string} [address] As in `open`. @returns {Promise<Page>} */
  async openBeside(page, address = '') {
    await this.driver.switchTo().newWindow('tab');
    const beside = new Page(this, page.base, await this.driver.getWindowHandle(), page.server);
    this.pages.push(beside);
    await this.viewport(1440, 900);
    await this.driver.get(page.base + address);
    return beside;
  }

  /** @param {number} width @param {number} height */
  async viewport(width, height) {
    await this.command('browsingContext.setViewport', { context: await this.driver.getWindowHandle(), viewport: { width, height } });
  }

  /** A command of WebDriver BiDi. @param {string} method @param {object} params @returns {Promise<any>} */
  async command(method, params) {
    const answer = await this.bidi.send({ method, params });
    if (answer.type === 'error') throw new Error(`${method}: ${answer.message}`);
    return answer.result;
  }

  /** Closes the test's pages and fails on their errors. */
  async closePages() {
    const pages = this.pages;
    const problems = [];
    for (const page of pages) problems.push(...(await page.takeProblems()));
    for (const script of this.preloads.splice(0)) await this.command('script.removePreloadScript', { script });
    const [first, ...others] = new Set(pages.map(({ handle }) => handle));
    for (const handle of others) {
      await this.driver.switchTo().window(handle);
      await this.driver.close();
    }
    if (others.length) await this.driver.switchTo().window(first);
    // Leaving the page ends its workers.
    await this.driver.get('about:blank');
    this.pages = [];
    for (const server of new Set(pages.map((page) => page.server))) await server?.close();
    assert.deepEqual(problems, [], `${this.name}: something went wrong in the page`);
  }

  async stop() {
    await this.driver?.quit();
  }
}

/** The application in a browser, and actions on it. */
export class Page {
  /** @type {string[]} */
  #problems = [];
  /** Requested addresses of the page and its workers. @type {string[]} */
  requests = [];

  /**
   * @param {Browser} browser
   * @param {string} base
   * @param {string} handle Its tab.
   * @param {import('../../scripts/server.mjs').Server} [server]
   */
  constructor(browser, base, handle, server) {
    this.browser = browser;
    this.driver = browser.driver;
    this.base = base;
    this.handle = handle;
    this.server = server;
  }

  /** Makes its tab the target of later commands. */
  async front() {
    const several = new Set(this.browser.pages.map(({ handle }) => handle)).size > 1;
    if (several) await this.driver.switchTo().window(this.handle);
  }

  /** Closes its tab, which is not the only one. */
  async close() {
    await this.front();
    await this.driver.close();
    this.browser.pages = this.browser.pages.filter((page) => page !== this);
    await this.driver.switchTo().window(this.browser.pages[0].handle);
  }

  /** An event of the browser. @param {string} method @param {any} params */
  heard(method, params) {
    if (method === 'log.entryAdded' && params.level === 'error') {
      const at = params.stackTrace?.callFrames?.[0];
      this.#problems.push(`console: ${params.text}${at ? ` (${at.url}:${at.lineNumber + 1})` : ''}`);
    }
    if (method === 'network.beforeRequestSent') {
      const { url } = params.request;
      this.requests.push(url);
      if (!this.owns(url) && !/^(?:data|blob|about):/.test(url)) this.#problems.push(`request to elsewhere: ${url}`);
    }
    if (method === 'network.fetchError') {
      // Pages are left while they load, which is no error.
      if (!/abort/i.test(params.errorText)) this.#problems.push(`request failed: ${params.request.url} (${params.errorText})`);
    }
  }

  /** Whether an address has the page's own origin; from disk, the page itself. @param {string} url */
  owns(url) {
    return this.server ? new URL(url).origin === new URL(this.base).origin : url.split(/[?#]/)[0] === this.base;
  }

  /**
   * The errors since the last call: errors on the console, uncaught errors, requests to other origins or without an answer,
   * violations of the content security policy. A test that expects some takes them, and checks them.
   * @returns {Promise<string[]>}
   */
  async takeProblems() {
    // Events and reports arrive a little after their step.
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (const report of this.server?.violations.splice(0) ?? []) {
      this.#problems.push(`policy: ${report['effective-directive'] ?? report['violated-directive']} ${report['blocked-uri']} in ${report['source-file'] ?? '?'}`);
    }
    for (const missing of this.server?.missing.splice(0) ?? []) {
      // Browsers request it from every host.
      if (!missing.endsWith('/favicon.ico')) this.#problems.push(`not found: ${missing}`);
    }
    return this.#problems.splice(0);
  }

  /**
   * Runs a function in the page and returns what it returns or resolves to.
   * @template {unknown[]} A
   * @template R
   * @param {(...args: A) => R} body Runs in the page: it sees its arguments and nothing of the test.
   * @param {A} args
   * @returns {Promise<Awaited<R>>}
   */
  async run(body, ...args) {
    await this.front();
    const answer = /** @type {any} */ (
      await this.driver.executeAsyncScript(
        `const done = arguments[arguments.length - 1];
         Promise.resolve().then(() => (${body})(...Array.prototype.slice.call(arguments, 0, -1)))
           .then((value) => done({ value }), (error) => done({ error: String(error && error.stack || error) }));`,
        ...args,
      )
    );
    if (answer.error) throw new Error(`In the page: ${answer.error}`);
    return answer.value;
  }

  /**
   * Waits until a function, run in the page repeatedly, returns a true value, and returns that.
   * @template {unknown[]} A
   * @param {string} what The awaited event, for the message.
   * @param {(...args: A) => unknown} body
   * @param {{timeout?: number, args?: A}} [options] `timeout` in milliseconds.
   */
  async until(what, body, { timeout = HANGS_MS, args = /** @type {any} */ ([]) } = {}) {
    const end = Date.now() + timeout;
    for (let pause = 5; ; pause = Math.min(100, 1.5 * pause)) {
      const value = await this.run(body, ...args);
      if (value) return value;
      if (Date.now() > end) {
        const file = await this.#keepScreenshot();
        throw new Error(`${this.browser.name}: waited ${timeout / 1000} s for ${what}${file}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Where SCREENSHOTS names a folder, a picture of a failing test's page. */
  async #keepScreenshot() {
    if (!process.env.SCREENSHOTS) return '';
    const file = path.join(process.env.SCREENSHOTS, `${this.browser.name}-${Date.now()}.png`);
    await this.screenshot(file);
    return ` (${file})`;
  }

  /** The first element that matches, awaited. @param {string} selector */
  async element(selector) {
    await this.until(selector, (s) => document.querySelector(s) !== null, { args: [selector] });
    return this.driver.findElement({ css: selector });
  }

  /** Clicks like a person: at the element's place, scrolled into view. @param {string} selector */
  async click(selector) {
    const element = await this.element(selector);
    await this.run((s) => document.querySelector(s)?.scrollIntoView({ block: 'center', behavior: 'instant' }), selector);
    await element.click();
  }

  /** @param {string} selector */
  text(selector) {
    return this.run((s) => document.querySelector(s)?.textContent?.replace(/\s+/g, ' ').trim() ?? null, selector);
  }

  /** Reloads the page, with its storage. */
  async reload() {
    await this.front();
    await this.driver.navigate().refresh();
  }

  /** Chooses a file in a file input, like the system's dialogue. @param {string} selector @param {string} file */
  async chooseFile(selector, file) {
    await (await this.element(selector)).sendKeys(path.resolve(file));
  }

  /**
   * Drops a file on an element: the events of a real drag, with a real File in their DataTransfer.
   * @param {string} selector
   * @param {string} name The file's name.
   * @param {string | Uint8Array} content
   * @param {string} [type] Its MIME type from the system.
   */
  async dropFile(selector, name, content, type = 'text/csv') {
    await this.element(selector);
    await this.run(
      async (s, fileName, base64, mime) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], fileName, { type: mime }));
        const target = /** @type {Element} */ (document.querySelector(s));
        const box = target.getBoundingClientRect();
        for (const kind of ['dragenter', 'dragover', 'drop']) {
          target.dispatchEvent(
            new DragEvent(kind, {
              bubbles: true,
              cancelable: true,
              composed: true,
              dataTransfer: transfer,
              clientX: box.x + box.width / 2,
              clientY: box.y + box.height / 2,
            }),
          );
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
      selector,
      name,
      Buffer.from(content).toString('base64'),
      type,
    );
  }

  /** Drops a file of the disk. @param {string} selector @param {string} file */
  async dropFileFrom(selector, file) {
    await this.dropFile(selector, path.basename(file), await readFile(file));
  }

  /** Saves a picture of the whole page, also below the fold, or of one element. @param {string} file @param {string} [selector] */
  async screenshot(file, selector) {
    const context = await this.driver.getWindowHandle();
    const box = selector && (await this.run((s) => {
      const { x, y, width, height } = /** @type {Element} */ (document.querySelector(s)).getBoundingClientRect();
      return { type: 'box', x: x + scrollX, y: y + scrollY, width, height };
    }, selector));
    const { data } = await this.browser.command('browsingContext.captureScreenshot', { context, origin: 'document', ...(box ? { clip: box } : {}) });
    await writeFile(file, Buffer.from(data, 'base64'));
  }

  /** axe's accessibility violations, one line for each element. @returns {Promise<string[]>} */
  async accessibility() {
    await this.driver.executeScript(axe.source);
    return this.run(async () => {
      const { violations } = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
      return violations.flatMap((/** @type {any} */ { id, help, nodes }) =>
        nodes.map((/** @type {any} */ node) => `${id}: ${help} (${node.target.join(' ')})`),
      );
    });
  }

  /**
   * Starts watching how promptly the page's thread answers; `liveliness` reads the result. A ping every 5 ms costs nothing compared
   * with the measured delays.
   */
  async watchLiveliness() {
    await this.run(() => {
      const seen = { longTasks: /** @type {number[]} */ ([]), longestGap: 0, pings: 0 };
      /** @type {any} */ (window).liveliness = seen;
      if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
        new PerformanceObserver((list) => seen.longTasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask' });
      }
      let last = performance.now();
      const ping = () => {
        const now = performance.now();
        seen.longestGap = Math.max(seen.longestGap, now - last);
        seen.pings++;
        last = now;
        setTimeout(ping, 5);
      };
      setTimeout(ping, 5);
    });
  }

  /**
   * The result since then: the durations of tasks over 50 ms (in Chromium only), and the longest gap between pings, in ms.
   * @returns {Promise<{longTasks: number[], longestGap: number, pings: number}>}
   */
  liveliness() {
    return this.run(() => /** @type {any} */ (window).liveliness);
  }
}
