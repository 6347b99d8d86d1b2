/**
 * How often the gradient through time of a model that trains is read while somebody looks at it.
 * @module
 */

/** Milliseconds between two readings, at least. */
const EVERY = 600;
/** A reading may take one part in so many of the time: the rest trains. */
const SHARE = 10;

/** @param {number} milliseconds That a reading took. @returns {number} Milliseconds until the next one. */
export const untilNext = (milliseconds) => Math.max(EVERY, SHARE * milliseconds);
