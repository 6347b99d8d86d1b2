/**
 * Reading a chosen file from its drive, which may disappear silently, so every piece has a time limit.
 * @module
 */
import { coreError } from './errors.js';

/** Time limit of a piece in milliseconds, enough for a sleeping drive to wake up. */
const LATEST = 30_000;

/** @template T @param {Promise<T>} reading @returns {Promise<T>} Its result; an error where nothing arrives. */
export async function inTime(reading) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const why = `Nothing of the file has arrived for ${LATEST / 1000} seconds. Check that its drive or network is still connected.`;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(coreError(why, 'file')), LATEST)));
  return Promise.race([reading, /** @type {Promise<never>} */ (late)]).finally(() => clearTimeout(timer));
}

/** @param {Blob} piece @returns {Promise<Uint8Array>} Its bytes, or an error. */
export async function bytesOf(piece) {
  try {
    return new Uint8Array(await inTime(piece.arrayBuffer()));
  } catch (error) {
    // The browser's own error on the file; the core is unaffected.
    if (!(error instanceof DOMException)) throw error;
    throw coreError('It could not be read to its end: it was changed, moved or deleted meanwhile. Choose it again.', 'file');
  }
}
