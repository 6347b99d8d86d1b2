/**
 * How long a worker may say nothing, in a module of its own so that a test can serve another.
 * @module
 */

/** Milliseconds between two looks at whether a worker that is waited for has said something. */
export const BEAT = 1000;
/** Milliseconds of silence after which a person is asked. */
export const SILENCE = 10_000;
/** To them are added so many times the longest that the worker was silent before it spoke: a large network's step takes seconds. */
export const PIECES = 5;
