/**
 * Reading what a person chose from where it lies. A drive may be gone without a word, so every piece has a time limit.
 * @module
 */

/** Milliseconds that a piece may take: a drive that sleeps wakes up in that time. */
const LATEST = 30_000;

/** @param {string} message */
const refused = (message) => Object.assign(new Error(message), { name: 'UnrolledError', code: 'file' });

/** @template T @param {Promise<T>} reading @returns {Promise<T>} What comes of it; a refusal where nothing does. */
export async function inTime(reading) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const why = `Nothing of the file has arrived for ${LATEST / 1000} seconds. Check that its drive or network is still connected.`;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(refused(why)), LATEST)));
  return Promise.race([reading, /** @type {Promise<never>} */ (late)]).finally(() => clearTimeout(timer));
}

/** @param {Blob} piece @returns {Promise<Uint8Array>} Its bytes, or a refusal. */
export async function bytesOf(piece) {
  try {
    return new Uint8Array(await inTime(piece.arrayBuffer()));
  } catch (error) {
    // The browser's own word on the file; nothing has happened to the core.
    if (!(error instanceof DOMException)) throw error;
    throw refused('It could not be read to its end: it was changed, moved or deleted meanwhile. Choose it again.');
  }
}
