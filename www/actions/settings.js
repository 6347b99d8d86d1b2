/**
 * The settings of the next model, and its build and workers.
 * @module
 */
import { keepReproducible, keepWorkers } from '../state/words.js';
import { buildOf, defaultOf, shownRun } from '../state/shape.js';

/** @import {Settings} from '../core/protocol.js' */
/** @import {PageStore, Run, State} from '../state/shape.js' */

/** @param {State} state @param {Settings} settings @returns {Settings} The settings that differ from their defaults. */
export function differing({ catalog }, settings) {
  const knobs = catalog?.knobs ?? [];
  return Object.fromEntries(
    knobs
      .filter((knob) => knob.key in settings && settings[knob.key] !== defaultOf(catalog, settings, knob))
      .map(({ key }) => [key, settings[key]]),
  );
}

/** Chooses the build of `run` for the next model, where it is known. @param {PageStore} store @param {Run} run */
export function asTrained(store, { build }) {
  if (build && build !== buildOf(store.get())) store.set({ reproducible: build === 'plain' });
}

/** @param {PageStore} store @param {() => Promise<boolean>} configure Makes the draft of the settings. */
export function settingsActions(store, configure) {
  /** Replaces all settings (a preset, the defaults), with a way back. @param {Settings} settings */
  function replaceSettings(settings) {
    store.set({ settings: differing(store.get(), settings), earlierSettings: store.get().settings });
    return configure();
  }

  return {
    replaceSettings,

    /** @param {Settings} change A knob's new value, or `undefined` for its default. */
    set(change) {
      const { catalog } = store.get();
      const settings = { ...store.get().settings, ...change };
      for (const [key, value] of Object.entries(change)) {
        const knob = catalog?.knobs.find((candidate) => candidate.key === key);
        if (value === undefined || (knob && value === defaultOf(catalog, /** @type {Settings} */ (settings), knob))) delete settings[key];
      }
      store.set({ settings, earlierSettings: null });
      return configure();
    },

    bringBackSettings() {
      const { earlierSettings, settings } = store.get();
      if (earlierSettings) store.set({ settings: earlierSettings, earlierSettings: settings });
      return configure();
    },

    settingsOfRun() {
      const run = shownRun(store.get());
      if (!run) return undefined;
      asTrained(store, run);
      return replaceSettings(run.asked);
    },

    /** Whether new models are reproducible everywhere; a training under way is not touched. @param {boolean} reproducible */
    setReproducible(reproducible) {
      keepReproducible(reproducible);
      store.set({ reproducible });
    },

    /** Number of workers for the next model; 0: the fastest number. @param {number} workers */
    setWorkers(workers) {
      store.set({ workers });
      keepWorkers(workers);
    },
  };
}
