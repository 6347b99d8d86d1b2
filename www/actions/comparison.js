/**
 * Training several models side by side, as many at once as there are cores, on the same data, with the same settings except the
 * architecture; and the actions on the list of runs. `run_list.js` keeps the list, a `lane.js` trains.
 * @module
 */
import { askToLast } from '../state/keeping.js';
import { contestants, stepsOf } from '../state/contest.js';
import { newEntry, newId } from '../state/run.js';
import { leaderboards } from '../state/ranking.js';
import { linesOf, ROLE, shownRun } from '../state/shape.js';
import { openLane } from './lane.js';

/** @import {Contest, PageStore} from '../state/shape.js' */
/** @import {Lane, Terms} from './lane.js' */
/** @import {ModelActions} from './model.js' */
/** @import {RunList} from './run_list.js' */
/** @import {SilenceActions} from './silence.js' */

/** @param {PageStore} store @param {RunList} list @param {ModelActions} model @param {SilenceActions} silence */
export function runActions(store, list, model, silence) {
  /** @type {Set<Lane>} */ const lanes = new Set();
  /** Numbers of the waiting runs. @type {number[]} */ let queue = [];
  /** Called when a pause ends. */
  let goOn = () => {};
  /** Settled while there is no pause. */
  let pause = Promise.resolve();

  /** Trains the waiting runs one after another. @param {Terms} terms */
  async function work(terms) {
    const lane = openLane(store, list, terms, () => pause, { silence, deaths: model.deaths });
    lanes.add(lane);
    try {
      await lane.work(
        () => queue.shift(),
        (id) => queue.unshift(id),
        // The lane does not wait for the worker above.
        (id) => void model.renew(id),
      );
    } finally {
      lanes.delete(lane);
      if (!lanes.size) await close(terms);
    }
  }

  /** After the last worker's end, the winner is shown where no run is. @param {Terms} terms */
  async function close(terms) {
    store.set({ comparing: 'none', said: 'The comparison has ended. The table is sorted by validation error.' });
    const { shownId, runs, catalog, data } = store.get();
    if (shownId || !catalog || data?.parts !== terms.parts) return;
    const best = leaderboards(runs, catalog)[0]?.lines.find(({ entry }) => entry?.run?.bytes)?.entry?.run;
    if (best) await model.show(best.id);
  }

  /** Empties the queue. */
  function empty() {
    const waiting = new Set(queue);
    queue = [];
    list.filter(({ id }) => !waiting.has(id));
    pause = Promise.resolve();
    goOn();
  }

  store.watch(
    (state) => [state.inside.seen && linesOf(state) === 'runs'],
    (followed) => {
      if (followed) for (const lane of lanes) void lane.follow();
    },
  );

  return {
    /** Data were replaced: the runs in training belong to the previous data. */
    replaced() {
      empty();
      for (const lane of lanes) lane.drop();
    },

    bringBackRemoved: list.bringBack,

    /** @param {Partial<Contest>} contest */
    set(contest) {
      store.set({ contest: { ...store.get().contest, ...contest } });
    },

    /** Trains the ticked architectures side by side. */
    compare() {
      askToLast();
      const state = store.get();
      const { contest, draft, data, runs, catalog } = state;
      const run = shownRun(state);
      if (!draft || !data || state.comparing !== 'none') return;
      const usual = catalog?.knobs.find(({ key }) => key === ROLE.architecture)?.default;
      const { [ROLE.architecture]: _, ...settings } = state.settings;
      const terms = {
        limit: { time: { milliseconds: contest.seconds * 1000 }, steps: { steps: stepsOf(state) }, none: {} }[contest.budget],
        parameters: contest.equal ? draft.parameters.total : 0,
        parts: data.parts,
      };
      const all = [...runs];
      for (const id of contestants(state)) {
        const asked = id === usual ? settings : { ...settings, [ROLE.architecture]: id };
        all.push(newEntry({ id: newId(), data: data.id, asked, limit: terms.limit, among: true, ticked: true }, all));
      }
      queue = all.slice(runs.length).map(({ id }) => id);
      store.set({ runs: all, comparing: 'running', said: `Training ${queue.length} models side by side.` });
      // The model above already has its core while it trains.
      const busy = run?.status === 'running' ? run.workers : 0;
      const cores = Math.max(1, (navigator.hardwareConcurrency || 1) - busy);
      for (let lane = Math.min(cores, queue.length); lane > 0; lane--) void work(terms);
    },

    pause() {
      if (store.get().comparing !== 'running') return;
      store.set({ comparing: 'paused', said: 'The comparison is paused.' });
      pause = new Promise((resolve) => (goOn = resolve));
      for (const lane of lanes) void lane.heed();
    },

    goOn() {
      if (store.get().comparing !== 'paused') return;
      store.set({ comparing: 'running', said: 'The comparison continues.' });
      goOn();
      for (const lane of lanes) void lane.heed();
    },

    /** Ends the runs in training as they are, and drops the waiting ones. */
    stop() {
      if (!['running', 'paused'].includes(store.get().comparing)) return;
      store.set({ comparing: 'ending', said: 'The comparison is ending.' });
      empty();
      for (const lane of lanes) {
        const entry = list.find(lane.id());
        if (entry?.run) void lane.finish();
        else if (entry) lane.drop();
      }
    },

    /** Takes a run off the list; one in training is ended. @param {number} id */
    async remove(id) {
      queue = queue.filter((waiting) => waiting !== id);
      if (store.get().shownId === id) await model.reset();
      list.remove((entry) => entry.id === id);
      for (const lane of lanes) if (lane.id() === id) lane.drop();
    },

    /** Takes all runs off the list except the one on show and those under way. */
    clear() {
      const { shownId } = store.get();
      list.remove(({ id, apart }) => id !== shownId && !apart && !queue.includes(id));
    },

    /** @param {number[]} ids @param {boolean} ticked Whether their forecasts are drawn. */
    tick(ids, ticked) {
      store.set({ runs: store.get().runs.map((entry) => (ids.includes(entry.id) ? { ...entry, ticked } : entry)) });
    },

    /** Shows a run's forecast; that of one still in training as it is now. @param {number} id */
    async show(id) {
      if (list.find(id)?.run?.bytes && store.get().shownId !== id) await model.show(id);
    },
  };
}

/** @typedef {ReturnType<typeof runActions>} RunActions */
