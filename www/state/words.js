/**
 * The few words that the page remembers at once, before anything is drawn: colours, the build, how many workers, how often test parts
 * were scored.
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
    // A browser that keeps nothing says so where something is to be kept.
    return null;
  }
}

/** Why a word was not kept, or ''. @type {(why: unknown) => void} */
let listener = () => {};

/** @param {(error: unknown) => void} hear Told after every attempt: of what went wrong, or of nothing. */
export const watchWords = (hear) => (listener = hear);

/** @param {string} key @param {string | null} value `null`: nothing. */
function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    listener(null);
  } catch (error) {
    listener(error);
  }
}

/** @param {'light' | 'dark' | null} theme `null`: as the system says. */
export const keepTheme = (theme) => keep(THEME, theme);

/** @returns {boolean} Whether a person has chosen the colours, rather than the system. */
export const hasTheme = () => recall(THEME) !== null;

/** @param {boolean} reproducible */
export const keepReproducible = (reproducible) => keep(REPRODUCIBLE, reproducible ? 'true' : null);

/** @returns {boolean} */
export const recallReproducible = () => recall(REPRODUCIBLE) === 'true';

/** @param {number} workers How many should train; 0: as many as are fastest. */
export const keepWorkers = (workers) => keep(WORKERS, workers ? String(workers) : null);

/** @returns {number} */
export const recallWorkers = () => Math.min(1024, Math.max(0, Math.trunc(Number(recall(WORKERS))) || 0));

/** @param {string} counts As JSON. */
export const keepScored = (counts) => keep(SCORED, counts);

/** @returns {string | null} What `keepScored` was given. */
export const recallScored = () => recall(SCORED);

/** @param {string} counts That cannot be read: they stay, under another key. */
export function setScoredAside(counts) {
  keep(SCORED_ASIDE, counts);
  keep(SCORED, null);
}

/** Takes all of them away. @returns {[string, string][]} What they were. */
export function takeWords() {
  const taken = WORDS.flatMap((key) => {
    const value = recall(key);
    return value === null ? [] : [/** @type {[string, string]} */ ([key, value])];
  });
  for (const [key] of taken) keep(key, null);
  return taken;
}

/** @param {[string, string][]} words As they were taken. */
export function putWords(words) {
  for (const [key, value] of words) keep(key, value);
}
