// Training to the end for the benches: with the package in an otherwise empty browser page. Trained sessions are kept there under a
// key until they are freed, since wasm's memory never shrinks.
import { Browser } from '../../tests/page/harness.mjs';

/** Runs in the page, with `window` as the memory between jobs. */
const inPage = `
  const [base, { name, ...job }, done] = arguments;
  (async () => {
    window.unrolled ??= (async () => {
      const library = await import(base + 'pkg/unrolled.js');
      await library.default();
      return library;
    })();
    const { CsvReader, Session, catalog } = await window.unrolled;
    window.kept ??= new Map();
    return {
      catalog,
      open({ text, columns }) {
        const reader = new CsvReader();
        reader.push(new TextEncoder().encode(text));
        window.parts = reader.finish().series(columns ? { columns } : {}).to_parts();
      },
      async train({ key, settings }) {
        const session = new Session(window.parts);
        try {
          const configured = session.configure(settings);
          const from = performance.now();
          let progress;
          do {
            progress = session.train(200);
            await new Promise((next) => setTimeout(next));
          } while (progress.state !== 'finished');
          window.kept.set(key, session);
          return { seconds: (performance.now() - from) / 1000, progress, parameters: configured.parameters.total };
        } catch (error) {
          session.free();
          throw error;
        }
      },
      score: ({ key, part }) => window.kept.get(key).evaluate(part),
      free({ key }) {
        window.kept.get(key)?.free();
        window.kept.delete(key);
      },
    }[name](job);
  })().then((result) => done({ result }), (error) => done({ error: String(error.message ?? error) }));
`;

/** A fully trained model. @typedef {{seconds: number, progress: import('../../pkg/unrolled.js').Progress, parameters: number}} Trained */

/**
 * A browser that trains.
 * @param {string} name @param {number} most Time limit of one training in milliseconds.
 */
export async function bench(name, most) {
  const browser = new Browser(name);
  await browser.start();
  await browser.driver.manage().setTimeouts({ script: most });
  const page = await browser.open({ address: 'www/samples/README.md' });
  /** @param {string} job @param {object} [what] @returns {Promise<any>} */
  const call = async (job, what = {}) => {
    const { result, error } = await browser.driver.executeAsyncScript(inPage, page.base, { ...what, name: job });
    if (error) throw new Error(error);
    return result;
  };
  return {
    name: browser.name,
    /** @returns {Promise<import('../../pkg/unrolled.js').Catalog>} */
    catalog: () => call('catalog'),
    /** Opens the series for all later trainings. @param {string} text @param {string[]} [columns] */
    open: (text, columns) => call('open', { text, columns }),
    /** @param {string} key @param {object} settings @returns {Promise<Trained>} */
    train: (key, settings) => call('train', { key, settings }),
    /** Errors on a part. @param {string} key @param {'validation' | 'test'} [part] @returns {Promise<import('../../pkg/unrolled.js').Evaluation>} */
    score: (key, part = 'test') => call('score', { key, part }),
    /** @param {string} key */
    free: (key) => call('free', { key }),
    async stop() {
      // An open server would keep the process alive.
      await page.server?.close();
      await browser.stop();
    },
  };
}

/** @param {number} x @returns {string} An error of scaled values in the papers' format. */
export const digits = (x) => x.toFixed(4).replace(/^0/, '');
