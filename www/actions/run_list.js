/**
 * The list of runs: every training has an entry, the one that is shown among them, and what is left of it is kept.
 * @module
 */
import { keepRuns } from '../state/persist.js';
import { lean, settled, settledList } from '../state/run.js';
import { freeSlot } from '../state/runs.js';

/** @import {Problem} from '../core/protocol.js' */
/** @import {Dataset, Entry, PageStore, Run} from '../state/shape.js' */

/** Milliseconds until the list is kept, once something in it has changed. */
const KEEP_AFTER = 1000;

/** @param {PageStore} store @param {(id: number) => boolean} isInLane Whether a run is being trained beside the one that is shown. */
export function runList(store, isInLane) {
  /** The runs of data that is put aside. @type {WeakMap<object, Entry[]>} */
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

  /** Keeps the list in this browser, soon. */
  function keep() {
    keeping ??= setTimeout(() => {
      keeping = undefined;
      void keepRuns(store.get().runs.filter(({ run }) => run?.bytes));
    }, KEEP_AFTER);
  }

  /** @param {number} id A run that trains no more, unless in a lane; without weights it is none. */
  function settle(id) {
    const run = find(id)?.run;
    if (!run || isInLane(id)) return;
    if (run.bytes) change(id, { run: settled(run) });
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
        store.set({ runs: [...left, { id: run.id, asked: run.asked, slot: freeSlot(left), limit: {}, ticked: false, run: lean(run), problem: null }] });
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
      if (opened) putAside.set(opened, settledList(store.get().runs));
      opened = data;
      store.set({ runs: putAside.get(data) ?? [] });
      keep();
    },

    /** @param {Entry[]} runs Those of the last visit, on the data that is open. */
    resume(runs) {
      store.set({ runs: settledList(runs) });
    },
  };
}

/** @typedef {ReturnType<typeof runList>} RunList */
