/**
 * What workers died of. What has ended two of them is not asked of a third: it would end it as well.
 * @module
 */
import { adviceFor } from '../state/advice.js';

/** @import {Problem} from '../core/protocol.js' */
/** @import {PageStore} from '../state/shape.js' */

/** Workers that one thing may end. */
export const MOST_DEATHS = 2;

/** @param {PageStore} store */
export function deathRecord(store) {
  /** By what they were asked. @type {Map<string, {times: number, problem: Problem}>} */
  const record = new Map();
  /** Numbers of what is too large to be a key. @type {WeakMap<object, number>} */
  const numbers = new WeakMap();
  let last = 0;

  return {
    /** @param {object | null | undefined} object @returns {number} Its own number. */
    numberOf(object) {
      if (!object) return 0;
      const number = numbers.get(object) ?? ++last;
      numbers.set(object, number);
      return number;
    },

    /** @param {string} thing What a worker was asked. @param {Problem} problem What it died of. @returns {number} How many have died of it. */
    note(thing, problem) {
      const times = (record.get(thing)?.times ?? 0) + 1;
      record.set(thing, { times, problem });
      return times;
    },

    /**
     * @param {string} thing @param {string} subject What it is, as a sentence begins.
     * @returns {Problem | null} Why it is not asked of another worker, where it is not.
     */
    against(thing, subject) {
      const found = record.get(thing);
      if (!found || found.times < MOST_DEATHS) return null;
      const { problem } = found;
      return {
        ...problem,
        message: `${subject} has ended ${MOST_DEATHS} workers, so it is not started again. ${problem.message} ${adviceFor(store.get(), problem)} Reload the page to try once more.`,
      };
    },
  };
}

/** @typedef {ReturnType<typeof deathRecord>} DeathRecord */
