/**
 * The clock of a run: its training time, the time at each epoch's end, and the end of its budget.
 *
 * Only training and its validation count: not reports, pauses, or work for others. A budget in steps is exact to the step, one in
 * milliseconds to a round; a validation that has begun is finished, since it trains nothing.
 * @module
 */
import { weightsOf } from './weights.js';

/** @import {Epoch, Progress} from '../../pkg/unrolled.js' */
/** @import {Limit} from './protocol.js' */

/** @param {Progress} progress @returns {boolean} Whether the epoch's steps are done and its validation is not. */
const isValidating = ({ state, step, epoch, steps_per_epoch: steps, all_rows: again }) => state !== 'finished' && !again && step > 0 && step === epoch * steps;

/** @param {Limit} [limit] */
export function createClock(limit = {}) {
  const { milliseconds = Infinity, steps = Infinity } = limit;
  /** Milliseconds at the end of each epoch. @type {number[]} */
  const ends = [];
  let spent = 0;
  let step = 0;

  return {
    /** Milliseconds of training so far. */
    spent: () => spent,
    /** Whether the budget counts steps, which are then done one by one. */
    byStep: steps < Infinity,
    /** @param {number} slice Milliseconds. @returns {number} The slice, at most the rest of the budget. */
    left: (slice) => Math.max(0, Math.min(slice, milliseconds - spent)),

    /** @param {Progress} progress */
    isOver: (progress) => (spent >= milliseconds || progress.step >= steps) && !isValidating(progress),

    /** @param {Progress} progress @returns {string} Why training ended with the budget, as a sentence. */
    why({ best }) {
      const over = Number.isFinite(steps) ? `Its ${steps} steps are done` : `Its ${milliseconds / 1000} seconds are over`;
      return best ? `${over}. W${weightsOf(best).slice(1)}.` : `${over}, before the first epoch ended. Weights of the last step.`;
    },

    /**
     * Counts a slice of training.
     * @param {number} took Milliseconds. @param {Progress} progress Progress after it. @param {(from: number) => Epoch[]} history
     */
    count(took, progress, history) {
      for (const epoch of history(ends.length)) {
        // The end of an epoch within the slice, by its steps.
        const share = progress.step > step ? (epoch.step - step) / (progress.step - step) : 1;
        ends.push(spent + took * share);
      }
      spent += took;
      step = progress.step;
    },

    /** @param {Epoch[]} epochs @returns {(Epoch & {spent?: number})[]} The epochs with the milliseconds until each end. */
    timed: (epochs) => epochs.map((epoch) => ({ ...epoch, spent: ends[epoch.epoch - 1] })),
  };
}
