/**
 * What is kept in the browser between two visits: the data, and the last model with its curve. It stays on this
 * machine. A browser that keeps nothing (private windows, full disks) loses the comfort, never the page.
 * @module
 */
import { del, get, set } from '../vendor/idb-keyval.js';

/** @import {Dataset, Run} from './shape.js' */

/** Raised when what is kept changes its shape: older keepings are then left alone. */
const VERSION = 1;
const DATA = `unrolled-${VERSION}-data`;
const RUN = `unrolled-${VERSION}-run`;
const THEME = 'unrolled-theme';
const WORKERS = 'unrolled-workers';

/** @param {Dataset} data */
export async function keepData(data) {
  await set(DATA, data).catch(() => {});
}

/** @param {Run | null} run */
export async function keepRun(run) {
  await (run?.bytes ? set(RUN, { ...run, problem: null }) : del(RUN)).catch(() => {});
}

/** Leaves nothing behind in this browser. */
export async function forget() {
  keepTheme(null);
  keepWorkers(0);
  await Promise.all([del(DATA), del(RUN)]).catch(() => {});
}

/** @returns {Promise<{data: Dataset | null, run: Run | null}>} */
export async function recall() {
  try {
    const [data, run] = await Promise.all([get(DATA), get(RUN)]);
    return { data: data ?? null, run: run ?? null };
  } catch {
    return { data: null, run: null };
  }
}

/** @param {'light' | 'dark' | null} theme `null`: as the system says. */
export function keepTheme(theme) {
  try {
    if (theme) localStorage.setItem(THEME, theme);
    else localStorage.removeItem(THEME);
  } catch {
    // Then it is not remembered.
  }
}

/** @param {number} workers How many should train; 0: as many as are fastest. */
export function keepWorkers(workers) {
  try {
    if (workers) localStorage.setItem(WORKERS, String(workers));
    else localStorage.removeItem(WORKERS);
  } catch {
    // Then it is not remembered.
  }
}

/** @returns {number} */
export function recallWorkers() {
  try {
    return Math.max(0, Math.trunc(Number(localStorage.getItem(WORKERS))) || 0);
  } catch {
    return 0;
  }
}
