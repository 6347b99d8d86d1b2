/**
 * The chance that the forecast on show crosses a value that a person names. It is asked again for every forecast and column on show.
 * @module
 */
import { Gone, Refusal } from '../core/client.js';
import { shownRun } from '../state/shape.js';
import { targetOf } from '../state/targets.js';

/** @import {ModelActions} from './model.js' */
/** @import {PageStore} from '../state/shape.js' */

/** @param {PageStore} store @param {ModelActions} model */
export function crossingActions(store, model) {
  /** Number of the last question: an answer to an earlier one is out of date. */
  let last = 0;

  /** @param {string} words */
  const say = (words) => store.set({ crossing: { ...store.get().crossing, words } });

  /** @param {number | null} value */
  async function ask(value) {
    const mine = ++last;
    if (value === null || !shownRun(store.get())?.forecast) return say('');
    try {
      const { sentence } = await model.ask('crossing', { value, target: targetOf(store.get()) });
      if (mine === last) say(sentence);
    } catch (error) {
      if (error instanceof Refusal && mine === last) say(error.problem.message);
      else if (!(error instanceof Refusal) && !(error instanceof Gone)) throw error;
    }
  }

  store.watch(
    (state) => [state.crossing.value, shownRun(state)?.forecast, targetOf(state)],
    (value, _forecast, _target) => void ask(value),
  );

  return {
    /** @param {number | null} value In the target's unit; `null`: none. */
    cross: (value) => store.set({ crossing: { value, words: '' } }),
  };
}

/** @typedef {ReturnType<typeof crossingActions>} CrossingActions */
