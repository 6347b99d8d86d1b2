/**
 * The list of runs: every training has an entry, the one that is shown among them, and what is left of it is kept.
 * @module
 */
import { keepRuns } from '../state/persist.js';
import { lean, settled, settledList, withWeights } from '../state/run.js';
import { freeSlot } from '../state/runs.js';

/** @import {Problem} from '../core/protocol.js' */
/** @import {Dataset, Entry, PageStore, Run, State} from '../state/shape.js' */

/** Milliseconds until the list is kept, once something in it has changed. */
const KEEP_AFTER = 1000;

/** @param {PageStore} store @param {(id: number) => boolean} isInLane Whether a run is being trained beside the one that is shown. */
export function runList(store, isInLane) {
  /** The runs of data that is put aside, and those of them that were taken off the list. @type {WeakMap<object, Pick<State, 'runs' | 'removed'>>} */
  const putAside = new WeakMap();
  /** @type {Dataset | null} */ let opened = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let keeping;
  /** The run that was shown last. */
  let before = 0;

  /** @param {number} id */
  const find = (id) => store.get().runs.find((entry) => entry.id === id);

  /** @param {number} id @param {Partial<Entry>} patch */
  function change(id, patch) {
    store.set({ runs: store.get().runs.map((entry) => (entry.id === id ? { ...entry, ...patch } : entry)) });
  }

  /** @param {number} id @param {Partial<Run>} patch */
  function changeRun(id, patch) {
    const run = find(id)?.run;
    if (run) change(id, { run: lean({ ...run, ...patch }) });
  }

  /** @param {number} id @param {Problem} problem Why it did not begin, or ended by itself. */
  function fail(id, problem) {
    const run = find(id)?.run;
    change(id, { problem, ...(run ? { run: { ...run, status: 'failed', problem } } : {}) });
  }

  /** @param {(entry: Entry) => boolean} stays */
  function filter(stays) {
    store.set({ runs: store.get().runs.filter(stays) });
  }

  /** @param {Run} run @param {Entry[]} others @returns {Entry} */
  const entryOf = (run, others) => ({ id: run.id, asked: run.asked, slot: freeSlot(others), limit: {}, ticked: false, run, problem: null });

  /** Keeps the list in this browser, soon. */
  function keep() {
    keeping ??= setTimeout(() => {
      keeping = undefined;
      keepRuns(store.get().runs.filter(({ run }) => run?.bytes || run?.latest));
    }, KEEP_AFTER);
  }

  /** @param {number} id A run that trains no more, unless in a lane; without weights it is none. */
  function settle(id) {
    const run = find(id)?.run;
    if (!run || isInLane(id)) return;
    const left = withWeights(settled(run));
    if (left.bytes) change(id, { run: left });
    else filter((entry) => entry.id !== id);
  }

  /** What is shown is a run of the list; one that was given up before it had weights is none. */
  store.watch(
    (state) => [state.run],
    (run) => {
      // The worker holds one model: what was trained there before is over.
      if (before !== run?.id) settle(before);
      before = run?.id ?? 0;
      if (!run) return;
      const { runs } = store.get();
      // A lane trains it on, and knows more of it.
      if (run.earlier && find(run.id)) return;
      if (find(run.id)) changeRun(run.id, run);
      else {
        const left = runs.filter(({ run: other, problem, id }) => !other || other.bytes || problem || isInLane(id));
        store.set({ runs: [...left, entryOf(lean(run), left)] });
      }
      if (run.status !== 'running') keep();
    },
  );

  return {
    find,
    change,
    changeRun,
    fail,
    filter,
    keep,

    /** Data were replaced: the runs belong to the data before. @param {Dataset} data */
    replaced(data) {
      const { runs, removed } = store.get();
      if (opened) putAside.set(opened, { runs: settledList(runs), removed });
      opened = data;
      store.set(putAside.get(data) ?? { runs: [], removed: [] });
      keep();
    },

    /** Data of the last visit that others have taken the place of: their runs come back with them. @param {Dataset} data @param {Entry[]} runs */
    remember(data, runs) {
      putAside.set(data, { runs: settledList(runs), removed: [] });
    },

    /** Takes runs off the list; what was trained of them can be brought back. @param {(entry: Entry) => boolean} isGone */
    remove(isGone) {
      const { runs, removed } = store.get();
      store.set({ runs: runs.filter((entry) => !isGone(entry)), removed: [...removed, ...settledList(runs.filter(isGone))] });
      keep();
    },

    /** What was taken off the list is on it again. */
    bringBack() {
      const { runs, removed } = store.get();
      const all = [...runs];
      for (const entry of removed) {
        if (all.some(({ id }) => id === entry.id)) continue;
        all.push(all.some(({ slot }) => slot === entry.slot) ? { ...entry, slot: freeSlot(all) } : entry);
      }
      store.set({ runs: all.sort((one, other) => one.id - other.id), removed: [] });
      keep();
    },

    /** @param {Entry[]} runs Those of the last visit, on the data that is open. @param {Run | null} shown The one that was shown then. */
    resume(runs, shown) {
      const all = settledList(runs);
      if (shown && !all.some(({ id }) => id === shown.id)) all.push(entryOf(lean(withWeights(settled(shown))), all));
      store.set({ runs: all });
    },
  };
}

/** @typedef {ReturnType<typeof runList>} RunList */
