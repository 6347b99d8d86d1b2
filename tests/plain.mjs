/**
 * The settings of a plain network, a GRU: it starts from random weights and passes over the windows of the training part, 64 at a time, once
 * an epoch. A test of the defaults does without them.
 */
export const plain = { architecture: 'gru', from_line: false, all_rows: false, epoch_steps: 1, batch_size: 64 };

/** The same in an address. */
export const PLAIN = Object.entries(plain).map(([key, value]) => `${key}=${value}`).join('&');
