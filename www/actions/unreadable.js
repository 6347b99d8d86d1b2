/**
 * What a browser says when a file that was chosen cannot be read, in words for a person.
 * @module
 */

/** By the name of the browser's error. @type {Record<string, string>} */
const WHY = {
  NotFoundError: 'It is no longer where it was: it has been moved, renamed or deleted since it was chosen. Choose it again.',
  NotReadableError:
    'The browser may not read it: it has changed since it was chosen, another program holds it, or it is a folder. Choose it again.',
  SecurityError: 'The browser may not read it where it lies. Copy it to another folder and choose it there.',
};

/** @param {string | undefined} name Of an error. @returns {string | null} Why a file cannot be read, where the error is about that. */
export const unreadable = (name) => (name && Object.hasOwn(WHY, name) ? WHY[name] : null);

/** Throws what `unreadable` knows by name where a file cannot be read; the rest of it is read elsewhere. @param {Blob} blob */
export async function tryToRead(blob) {
  await blob.slice(0, 1).arrayBuffer();
}
