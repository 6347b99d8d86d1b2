// Our builds and TensorFlow.js in one browser: one page holds all of them and does one thing at a time.
import { Browser } from '../../../tests/page/harness.mjs';

/** @typedef {import('../jobs.mjs').Job} Job */

/** A browser with the benches' page open. */
export class BenchBrowser {
  /** @param {string} name @param {string} dir The folder to serve. */
  constructor(name, dir) {
    this.name = name;
    this.dir = dir;
    this.browser = new Browser(name);
    this.version = name;
  }

  async start() {
    await this.browser.start();
    await this.browser.driver.manage().setTimeouts({ script: 600_000 });
    const capabilities = await this.browser.driver.getCapabilities();
    this.version = `${capabilities.getBrowserName()} ${capabilities.getBrowserVersion()}`;
    this.page = await this.browser.open({ dir: this.dir, address: 'page.html' });
    await this.page.until('the benches', () => Boolean(/** @type {any} */ (window).bench));
  }

  /** @param {object} job @returns {Promise<any>} */
  ask(job) {
    if (!this.page) throw new Error(`${this.name} was not started`);
    return this.page.run((asked) => /** @type {any} */ (window).bench.ask(asked), job);
  }

  async stop() {
    const page = this.page;
    await this.browser.stop();
    await page?.server?.close();
  }
}

/** Ours in a browser. @param {BenchBrowser} browser @param {string} build @param {string} file The series' address. */
export function ours(browser, build, file) {
  return {
    id: `${browser.name}_${build}`, label: `ours, ${browser.name}, ${build === 'plain' ? 'simd128' : `${build} SIMD`}`,
    family: 'ours', browser: browser.name, build,
    async start() {},
    /** @param {Job} job */
    has: (job) => ['train', 'window', 'stream'].includes(job.kind),
    /** Seconds for `count` steps or answers. @param {Job} job @param {number} count @returns {Promise<number>} */
    time: async ({ kind, id, settings }, count) => (await browser.ask({ do: kind, id, build, file, settings, count })).seconds,
    async stop() {},
  };
}

/** Steps (or answers) for TensorFlow.js instead of a job's own number: it is some twenty times slower. */
const FEW = { train: 8, window: 20 };

/** TensorFlow.js in a browser. @param {BenchBrowser} browser */
export function tensorflow(browser) {
  return {
    id: `tfjs_${browser.name}`, label: `TensorFlow.js wasm, ${browser.name}`, family: 'tfjs', browser: browser.name,
    async start() {},
    /** @param {Job} job */
    has: ({ kind, architecture = '' }) => kind === 'window' || (kind === 'train' && ['lstm', 'gru', 'rnn'].includes(architecture)),
    /** Steps to measure. @param {Job} job */
    few: ({ id, kind }) => (id === 'm' ? 1 : FEW[/** @type {'train'} */ (kind)]),
    /** @param {Job} job @param {number} count @returns {Promise<number>} */
    time: async ({ kind, id, settings }, count) => (await browser.ask({ do: `rival_${kind}`, id, settings, count })).seconds,
    async stop() {},
  };
}

/**
 * Several workers at one model in a browser, as the page trains it: in separate pages of a separate browser, because each
 * measurement starts a new one.
 * @param {string} name @param {number} workers @param {boolean} quick
 * @param {typeof import('../workers.mjs').timeSteps} timeSteps
 */
export function team(name, workers, quick, timeSteps) {
  const browser = new Browser(name);
  return {
    id: `workers_${workers}_${name}`, label: `ours, ${name}, ${workers} workers`, family: 'workers', browser: name,
    start: () => browser.start(),
    /** @param {Job} job */
    has: ({ id }) => id === 'm',
    /** @param {Job} _ @param {number} count */
    async time(_, count) {
      const page = await browser.open({ address: 'tests/page/fixture/' });
      const { seconds } = await timeSteps(page, 'M', { shards: workers, workers }, { stretches: 1, seconds: quick ? 1.5 : 3 });
      await browser.closePages();
      return (seconds[0] ?? NaN) * count;
    },
    stop: () => browser.stop(),
  };
}
