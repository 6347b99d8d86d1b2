// Steps that several of the page's tests take.
import { PLAIN } from '../plain.mjs';
import { HANGS_MS } from './harness.mjs';
import { noteLabels } from './labels.mjs';

/** @typedef {import('./harness.mjs').Page} Page */

/** Presses the visible button with this label, as soon as it reacts. @param {Page} page @param {string} label */
export const press = (page, label) =>
  page.until(
    `a button “${label}”`,
    (text) => {
      const hears = (/** @type {HTMLButtonElement} */ button) => !button.disabled && button.getAttribute('aria-disabled') !== 'true';
      const button = [...document.querySelectorAll('main button')].find((one) => one.textContent.trim() === text && hears(one));
      button?.click();
      return Boolean(button);
    },
    { args: [label] },
  );

/** Presses the main button of the training, as soon as it reacts, whatever its label is by then. @param {Page} page */
export const pressMain = (page) =>
  page.until('a main button that reacts', () => {
    const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('#train .main'));
    const hears = button && !button.disabled && button.getAttribute('aria-disabled') !== 'true';
    if (hears) button.click();
    return hears;
  });

/** Settings under which training lasts until a test ends it, however fast or busy the machine is. */
export const LASTING = `${PLAIN}&epochs=5000&patience=0`;

/** @param {Page} page */
export const status = (page) => page.run(() => document.querySelector('#train').dataset.status);

/** @param {Page} page @param {string} wanted */
export const untilStatus = (page, wanted) =>
  page.until(`training that is ${wanted}`, (name) => document.querySelector('#train').dataset.status === name, {
    args: [wanted],
  });

/** @param {Page} page */
export const untilEpoch = (page) =>
  page.until('an epoch', () => /After [\d,]+ epochs?/.test(document.querySelector('#curve-summary').textContent));

/** @param {Page} page */
export const untilJudged = (page) =>
  page.until('the verdict', () => /On the test part/.test(document.querySelector('.verdict-note')?.textContent ?? ''));

/** @param {Page} page */
export const verdict = (page) => page.text('.verdict');

/** Waits until the page can train. @param {Page} page */
export const untilReady = (page) =>
  page.until(
    'a page that is ready',
    () => document.querySelector('#train .main') && !document.querySelector('#train .main').disabled,
  );

/** @param {number} rows @param {number} step Milliseconds. @param {number} season Steps. */
function wave(rows, step, season) {
  const start = Date.UTC(2020, 0, 1);
  const lines = Array.from({ length: rows }, (_, row) => {
    const stamp = new Date(start + row * step).toISOString().slice(0, 16).replace('T', ' ');
    return `${stamp},${(10 + 4 * Math.sin((2 * Math.PI * row) / season) + Math.sin(row * 12.9898) * 0.5).toFixed(2)}`;
  });
  return `time,value\n${lines.join('\n')}\n`;
}

/** A daily wave with some noise, one value an hour. @param {number} rows */
export const hourly = (rows) => wave(rows, 3_600_000, 24);

/** A weekly wave with some noise, one value a day. @param {number} rows */
export const daily = (rows) => wave(rows, 86_400_000, 7);

/** Opens the page with a small file of its own. @param {import('./harness.mjs').Browser} browser @param {string} address @param {object} [more] */
export async function opened(browser, address, more = {}) {
  const page = await browser.open({ address, ...more });
  await untilReady(page);
  await page.dropFile('main', 'small.csv', daily(400));
  await page.until('the file', () => /400 values/.test(document.querySelector('#data .extent').textContent) && !document.querySelector('#train .main').disabled);
  return page;
}

/** Opens the page with a series in a file of its own, and notes the texts of its charts. @param {import('./harness.mjs').Browser} browser @param {import('./series.mjs').Series} series @param {string} [settings] As in the address. */
export async function openedWith(browser, { name, csv }, settings = '') {
  const page = await browser.open({ before: noteLabels, address: `#${PLAIN}&hidden=8&epochs=1&patience=0${settings}` });
  await untilReady(page);
  await page.dropFile('main', `${name}.csv`, csv);
  await page.until(
    'the file',
    (called) => new RegExp(`^${called}, measured`).test(document.querySelector('#forecast figcaption').textContent) && !document.querySelector('#train .main').disabled,
    { args: [name] },
  );
  return page;
}

/** The record of a run: its key, its number, its data, its status, and the step of its weights. @typedef {{key: string, id: number, data: string, status: string, judged: boolean, whole: boolean, latest: number | null, target: string}} KeptRun */

/**
 * The records in the browser: all keys, the data, the runs in the order of their start, and the open data.
 * @param {Page} page @returns {Promise<{keys: string[], data: {id: string, name: string, series: any}[], runs: KeptRun[], open: {data: string, shown: Record<string, number>} | null}>}
 */
