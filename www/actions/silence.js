/**
 * Silent busy workers: the question about each, and a person's decision.
 * @module
 */
/** @import {Silence} from '../core/protocol.js' */
/** @import {PageStore} from '../state/shape.js' */

/** @param {PageStore} store */
export function silenceActions(store) {
  /** @param {string} key */
  const find = (key) => store.get().silent.find((entry) => entry.key === key);

  return {
    /**
     * For a client's `onSilence`.
     * @param {string} key Key of the worker.
     * @param {() => {who: string, loss: string}} words The silent worker, as the subject of a sentence, and the cost of ending it.
     * @returns {(silence: Silence | null) => void}
     */
    of: (key, words) => (silence) => {
      const silent = store.get().silent.filter((entry) => entry.key !== key);
      if (!silence && silent.length === store.get().silent.length) return;
      store.set({ silent: silence ? [...silent, { key, ...words(), ...silence }] : silent });
    },
    /** @param {string} key */
    isSilent: (key) => Boolean(find(key)),
    /** @param {string} key */
    wait: (key) => find(key)?.wait(),
    /** Ends a worker if it is still silent. @param {string} key */
    end: (key) => find(key)?.end(),
  };
}

/** @typedef {ReturnType<typeof silenceActions>} SilenceActions */
