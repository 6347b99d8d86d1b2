/**
 * The list of runs, and training several of them side by side: each in a worker of its own, as many at once as there are
 * cores, on the same data, with the same settings but the architecture. A worker trains one run after another and ends with
 * the last; what is left of a run is its saved weights, from which another worker can bring it back.
 * @module
 */
import { createClient, Gone, Refusal } from '../core/client.js';
import { keepRuns } from '../state/persist.js';
import { freeSlot, leaderboards } from '../state/runs.js';
import { ROLE, buildOf, sightOf } from '../state/shape.js';
import { withTargets } from '../state/targets.js';
import { newId, newRun, ofReport } from './model.js';

/** @import {Client} from '../core/client.js' */
/** @import {Limit, Problem, Tidings} from '../core/protocol.js' */
/** @import {Contest, Dataset, Entry, PageStore, Run, State} from '../state/shape.js' */
/** @import {ModelActions} from './model.js' */

/** A budget of steps is this many epochs, unless it is chosen. */
const EPOCHS = 5;
/** Architectures that are ticked by themselves, beside the one that is chosen. */
const FIRST = 3;
/** Milliseconds that a worker has to end its run when it is asked to; then it is ended. */
const PATIENCE = 8000;
/** Milliseconds until the list is kept, once something in it has changed. */
const KEEP_AFTER = 1000;

/** How a run in a lane came to its end. @typedef {'finished' | 'failed' | 'stopped' | 'gone'} End */

/**
 * A worker, and the run that it trains. `under`: whether its training has begun and has not ended; `heeding`: whether it is just
 * being paused or sent on.
 * @typedef {{client: Client, id: number, end: (how: End) => void, under: boolean, heeding: boolean}} Lane
 */

/** @param {State} state @returns {string[]} The architectures that a comparison would train, in the catalog's order. */
export function contestants({ contest, catalog, settings, draft }) {
  const all = catalog?.architectures.map(({ id }) => id) ?? [];
  const usual = [...all.slice(0, FIRST), String(draft?.settings[ROLE.architecture] ?? settings[ROLE.architecture])];
  return all.filter((id) => (contest.architectures ?? usual).includes(id));
}

/** @param {State} state @returns {number} Steps that each may take where all take equally many. */
export const stepsOf = ({ contest, draft }) => contest.steps || EPOCHS * (draft?.steps_per_epoch ?? 1);

/** @param {Run} run @returns {Run} What is kept of it in the list. */
const lean = (run) => (run.predictions.validation || run.predictions.test ? { ...run, predictions: { validation: null, test: null } } : run);

/** @param {Run} run @returns {Run} What is left of it once the worker that trained it is gone. */
const settled = (run) => (run.status === 'running' || run.status === 'paused' ? { ...run, status: 'stopped' } : run);

/** @param {Entry[]} entries @returns {Entry[]} What is left of a list whose workers are gone: what has weights. */
const settledList = (entries) => entries.flatMap((entry) => (entry.run?.bytes ? [{ ...entry, run: settled(entry.run) }] : []));

