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
import { targetsOf, written } from '../state/targets.js';
import { newId, newRun, ofReport } from './model.js';

/** @import {Client} from '../core/client.js' */
/** @import {Limit, Problem, Settings, Tidings} from '../core/protocol.js' */
/** @import {Contest, Dataset, Entry, PageStore, Run, State} from '../state/shape.js' */
/** @import {ModelActions} from './model.js' */

/** A budget of steps is this many epochs, unless it is chosen. */
const EPOCHS = 5;
/** Architectures that are ticked by themselves, beside the one that is chosen. */
const FIRST = 3;
/** Milliseconds that a worker has to end its run when it is asked to; then it is ended. */
const PATIENCE = 8000;
/** Milliseconds that the list stands still before it is kept. */
const KEEP_AFTER = 1000;

/** How a run in a lane came to its end. @typedef {'finished' | 'failed' | 'stopped' | 'gone'} End */

/** A worker, and the run that it trains. @typedef {{client: Client, id: number, end: (how: End) => void}} Lane */

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

  /** Keeps the list in this browser, once it stands still. */
  function keep() {
    clearTimeout(keeping);
    keeping = setTimeout(() => void keepRuns(store.get().runs.filter(({ run }) => run?.bytes)), KEEP_AFTER);
  }

  /** What is shown is a run of the list; one that was given up before it had weights is none. */
  store.watch(
    (state) => [state.run],
    (run) => {
      if (!run) return;
      const { runs } = store.get();
      if (find(run.id)) changeRun(run.id, run);
      else {
        const left = runs.filter(({ run: other, problem, id }) => !other || other.bytes || problem || isInLane(id));
        store.set({ runs: [...left, { id: run.id, asked: run.asked, slot: freeSlot(left), limit: {}, ticked: false, run: lean(run), problem: null }] });
      }
      if (run.status !== 'running') keep();
    },
  );

  /** @param {number} id */
  const isInLane = (id) => [...lanes].some((lane) => lane.id === id);

  /** @param {Lane} lane @param {Tidings} tidings */
  function hear(lane, tidings) {
    const run = find(lane.id)?.run;
    if (!run) return;
    if (tidings.type === 'report') {
      changeRun(lane.id, ofReport(tidings.report, null));
    } else if (tidings.type === 'progress') {
      const { progress, spent, epochs } = tidings;
      // A report may have told them before.
      const known = run.epochs.length;
      const more = epochs.filter(({ epoch }) => epoch > known);
      changeRun(lane.id, { progress, elapsed: spent, ...(more.length ? { epochs: [...run.epochs, ...more] } : {}) });
      if (progress.state === 'finished') lane.end('finished');
    } else if (tidings.type === 'failed') {
      changeRun(lane.id, { ...(tidings.report ? ofReport(tidings.report, null) : {}), status: 'failed', problem: tidings.problem });
      lane.end('failed');
    }
  }

  /** @param {Lane} lane @param {Problem} problem */
  function died(lane, { message }) {
    fail(lane.id, { message: `Its worker stopped by itself (${message}).` });
    lane.end('gone');
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
    const lane = { client: { call: () => Promise.reject(new Gone()), close() {}, build: null }, id: 0, end() {} };
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
        } else if (error instanceof Gone) connected = false;
        else throw error;
      }
      lane.id = 0;
    }
    lane.client.close();
    lanes.delete(lane);
    if (!lanes.size) await over();
  }

  /** @param {Lane} lane @param {number} id @returns {Promise<End>} */
  async function train(lane, id) {
    const { client } = lane;
    let asked = find(id)?.asked ?? {};
    /** @type {Settings} */
    let settings = { [ROLE.target]: written(targetsOf(store.get())), ...asked };
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
    const how = await end;
    if (how === 'gone') return how;
    if (how !== 'failed' || find(id)?.run?.bytes) {
      // Once, when all is decided.
      const { evaluation } = await client.call('judge', { sight });
      changeRun(id, { test: evaluation });
    }
    if (how !== 'failed') changeRun(id, { status: how });
    return how;
  }

  /** The last worker has ended: where nothing is shown, the winner is. */
  async function over() {
    store.set({ comparing: 'none', said: 'The comparison has ended. Its table is sorted by the error on validation.' });
    keep();
    const { run, runs, catalog, data } = store.get();
    if (run || !catalog || data?.parts !== terms.parts) return;
    const best = leaderboards(runs, catalog)[0]?.lines.find(({ entry }) => entry?.run?.bytes)?.entry?.run;
    if (best) await model.show(best);
  }

  /** Nothing more begins, and nothing waits. */
  function empty() {
    const waiting = new Set(queue);
    queue = [];
    store.set({ runs: store.get().runs.filter(({ id }) => !waiting.has(id)) });
  }

  /** @param {Lane} lane Its run is given up and taken off the list. */
  function drop(lane) {
    lane.client.close();
    lane.end('gone');
    store.set({ runs: store.get().runs.filter(({ id }) => id !== lane.id) });
  }

  /** @param {Lane} lane Ends its run as it stands. */
  async function finish(lane) {
    const { client, id } = lane;
    const status = find(id)?.run?.status;
    if (status !== 'running' && status !== 'paused') return;
    const timer = setTimeout(() => {
      if (lane.id !== id || !isInLane(id)) return;
      fail(id, { message: 'Its worker did not answer and was ended.' });
      client.close();
      lane.end('gone');
    }, PATIENCE);
    try {
      const progress = await client.call('stop', null);
      const state = store.get();
      const horizon = find(id)?.run?.configured.horizon ?? 1;
      const report = await client.call('report', { sight: { ...sightOf(state), lead: horizon, steps: state.steps || horizon } });
      changeRun(id, { ...(report ? ofReport(report, null) : {}), progress });
      lane.end('stopped');
    } catch (error) {
      if (!(error instanceof Gone) && !(error instanceof Refusal)) throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    /** Data were replaced: the runs belong to the data before. @param {Dataset} data */
    replaced(data) {
      empty();
      for (const lane of lanes) drop(lane);
      if (opened) putAside.set(opened, store.get().runs.filter(({ run }) => run?.bytes));
      opened = data;
      goOn();
      store.set({ runs: putAside.get(data) ?? [] });
      keep();
    },

    /** @param {Entry[]} runs Those of the last visit, on the data that is open. */
    resume(runs) {
      store.set({ runs });
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

    async pause() {
      if (store.get().comparing !== 'running') return;
      store.set({ comparing: 'paused', said: 'The comparison is paused.' });
      pause = new Promise((resolve) => (goOn = resolve));
      for (const { client, id } of lanes) {
        if (find(id)?.run?.status !== 'running') continue;
        const progress = await client.call('pause', null).catch(() => null);
        if (progress && find(id)?.run?.status === 'running') changeRun(id, { status: 'paused', progress });
      }
    },

    async goOn() {
      if (store.get().comparing !== 'paused') return;
      store.set({ comparing: 'running', said: 'The comparison goes on.' });
      pause = Promise.resolve();
      goOn();
      for (const { client, id } of lanes) {
        const run = find(id)?.run;
        if (run?.status !== 'paused') continue;
        changeRun(id, { status: 'running' });
        const { horizon } = run.configured;
        await client.call('start', { fresh: false, sight: { lead: horizon, steps: horizon }, workers: 1, among: true }).catch(() => null);
      }
    },

    /** Ends what trains, as it stands, and forgets what waits. */
    stop() {
      empty();
      pause = Promise.resolve();
      goOn();
      store.set({ comparing: 'running' });
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

    /** Puts a run where the forecast is. @param {number} id */
    async show(id) {
      const run = find(id)?.run;
      if (run?.bytes && store.get().run?.id !== id) await model.show(run);
    },
  };
}

/** @typedef {ReturnType<typeof runActions>} RunActions */
