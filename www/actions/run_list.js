/**
 * The list of runs: every training on the data that are open has an entry, and one of them is shown above.
 * @module
 */
import { ofReport, settled, settledList, withWeights } from '../state/run.js';
import { freeSlot, joined } from '../state/ranking.js';
import { NO_PREDICTIONS } from '../state/shape.js';

/** @import {Problem, Report} from '../core/protocol.js' */
/** @import {Entry, PageStore, Run, State} from '../state/shape.js' */

/** @param {PageStore} store */
export function runList(store) {
  /** @param {number} id */
  const find = (id) => store.get().runs.find((entry) => entry.id === id);

  /** @param {number} id @param {Partial<Entry>} patch @param {Partial<State['predictions']>} [drawn] What it predicts now, of the parts that are named; drawn if it is shown. */
  function change(id, patch, drawn) {
    const { runs, shownId, predictions } = store.get();
    const next = runs.map((entry) => (entry.id === id ? { ...entry, ...patch } : entry));
    store.set({ runs: next, ...(drawn && id === shownId ? { predictions: { ...predictions, ...drawn } } : {}) });
  }

  /** @param {number} id @param {Partial<Run>} patch @param {Partial<State['predictions']>} [drawn] As of `change`. */
  function changeRun(id, patch, drawn) {
    const run = find(id)?.run;
    if (run) change(id, { run: { ...run, ...patch } }, drawn);
  }

  /** @param {(entry: Entry) => boolean} stays */
  function filter(stays) {
    store.set({ runs: store.get().runs.filter(stays) });
  }

  /** @param {Entry} entry One that the worker above holds no more: its training is over, and without weights it is none. @returns {Entry[]} */
  function left(entry) {
    const run = entry.run && withWeights(settled(entry.run));
    return !run || entry.apart ? [entry] : run.bytes ? [{ ...entry, run }] : [];
  }

  /** @param {Run} run @param {Entry[]} others @returns {Entry} */
  const entryOf = (run, others) => ({ id: run.id, data: store.get().data?.id ?? '', asked: run.asked, slot: freeSlot(others), limit: {}, ticked: false, run, problem: null });

  return {
    find,
    change,
    changeRun,
    filter,

    /** What a report says of a run. @param {number} id @param {Report} report @param {Partial<Run>} [but] What is not as the report says. */
    take(id, report, but = {}) {
      changeRun(id, { ...ofReport(report), ...but }, report.predictions ? { validation: report.predictions } : {});
    },

    /**
     * Shows a run: the worker above holds it, and no other any more.
     * @param {number} id 0: none. @param {Run | null} [run] What it is from now on; it may be new to the list. @param {Partial<State>} [more] What changes with it.
     */
    show(id, run = null, more = {}) {
      const { shownId, runs } = store.get();
      let next = shownId === id ? runs : runs.flatMap((entry) => (entry.id === shownId ? left(entry) : [entry]));
      if (run) next = next.some((entry) => entry.id === id) ? next.map((entry) => (entry.id === id ? { ...entry, run } : entry)) : [...next, entryOf(run, next)];
      store.set({ ...(shownId === id ? {} : { predictions: NO_PREDICTIONS }), ...more, runs: next, shownId: id });
    },

    /** @param {number} id @param {Problem} problem Why it did not begin, or ended by itself. */
    fail(id, problem) {
      const run = find(id)?.run;
      change(id, { problem, ...(run ? { run: { ...run, status: 'failed', problem } } : {}) });
    },

    /** Takes runs off the list; what was trained of them can be brought back. @param {(entry: Entry) => boolean} isGone */
    remove(isGone) {
      const { runs, removed } = store.get();
      store.set({ runs: runs.filter((entry) => !isGone(entry)), removed: [...removed, ...settledList(runs.filter(isGone))] });
    },

    /** What was taken off the list is on it again. */
    bringBack() {
      store.set({ runs: joined(store.get().runs, store.get().removed), removed: [] });
    },
  };
}

/** @typedef {ReturnType<typeof runList>} RunList */