export const kept = (page) =>
  page.run(async () => {
    const { entries } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
    const all = await entries();
    const of = (/** @type {string} */ what) => all.filter(([key]) => typeof key === 'string' && key.startsWith(`unrolled-5-${what}`));
    return {
      keys: all.map(([key]) => String(key)).sort(),
      data: of('data-').map(([, { id, source, read }]) => ({ id, name: source.name, series: read.series ?? null })),
      runs: of('run-')
        .map(([key, { id, data, run }]) => ({ key, id, data, status: run.status, judged: Boolean(run.test), whole: Boolean(run.bytes), latest: run.latest?.step ?? null, target: run.configured.target }))
        .sort((one, other) => one.id - other.id),
      open: of('open')[0]?.[1] ?? null,
    };
  });

/** @param {Page} page @param {string} what For the message. @param {(now: Awaited<ReturnType<typeof kept>>) => unknown} holds */
export async function untilKept(page, what, holds) {
  const end = Date.now() + HANGS_MS;
  for (;;) {
    const now = await kept(page);
    if (holds(now)) return now;
    if (Date.now() > end) throw new Error(`waited for ${what} to be kept: ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Chooses the number of workers for the next model. @param {Page} page @param {number} many */
export const chooseWorkers = (page, many) =>
  page.run((value) => {
    const choice = /** @type {HTMLSelectElement} */ (document.querySelector('#workers'));
    choice.value = String(value);
    choice.dispatchEvent(new Event('change'));
  }, many);

/** The file from “Forecast as CSV”. @param {Page} page @returns {Promise<string>} */
export const forecastAsCsv = (page) =>
  page.run(async () => {
    let blob;
    const make = URL.createObjectURL;
    URL.createObjectURL = (given) => make.call(URL, (blob = given));
    HTMLAnchorElement.prototype.click = () => {};
    [...document.querySelectorAll('button')].find((button) => button.textContent === 'Forecast as CSV').click();
    return blob.text();
  });

/** Presses a button several times before it can have an effect. @param {Page} page @param {string} label @param {number} [times] */
export const pressQuickly = (page, label, times = 2) =>
  page.run(
    (text, many) => {
      const button = [...document.querySelectorAll('main button')].find((one) => one.textContent.trim().startsWith(text) && !one.disabled);
      for (let time = 0; time < many; time++) button.click();
    },
    label,
    times,
  );

/** Saves the model on show, for opening it again. @param {Page} page */
export const save = (page) =>
  page.run(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (given) => make.call(URL, (/** @type {any} */ (window).saved = given));
    HTMLAnchorElement.prototype.click = () => {};
    [...document.querySelectorAll('button')].find((button) => button.textContent === 'Save model').click();
    URL.createObjectURL = make;
  });

/** Opens the model that was saved. @param {Page} page */
export const openSaved = (page) =>
  page.run(() => {
    const input = /** @type {HTMLInputElement} */ (document.querySelector('#model-file'));
    const transfer = new DataTransfer();
    transfer.items.add(new File([/** @type {any} */ (window).saved], 'mine.safetensors'));
    input.files = transfer.files;
    input.dispatchEvent(new Event('change'));
  });

/**
 * The package with a method that throws.
 * @param {string} of Its class. @param {string} method @param {string} thrown @param {string} [when] Of `args`, its arguments.
 */
export const trapping = (of, method, thrown, when = 'true') => ({
  'pkg/unrolled.js': () => `
import * as core from './unrolled.js?plain';
export * from './unrolled.js?plain';
const plain = core.${of}.prototype.${method};
core.${of}.prototype.${method} = function (...args) {
  if (${when}) throw ${thrown};
  return plain.apply(this, args);
};
`,
});

/** Presses a button of the foot. @param {Page} page @param {string} label */
export const pressFoot = (page, label) =>
  page.until(`“${label}” in the foot`, (text) => {
    const button = [...document.querySelectorAll('#foot button')].find(({ textContent }) => textContent === text);
    /** @type {HTMLButtonElement | undefined} */ (button)?.click();
    return Boolean(button);
  }, { args: [label] });

/** Presses “Start over”, and waits for the fresh page. @param {Page} page */
export async function startOver(page) {
  await page.run(() => (/** @type {any} */ (window).stays = true));
  await pressFoot(page, 'Start over');
  const end = Date.now() + HANGS_MS;
  // A page that is being left does not answer.
  const stays = () => page.run(() => Boolean(/** @type {any} */ (window).stays)).catch(() => true);
  while (await stays()) {
    if (Date.now() > end) throw new Error('waited for a fresh page');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
