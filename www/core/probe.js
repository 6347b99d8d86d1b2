/**
 * The key of an inner value.
 * @module
 */

/** @param {{group: string, label: string}} probe @returns {string} A key that is the same for all models. */
export const keyOf = ({ group, label }) => `${group}: ${label}`;
