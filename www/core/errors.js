/**
 * The two kinds of errors in a worker: the core's own, after which its state is unchanged, and all others, after which its memory
 * is undefined.
 * @module
 */
/** @import {Problem} from './protocol.js' */

/**
 * Every `catch` around a call of the core asks this. Anything but the core's own errors is a trap of the wasm, a panic, or an error of
 * the page: it is thrown on, so that the worker ends.
 * @param {any} error @returns {Problem | null} The core's error, or `null`.
 */
export function problemOf(error) {
  if (error?.name !== 'UnrolledError') return null;
  const { message, code, row, column, knob } = error;
  return { message, code, row, column, knob };
}

/** An error as the core throws them. @param {string} message A sentence for a person. @param {string} code */
export const coreError = (message, code) => Object.assign(new Error(message), { name: 'UnrolledError', code });

/** A sentence for each kind of a worker's end. */
const DEATHS = {
  memory: 'It ran out of memory.',
  trap: 'An error in Unrolled itself ended it.',
  start: 'Its script could not be loaded.',
  core: 'The computing core could not be loaded.',
  ended: 'It did not answer and was ended.',
};

/**
 * The words of engines, wasm-bindgen and Rust for a lack of memory. They include a bare `unreachable`: a panic throws its own words
 * (src/wasm/panic.rs), so the instruction alone is a failed allocation.
 */
const WANTING = /out of memory|unreachable|memory allocation|allocation (?:failed|size)|allocate|capacity overflow|invalid array (?:buffer )?length/i;

/**
 * The cause of a worker's death, for a person, with the thrown text for developers.
 * @param {keyof typeof DEATHS | null} cause `null`: the thrown value decides.
 * @param {unknown} [thrown] @returns {Problem}
 */
export function deathOf(cause, thrown) {
  const technical = thrown === undefined || thrown === '' ? '' : String(thrown);
  const code = cause ?? (WANTING.test(technical) ? 'memory' : 'trap');
  return { message: DEATHS[code], code, ...(technical ? { technical } : {}) };
}
