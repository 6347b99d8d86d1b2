/**
 * The list of runs: every training on the open data has an entry, and one of them is on show.
 * @module
 */
import { newEntry, settled, settledList, withWeights } from '../state/run.js';
import { joined } from '../state/ranking.js';
import { NO_PREDICTIONS } from '../state/shape.js';

/** @import {Problem, Report} from '../core/protocol.js' */
/** @import {Entry, PageStore, Run, State} from '../state/shape.js' */

/** @param {PageStore} store */
export function runList(store) {
  /** @param {number} id */
  const find = (id) => store.get().runs.find((entry) => entry.id === id);

  /** @param {number} id @param {Partial<Entry>} patch @param {Partial<State['predictions']>} [drawn] Its predictions for the named parts; drawn if it is on show. */
  function change(id, patch, drawn) {
    const { runs, shownId, predictions } = store.get();
    const next = runs.map((entry) => (entry.id === id ? { ...entry, ...patch } : entry));
    store.set({ runs: next, ...(drawn && id === shownId ? { predictions: { ...predictions, ...drawn } } : {}) });
  }

  /** @param {number} id @param {Partial<Run>} patch @param {Partial<State['predictions']>} [drawn] As in `change`. */
  function changeRun(id, patch, drawn) {
    const run = find(id)?.run;
    if (run) change(id, { run: { ...run, ...patch } }, drawn);
  }

  /** @param {(entry: Entry) => boolean} stays */
  function filter(stays) {
    store.set({ runs: store.get().runs.filter(stays) });
  }

  /** @param {Entry} entry An entry that the worker above no longer holds: its training has ended, and without weights it is dropped. @returns {Entry[]} */
  function left(entry) {
    const run = entry.run && withWeights(settled(entry.run));
    return !run || entry.apart ? [entry] : run.bytes ? [{ ...entry, run }] : [];
  }

  return {
    find,
    change,
    changeRun,
    filter,

    /** Takes over a report on a run. @param {number} id @param {Report} report @param {Partial<Run>} [but] Exceptions from the report. */
    take(id, { predictions, ...report }, but = {}) {
      changeRun(id, { ...report, ...but }, predictions ? { validation: predictions } : {});
    },

    /**
     * Shows a run, which the worker above holds from now on.
     * @param {number} id 0: none. @param {Run | null} [run] Its new value; it may be new to the list. @param {Partial<State>} [more] Further changes of the state.
     */
    show(id, run = null, more = {}) {
      const { shownId, runs } = store.get();
      let next = shownId === id ? runs : runs.flatMap((entry) => (entry.id === shownId ? left(entry) : [entry]));
      if (run) next = next.some((entry) => entry.id === id) ? next.map((entry) => (entry.id === id ? { ...entry, run } : entry)) : [...next, newEntry({ id, data: store.get().data?.id ?? '', asked: run.asked, run }, next)];
      store.set({ ...(shownId === id ? {} : { predictions: NO_PREDICTIONS }), ...more, runs: next, shownId: id });
    },

    /** @param {number} id @param {Problem} problem Why it did not begin, or failed. */
    fail(id, problem) {
      const run = find(id)?.run;
      change(id, { problem, ...(run ? { run: { ...run, status: 'failed', problem } } : {}) });
    },

    /** Takes runs off the list; trained ones can be brought back. @param {(entry: Entry) => boolean} isGone */
    remove(isGone) {
      const { runs, removed } = store.get();
      store.set({ runs: runs.filter((entry) => !isGone(entry)), removed: [...removed, ...settledList(runs.filter(isGone))] });
    },

    /** Puts the removed runs back on the list. */
    bringBack() {
      store.set({ runs: joined(store.get().runs, store.get().removed), removed: [] });
    },
  };
}

/** @typedef {ReturnType<typeof runList>} RunList */
