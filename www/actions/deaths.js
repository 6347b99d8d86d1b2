/**
 * Causes of workers' deaths. A cause that has ended two workers is not given to a third, which it would end as well.
 * @module
 */
import { adviceFor } from '../state/advice.js';

/** @import {Problem} from '../core/protocol.js' */
/** @import {PageStore} from '../state/shape.js' */

/** Number of workers that one cause may end. */
export const MOST_DEATHS = 2;

/** @param {PageStore} store */
export function deathRecord(store) {
  /** By the key of the call. @type {Map<string, {times: number, problem: Problem}>} */
  const record = new Map();
  /** Numbers of objects that are too large for a key. @type {WeakMap<object, number>} */
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

    /** @param {string} thing Key of the call. @param {Problem} problem The error at its death. @returns {number} Number of deaths by this cause. */
    note(thing, problem) {
      const times = (record.get(thing)?.times ?? 0) + 1;
      record.set(thing, { times, problem });
      return times;
    },

    /**
     * @param {string} thing @param {string} subject The thing, as the subject of a sentence.
     * @returns {Problem | null} Why it is refused; `null` if it is not.
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
