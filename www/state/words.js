/**
 * The small values in local storage, available before anything is drawn: colours, the build, the number of workers, the counts of
 * test scorings.
 * @module
 */
const THEME = 'unrolled-theme';
const REPRODUCIBLE = 'unrolled-reproducible';
const WORKERS = 'unrolled-workers';
const SCORED = 'unrolled-scored';
const SCORED_ASIDE = 'unrolled-scored-aside';
const WORDS = [THEME, REPRODUCIBLE, WORKERS, SCORED, SCORED_ASIDE];

/** @param {string} key @returns {string | null} */
function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    // A browser without storage reports that at the first write.
    return null;
  }
}

/** Called with the reason of a failed write, or ''. @type {(why: unknown) => void} */
let listener = () => {};

/** @param {(error: unknown) => void} hear Called after every attempt, with the error or ''. */
export const watchWords = (hear) => (listener = hear);

/** @param {string} key @param {string | null} value `null`: deletes it. */
function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    listener(null);
  } catch (error) {
    listener(error);
  }
}

/** @param {'light' | 'dark' | null} theme `null`: the system's. */
export const keepTheme = (theme) => keep(THEME, theme);

/** @returns {boolean} Whether a person has chosen the colours, rather than the system. */
export const hasTheme = () => recall(THEME) !== null;

/** @param {boolean} reproducible */
export const keepReproducible = (reproducible) => keep(REPRODUCIBLE, reproducible ? 'true' : null);

/** @returns {boolean} */
export const recallReproducible = () => recall(REPRODUCIBLE) === 'true';

/** @param {number} workers Number of workers; 0: the fastest number. */
export const keepWorkers = (workers) => keep(WORKERS, workers ? String(workers) : null);

/** @returns {number} */
export const recallWorkers = () => Math.min(1024, Math.max(0, Math.trunc(Number(recall(WORKERS))) || 0));

/** @param {string} counts As JSON. */
export const keepScored = (counts) => keep(SCORED, counts);

/** @returns {string | null} The text from `keepScored`. */
export const recallScored = () => recall(SCORED);

/** @param {string} counts An unreadable text, which stays under another key. */
export function setScoredAside(counts) {
  keep(SCORED_ASIDE, counts);
  keep(SCORED, null);
}

/** Removes all words. @returns {[string, string][]} Their keys and values. */
export function takeWords() {
  const taken = WORDS.flatMap((key) => {
    const value = recall(key);
    return value === null ? [] : [/** @type {[string, string]} */ ([key, value])];
  });
  for (const [key] of taken) keep(key, null);
  return taken;
}

/** @param {[string, string][]} words Keys and values from `takeWords`. */
export function putWords(words) {
  for (const [key, value] of words) keep(key, value);
}
