/**
 * Interval between readings of the gradient through time, during training with a viewer.
 * @module
 */

/** Smallest number of milliseconds between two readings. */
const EVERY = 600;
/** Readings may take one part in so many of the time; the rest trains. */
const SHARE = 10;

/** @param {number} milliseconds Duration of a reading. @returns {number} Milliseconds until the next one. */
export const untilNext = (milliseconds) => Math.max(EVERY, SHARE * milliseconds);
