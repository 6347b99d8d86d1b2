/**
 * What an inner value is known by.
 * @module
 */

/** @param {{group: string, label: string}} probe @returns {string} The same from model to model. */
export const keyOf = ({ group, label }) => `${group}: ${label}`;
