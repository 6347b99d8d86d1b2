/**
 * Time limits for silent workers, in a module of its own that a test can replace.
 * @module
 */

/** Milliseconds between two checks for a sign from a busy worker. */
export const BEAT = 1000;
/** Milliseconds of silence after which a person is asked. */
export const SILENCE = 10_000;
/** Added to the limit is this many times the worker's longest silence so far, since a large network's step takes seconds. */
export const PIECES = 5;
