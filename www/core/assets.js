/**
 * The text files that come with the page, in a module of its own that a build can replace: `dist/unrolled.html` carries them inside
 * (scripts/build/one-file.mjs).
 * @module
 */

/** Milliseconds that a sample may take to arrive. */
const LATEST = 60_000;

/** @param {string} message @returns {Error} An error in the form that its caller shows. */
const problem = (message) => Object.assign(new Error(message), { problem: { message } });

/**
 * Returns the text of one of the files in `www/samples/`.
 * @param {string} name The file's name, such as `jfk-2013.csv`.
 * @returns {Promise<string>}
 */
export async function assetText(name) {
  let status = '';
  try {
    const response = await fetch(new URL(`../samples/${encodeURIComponent(name)}`, import.meta.url), { signal: AbortSignal.timeout(LATEST) });
    if (response.ok) return await response.text();
    status = ` (${response.status})`;
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
  }
  throw problem(`It could not be loaded${status}. Check your connection and choose it again.`);
}