/** @param {PageStore} store @param {ModelActions} model */
export function runActions(store, model) {
  /** @type {Set<Lane>} */ const lanes = new Set();
  /** Numbers of the runs that wait. @type {number[]} */ let queue = [];
  /** What the runs under way are to be. @type {{limit: Limit, parameters: number, parts: Dataset['parts']}} */
  let terms = { limit: {}, parameters: 0, parts: /** @type {any} */ (null) };
  /** Called when a pause ends. */
  let goOn = () => {};
  /** Settled while there is no pause. */
  let pause = Promise.resolve();
  /** The runs of data that is put aside. @type {WeakMap<object, Entry[]>} */
  const putAside = new WeakMap();
  /** @type {Dataset | null} */ let opened = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let keeping;

  /** @param {number} id */
  const find = (id) => store.get().runs.find((entry) => entry.id === id);

  /** @param {number} id @param {Partial<Entry>} change */
  function change(id, change) {
    store.set({ runs: store.get().runs.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)) });
  }

  /** @param {number} id @param {Partial<Run>} patch */
  function changeRun(id, patch) {
    const run = find(id)?.run;
    if (run) change(id, { run: lean({ ...run, ...patch }) });
  }

  /** Keeps the list in this browser, soon. */
  function keep() {
    keeping ??= setTimeout(() => {
      keeping = undefined;
      void keepRuns(store.get().runs.filter(({ run }) => run?.bytes));
    }, KEEP_AFTER);
  }

  /** The run that was shown last. */
  let before = 0;
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

  /** @param {number} id A run that trains no more, unless in a lane; without weights it is none. */
  function settle(id) {
    const run = find(id)?.run;
    if (!run || isInLane(id)) return;
    if (run.bytes) change(id, { run: settled(run) });
    else store.set({ runs: store.get().runs.filter((entry) => entry.id !== id) });
  }

  /** @param {number} id */
  const isInLane = (id) => [...lanes].some((lane) => lane.id === id);

  /** @param {Lane} lane @param {Tidings} tidings */
  function hear(lane, tidings) {
    const run = find(lane.id)?.run;
    if (!run) return;
    if (tidings.type === 'report') {
      changeRun(lane.id, ofReport(tidings.report, null));
      keep();
    } else if (tidings.type === 'progress') {
      const { progress, spent, epochs } = tidings;
      // A report may have told them before.
      const known = run.epochs.length;
      const more = epochs.filter(({ epoch }) => epoch > known);
      changeRun(lane.id, { progress, elapsed: spent, ...(more.length ? { epochs: [...run.epochs, ...more] } : {}) });
      if (progress.state === 'finished') over(lane, 'finished');
    } else if (tidings.type === 'failed') {
      changeRun(lane.id, { ...(tidings.report ? ofReport(tidings.report, null) : {}), status: 'failed', problem: tidings.problem });
      over(lane, 'failed');
    }
  }

  /** @param {Lane} lane @param {End} how Its run has ended so. */
  function over(lane, how) {
    lane.under = false;
    lane.end(how);
  }

  /** @param {Lane} lane @param {Problem} problem */
  function died(lane, { message }) {
    fail(lane.id, { message: `Its worker stopped by itself (${message}).` });
    over(lane, 'gone');
  }

  /** @param {number} id @param {Problem} problem */
  function fail(id, problem) {
    const run = find(id)?.run;
    change(id, { problem, ...(run ? { run: { ...run, status: 'failed', problem } } : {}) });
  }

  /** @param {Lane} lane A worker that has the data. */
  async function connect(lane) {
    lane.client.close();
    const client = createClient(
      'compare',
      (tidings) => hear(lane, tidings),
      (problem) => died(lane, problem),
      buildOf(store.get()),
    );
    lane.client = client;
    await client.call('open', { parts: terms.parts });
  }

  /** Trains what waits, one after another. */
  async function work() {
    /** @type {Lane} */
    const lane = { client: { call: () => Promise.reject(new Gone()), close() {}, build: null }, id: 0, end() {}, under: false, heeding: false };
    lanes.add(lane);
    let connected = false;
    for (;;) {
      await pause;
      const id = queue.shift();
      if (id === undefined) break;
      lane.id = id;
      try {
        if (!connected) await connect(lane);
        connected = (await train(lane, id)) !== 'gone';
      } catch (error) {
        // What is refused, before its first step or at its end, leaves the worker as it was.
        if (error instanceof Refusal) {
          connected = true;
          fail(id, error.problem);
        } else if (error instanceof Gone) {
          connected = false;
          // The worker was gone before it was given this run: the next one takes it.
          const entry = find(id);
          if (entry && !entry.run && !entry.problem) queue.unshift(id);
        } else throw error;
      }
      lane.id = 0;
      keep();
      // What was shown as it stood while it trained is shown as it has become.
      const run = find(id)?.run;
      if (run?.bytes) await model.renew(settled(run));
    }
    lane.client.close();
    lanes.delete(lane);
    if (!lanes.size) await close();
  }

  /** @param {Lane} lane @param {number} id @returns {Promise<End>} */
  async function train(lane, id) {
    const { client } = lane;
    let asked = find(id)?.asked ?? {};
    let settings = withTargets(store.get(), asked);
    if (terms.parameters) {
      const sized = await client.call('sized', { settings, parameters: terms.parameters });
      asked = Object.fromEntries(Object.entries(sized).filter(([key, value]) => key in asked || value !== settings[key]));
      settings = sized;
    }
    const configured = await client.call('configure', { settings });
    const { limit } = terms;
    /** @type {Promise<End>} */
    const end = new Promise((resolve) => (lane.end = resolve));
    await pause;
    const sight = { lead: configured.horizon, steps: store.get().steps || configured.horizon };
    const { progress } = await client.call('start', { fresh: true, sight, workers: 1, limit, among: true });
    change(id, { asked, run: { ...newRun(id, configured, progress, asked, client.build ?? ''), status: 'running' } });
    lane.under = true;
    // A pause may have come while it began.
    void heed(lane);
    const how = await end;
    if (how === 'gone') return how;
    if (how !== 'failed' || find(id)?.run?.bytes) {
      // Once, when all is decided.
      const { evaluation } = await client.call('judge', { sight: null });
      changeRun(id, { test: evaluation });
    }
    if (how !== 'failed') changeRun(id, { status: how });
    return how;
  }

  /**
   * Pauses a lane's run or sends it on, as the comparison is by now: one word at a time, so that the last one counts.
   * @param {Lane} lane
   */
  async function heed(lane) {
    if (lane.heeding) return;
    lane.heeding = true;
    try {
      for (;;) {
        const { client, id } = lane;
        const run = find(id)?.run;
        const { comparing } = store.get();
        if (!run || !lane.under) break;
        if (comparing === 'paused' && run.status === 'running') {
          const progress = await client.call('pause', null);
          // It may have come to its end a moment before.
          if (lane.under && lane.id === id) changeRun(id, { status: 'paused', progress });
        } else if (comparing === 'running' && run.status === 'paused') {
          const { horizon } = run.configured;
          await client.call('start', { fresh: false, sight: { lead: horizon, steps: horizon }, workers: 1, among: true });
          if (lane.under && lane.id === id) changeRun(id, { status: 'running' });
        } else break;
      }
    } catch (error) {
      if (!(error instanceof Gone) && !(error instanceof Refusal)) throw error;
    } finally {
      lane.heeding = false;
    }
  }

  /** The last worker has ended: where nothing is shown, the winner is. */
  async function close() {
    store.set({ comparing: 'none', said: 'The comparison has ended. Its table is sorted by the error on validation.' });
    keep();
    const { run, runs, catalog, data } = store.get();
    if (run || !catalog || data?.parts !== terms.parts) return;
    const best = leaderboards(runs, catalog)[0]?.lines.find(({ entry }) => entry?.run?.bytes)?.entry?.run;
    if (best) await model.show(best, false);
  }

  /** Nothing more begins, and nothing waits. */
  function empty() {
    const waiting = new Set(queue);
    queue = [];
    store.set({ runs: store.get().runs.filter(({ id }) => !waiting.has(id)) });
    pause = Promise.resolve();
    goOn();
  }

  /** @param {Lane} lane Its run is given up and taken off the list. */
  function drop(lane) {
    lane.client.close();
    over(lane, 'gone');
    store.set({ runs: store.get().runs.filter(({ id }) => id !== lane.id) });
  }

  /** @param {Lane} lane Ends its run as it stands. */
  async function finish(lane) {
    const { client, id } = lane;
    // One that has just ended is being judged.
    if (!lane.under) return;
    const timer = setTimeout(() => {
      if (!lane.under || lane.id !== id) return;
      fail(id, { message: 'Its worker did not answer and was ended.' });
      client.close();
      over(lane, 'gone');
    }, PATIENCE);
    try {
      const progress = await client.call('stop', null);
      const state = store.get();
      const horizon = find(id)?.run?.configured.horizon ?? 1;
      const report = await client.call('report', { sight: { ...sightOf(state), lead: horizon, steps: state.steps || horizon } });
      changeRun(id, { ...(report ? ofReport(report, null) : {}), progress });
      if (lane.id === id) over(lane, 'stopped');
    } catch (error) {
      if (error instanceof Refusal) {
        fail(id, error.problem);
        if (lane.id === id) over(lane, 'failed');
      } else if (!(error instanceof Gone)) throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    /** Data were replaced: the runs belong to the data before. @param {Dataset} data */
    replaced(data) {
      empty();
      for (const lane of lanes) drop(lane);
      if (opened) putAside.set(opened, settledList(store.get().runs));
      opened = data;
      store.set({ runs: putAside.get(data) ?? [] });
      keep();
    },

    /** @param {Entry[]} runs Those of the last visit, on the data that is open. */
    resume(runs) {
      store.set({ runs: settledList(runs) });
    },

    /** @param {Partial<Contest>} contest */
    set(contest) {
      store.set({ contest: { ...store.get().contest, ...contest } });
    },

    /** Trains what is ticked, side by side. */
    compare() {
      const state = store.get();
      const { contest, draft, data, run, runs, catalog } = state;
      if (!draft || !data || state.comparing !== 'none') return;
      const usual = catalog?.knobs.find(({ key }) => key === ROLE.architecture)?.default;
      const { [ROLE.architecture]: _, ...settings } = state.settings;
      terms = {
        limit: { time: { milliseconds: contest.seconds * 1000 }, steps: { steps: stepsOf(state) }, none: {} }[contest.budget],
        parameters: contest.equal ? draft.parameters.total : 0,
        parts: data.parts,
      };
      const all = [...runs];
      for (const id of contestants(state)) {
        const asked = id === usual ? settings : { ...settings, [ROLE.architecture]: id };
        all.push({ id: newId(), asked, slot: freeSlot(all), limit: terms.limit, ticked: true, run: null, problem: null });
      }
      queue = all.slice(runs.length).map(({ id }) => id);
      store.set({ runs: all, comparing: 'running', said: `Training ${queue.length} models side by side.` });
      // A model that trains already has its core.
      const busy = run?.status === 'running' ? run.workers : 0;
      const cores = Math.max(1, (navigator.hardwareConcurrency || 1) - busy);
      for (let lane = Math.min(cores, queue.length); lane > 0; lane--) void work();
    },

    pause() {
      if (store.get().comparing !== 'running') return;
      store.set({ comparing: 'paused', said: 'The comparison is paused.' });
      pause = new Promise((resolve) => (goOn = resolve));
      for (const lane of lanes) void heed(lane);
    },

    goOn() {
      if (store.get().comparing !== 'paused') return;
      store.set({ comparing: 'running', said: 'The comparison goes on.' });
      goOn();
      for (const lane of lanes) void heed(lane);
    },

    /** Ends what trains, as it stands, and forgets what waits. */
    stop() {
      if (!['running', 'paused'].includes(store.get().comparing)) return;
      store.set({ comparing: 'ending', said: 'The comparison is being ended.' });
      empty();
      for (const lane of lanes) {
        const entry = find(lane.id);
        if (entry?.run) void finish(lane);
        else if (entry) drop(lane);
      }
    },

    /** Takes a run off the list; one that trains is ended. @param {number} id */
    async remove(id) {
      const { run } = store.get();
      queue = queue.filter((waiting) => waiting !== id);
      for (const lane of lanes) if (lane.id === id) drop(lane);
      if (run?.id === id) await model.reset();
      store.set({ runs: store.get().runs.filter((entry) => entry.id !== id) });
      keep();
    },

    /** Takes all runs off the list but the one that is shown and those under way. */
    clear() {
      const { run, runs } = store.get();
      store.set({ runs: runs.filter(({ id }) => id === run?.id || isInLane(id) || queue.includes(id)) });
      keep();
    },

    /** @param {number[]} ids @param {boolean} ticked Whether their forecasts are drawn. */
    tick(ids, ticked) {
      store.set({ runs: store.get().runs.map((entry) => (ids.includes(entry.id) ? { ...entry, ticked } : entry)) });
    },

    /** Puts a run where the forecast is; one that still trains, as it stands now. @param {number} id */
    async show(id) {
      const run = find(id)?.run;
      const { run: shown } = store.get();
      if (!run?.bytes || (shown?.id === id && !shown.earlier)) return;
      await model.show(run, isInLane(id));
    },
  };
}

/** @typedef {ReturnType<typeof runActions>} RunActions */
