/**
 * What is thrown in a worker, told apart: the core's own errors, after which all is as it was, and everything else, after which
 * nothing is known of the memory.
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

/** How the ends of a worker are told apart, each as a sentence. */
const DEATHS = {
  memory: 'It ran out of memory.',
  trap: 'An error in Unrolled itself ended it.',
  start: 'Its script could not be loaded.',
  core: 'The computing core could not be loaded.',
  ended: 'It did not answer and was ended.',
};

/**
 * What engines, wasm-bindgen and Rust say where memory is wanting. A bare `unreachable` is among them: a panic throws with its
 * own words (src/wasm/panic.rs), so what ends in the instruction itself is an allocation that failed.
 */
const WANTING = /out of memory|unreachable|memory allocation|allocation (?:failed|size)|allocate|capacity overflow|invalid array (?:buffer )?length/i;

/**
 * What a worker died of, for a person; what was thrown is beside it, for whoever mends it.
 * @param {keyof typeof DEATHS | null} cause `null`: what was thrown tells.
 * @param {unknown} [thrown] @returns {Problem}
 */
export function deathOf(cause, thrown) {
  const technical = thrown === undefined || thrown === '' ? '' : String(thrown);
  const code = cause ?? (WANTING.test(technical) ? 'memory' : 'trap');
  return { message: DEATHS[code], code, ...(technical ? { technical } : {}) };
}
