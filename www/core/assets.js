/**
 * How the page reads the text files that come with it, in a module of its own so that a build can replace it:
 * `dist/unrolled.html` carries them inside (scripts/build/one-file.mjs).
 * @module
 */

/**
 * The text of one of the files in `www/samples/`.
 * @param {string} name The file's name, such as `jfk-2013.csv`.
 * @returns {Promise<string>}
 */
export async function assetText(name) {
  const response = await fetch(new URL(`../samples/${encodeURIComponent(name)}`, import.meta.url));
  if (!response.ok) throw new Error(`The sample ${name} could not be read (${response.status}).`);
  return response.text();
}
