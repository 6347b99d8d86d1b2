/**
 * Words for the weights of a training.
 * @module
 */

/**
 * @param {{epoch: number}} best The best epoch; 0 is the linear model that a network may start from.
 * @param {(epoch: number) => string} [write] The form of its number.
 * @returns {string} Which weights these are, within a sentence.
 */
export const weightsOf = ({ epoch }, write = String) => (epoch ? `weights of epoch ${write(epoch)}` : 'weights of the linear model it starts from');
