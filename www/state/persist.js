/**
 * What is kept in the browser between two visits: the data, the last model with its curve, and the list of runs. It stays on this
 * machine. A browser that keeps nothing (private windows, full disks) loses the comfort, never the page.
 * @module
 */
import { del, delMany, get, keys, set } from '../vendor/idb-keyval.js';

/** @import {Dataset, Entry, Run} from './shape.js' */

/** Raised when what is kept changes its shape: what an older version kept is then taken away. */
const VERSION = 4;
/** What any version kept, and which one did. */
const KEPT = /^unrolled-(\d+)-/;
const DATA = `unrolled-${VERSION}-data`;
const RUN = `unrolled-${VERSION}-run`;
const RUNS = `unrolled-${VERSION}-runs`;
const THEME = 'unrolled-theme';
const REPRODUCIBLE = 'unrolled-reproducible';
const WORKERS = 'unrolled-workers';

/** @param {Dataset} data */
export async function keepData(data) {
  await set(DATA, data).catch(() => {});
}

/** @param {Run | null} run */
export async function keepRun(run) {
  await (run?.bytes ? set(RUN, { ...run, problem: null }) : del(RUN)).catch(() => {});
}

/** @param {Entry[]} runs */
export async function keepRuns(runs) {
  await (runs.length ? set(RUNS, runs) : del(RUNS)).catch(() => {});
}

/** Leaves nothing behind in this browser. */
export async function forget() {
  keepTheme(null);
  keepReproducible(false);
  keepWorkers(0);
  await clean(Infinity).catch(() => {});
}

/** Takes away what versions before this one kept: it can be large, and nothing else would. @param {number} version */
async function clean(version) {
  const all = await keys();
  await delMany(all.filter((key) => Number(KEPT.exec(String(key))?.[1] ?? Infinity) < version));
}

/** @returns {Promise<{data: Dataset | null, run: Run | null, runs: Entry[]}>} */
export async function recall() {
  try {
    const [data, run, runs] = await Promise.all([get(DATA), get(RUN), get(RUNS)]);
    // Nobody waits for it.
    void clean(VERSION).catch(() => {});
    return { data: data ?? null, run: run ?? null, runs: runs ?? [] };
  } catch {
    return { data: null, run: null, runs: [] };
  }
}

/** @param {string} key @param {string | null} value `null`: nothing. */
function keepWord(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Then it is not remembered.
  }
}

/** @param {string} key @returns {string | null} */
function recallWord(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {'light' | 'dark' | null} theme `null`: as the system says. */
export const keepTheme = (theme) => keepWord(THEME, theme);

/** @param {boolean} reproducible */
export const keepReproducible = (reproducible) => keepWord(REPRODUCIBLE, reproducible ? 'true' : null);

/** @returns {boolean} */
export const recallReproducible = () => recallWord(REPRODUCIBLE) === 'true';

/** @param {number} workers How many should train; 0: as many as are fastest. */
export const keepWorkers = (workers) => keepWord(WORKERS, workers ? String(workers) : null);

/** @returns {number} */
export const recallWorkers = () => Math.max(0, Math.trunc(Number(recallWord(WORKERS))) || 0);
