/**
 * The browser's error on a chosen file that cannot be read, in words for a person.
 * @module
 */
import { inTime } from '../core/drive.js';
import { problemOf } from '../core/errors.js';

const GONE = 'It has been moved, renamed or deleted since it was chosen. Choose it again.';

/** By the name of the browser's error. @type {Record<string, string>} */
const WHY = {
  NotFoundError: GONE,
  // Firefox's name for it.
  AbortError: GONE,
  NotReadableError:
    'The browser may not read it: it has changed since it was chosen, another program holds it, or it is a folder. Choose it again.',
  SecurityError: 'The browser may not read it in its folder. Copy it to another folder and choose it there.',
};

/** @param {any} error @returns {string | null} Why a file cannot be read; `null` for other errors. */
export const unreadable = (error) => problemOf(error)?.message ?? (error?.name && Object.hasOwn(WHY, error.name) ? WHY[error.name] : null);

/**
 * Throws the errors that `unreadable` knows by name where a file cannot be read; another function reads the rest.
 *
 * It uses `FileReader`, which alone has the same name for this error in both browsers, and not a slice: for a missing file Chromium
 * has no size, and reads an empty slice without an error.
 * @param {Blob} blob @returns {Promise<void>}
 */
export function tryToRead(blob) {
  return inTime(
    new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onerror = () => reject(reader.error);
      reader.onload = () => resolve();
      // One piece is enough.
      reader.onprogress = () => {
        resolve();
        reader.abort();
      };
      reader.readAsArrayBuffer(blob);
    }),
  );
}
