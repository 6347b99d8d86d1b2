/**
 * What a person can do with a model: change settings, train, pause, step, stop, start over, save, load, go back.
 * @module
 */
import { createClient, Gone, Refusal } from '../core/client.js';
import { keepReproducible, keepRun, keepWorkers } from '../state/persist.js';
import { buildOf, isOver, isStale, sightOf } from '../state/shape.js';
import { withTargets } from '../state/targets.js';

/** @import {Client} from '../core/client.js' */
/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {Problem, Report, Settings, Tidings, Value} from '../core/protocol.js' */
/** @import {Dataset, PageStore, Run, RunStatus} from '../state/shape.js' */

/** Milliseconds between two keepings of a model that trains. */
const KEEP_EVERY = 4000;
/** A worker that dies twice within so many milliseconds is not set to work again by itself. */
const DEATHS_APART = 30_000;
/** Milliseconds that the second of them waits for its successor. */
const RESTART_AFTER = 2000;

let lastId = 0;
/** @returns {number} A run's number, that none of an earlier visit has. */
export const newId = () => (lastId = Math.max(lastId + 1, Date.now()));

/** @param {number} id @param {Configured} configured @param {Progress} progress @param {Settings} asked @param {Run['build']} build @returns {Run} */
export const newRun = (id, configured, progress, asked, build) => ({
  id,
  status: 'ready',
  asked,
  build,
  configured,
  progress,
  epochs: [],
  problem: null,
  validation: null,
  test: null,
  predictions: { validation: null, test: null },
  forecast: null,
  forecastProblem: '',
  bytes: null,
  workers: 1,
  elapsed: 0,
  remark: '',
});

/** @param {Report} report @param {Run['predictions']['test']} test @returns {Partial<Run>} What a report says of a run. */
export const ofReport = ({ progress, history, evaluation, predictions, forecast, forecastProblem, bytes, gradients }, test) => ({
  progress,
  epochs: history,
  validation: evaluation,
  predictions: { validation: predictions, test },
  forecast,
  forecastProblem,
  bytes,
  ...(gradients ? { gradients } : {}),
});

/** @param {PageStore} store */
export function modelActions(store) {
  /** @type {Client} */ let client = connect();
  /** The run that belongs to data which is put aside. @type {WeakMap<object, Run>} */
  const putAside = new WeakMap();
  /** @type {Dataset | null} */ let opened = null;
  let newest = 0;
  let kept = 0;
  let died = -Infinity;
  /** Settled when what was asked for last is done. */
  let turn = Promise.resolve();
  /** Settled while there is a worker that holds the run that is shown. @type {Promise<void>} */
  let alive = Promise.resolve();

  /**
   * What people ask for is done one after another, each from the state that the one before has left: a button that is
   * pressed twice finds at its second turn that there is nothing left to do.
   * @template {unknown[]} A @template T @param {(...args: A) => Promise<T>} act @returns {(...args: A) => Promise<T>}
   */
  const inTurn =
    (act) =>
    (...args) => {
      const done = turn.then(() => act(...args));
      turn = done.then(
        () => {},
        () => {},
      );
      return done;
    };

  function connect() {
    return createClient(
      'model',
      hear,
      (problem) => {
        alive = inTurn(revive)(problem);
      },
      buildOf(store.get()),
    );
  }

  /** @param {Partial<Run>} patch @param {number} [id] Of the run that it is about, where another may have taken its place. */
  function setRun(patch, id) {
    const { run } = store.get();
    if (run && (id === undefined || run.id === id)) store.set({ run: { ...run, ...patch } });
  }

  /** @returns {boolean} Whether the run that is shown trains, or could train on. */
  const isUnderWay = () => ['running', 'paused'].includes(store.get().run?.status ?? '');

  /** @template T @param {() => Promise<T>} ask @returns {Promise<T | undefined>} What came of it; a refusal is shown where training is. */
  async function attempt(ask) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Refusal) store.set({ runProblem: error.problem });
      else if (!(error instanceof Gone)) throw error;
    }
  }

  /** @param {Report} report */
  const told = (report) => ofReport(report, store.get().run?.predictions.test ?? null);

  /** @param {Tidings} tidings */
  function hear(tidings) {
    const { run } = store.get();
    if (!run || run.status === 'paused' || run.status === 'stopped') {
      if (run && tidings.type === 'report') setRun(told(tidings.report));
      return;
    }
    if (tidings.type === 'report') {
      setRun(told(tidings.report));
      if (performance.now() - kept > KEEP_EVERY) keep();
    } else if (tidings.type === 'progress') {
      setRun({ progress: tidings.progress, workers: tidings.workers, elapsed: tidings.spent });
      if (tidings.progress.state === 'finished') void end('finished');
    } else if (tidings.type === 'failed') {
      setRun({ status: 'failed', problem: tidings.problem, ...(tidings.report ? told(tidings.report) : {}) });
      keep();
    }
  }

  function keep() {
    kept = performance.now();
    void keepRun(store.get().run);
  }

  /** Training is over: the test part is scored. @param {RunStatus} status */
  async function end(status) {
    setRun({ status });
    await judge();
    keep();
  }

  async function judge() {
    const { run: judged } = store.get();
    if (!judged?.bytes) return;
    const answer = await attempt(() => client.call('judge', { sight: sightOf(store.get()) }));
    const { run } = store.get();
    if (answer && run) setRun({ test: answer.evaluation, predictions: { ...run.predictions, test: answer.predictions } }, judged.id);
  }

  async function configure() {
    const turn = ++newest;
    const state = store.get();
    if (!state.data) return false;
    try {
      const draft = await client.call('configure', { settings: withTargets(state) });
      if (turn === newest) store.set({ draft, settingsProblem: null });
      return true;
    } catch (error) {
      if (error instanceof Refusal && turn === newest) store.set({ settingsProblem: error.problem });
      else if (!(error instanceof Refusal) && !(error instanceof Gone)) throw error;
      return false;
    }
  }

  /** @param {Problem} problem */
  async function revive(problem) {
    const { data, run } = store.get();
    const again = performance.now() - died > DEATHS_APART;
    died = performance.now();
    if (run) store.set({ run: run.bytes ? { ...run, status: 'stopped' } : null });
    // A package that cannot start would otherwise be started again and again without a pause.
    if (!again) await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER));
    client = connect();
    const wasRunning = run?.status === 'running';
    const goesOn = wasRunning && again ? ' Training starts anew.' : '';
    const restored = run?.bytes ? ' Its last weights are back.' : '';
    store.set({
      runProblem: {
        message: `The worker that trains stopped by itself (${problem.message}) and was started again.${restored}${goesOn}`,
      },
    });
    if (!data) return;
    await attempt(async () => {
      await client.call('open', { parts: data.parts });
      await configure();
      if (run?.bytes) await restore(run);
      if (wasRunning && again) await start();
    });
  }

  /** Puts a saved run back to work. @param {Run} run @returns {Promise<boolean>} */
  async function restore(run) {
    const { bytes } = run;
    if (!bytes) return false;
    const loaded = await attempt(() => client.call('load', { bytes }));
    if (!loaded) return false;
    // Training cannot go on from saved weights: what the optimiser had gathered is not in them.
    const status = run.status === 'running' || run.status === 'paused' ? 'stopped' : run.status;
    store.set({ run: { ...run, configured: loaded.configured, status, problem: status === 'failed' ? run.problem : null } });
    return true;
  }

  /** Ready for a model that begins: in a worker of the build that is wanted now. @returns {Promise<boolean>} */
  async function configureFresh() {
    const { data } = store.get();
    if (data && client.build !== buildOf(store.get())) {
      client.close();
      client = connect();
      await attempt(() => client.call('open', { parts: data.parts }));
    }
    return configure();
  }

  async function start() {
    if (store.get().run?.status === 'running') return;
    const prepared = await prepare();
    if (!prepared) return;
    const answer = await attempt(() => client.call('start', prepared.request));
    if (answer) begin(prepared, answer, 'running');
  }

  /** Ready for a step: a fresh model where the one that is shown is over or was configured otherwise. */
  async function prepare() {
    const state = store.get();
    const fresh = !state.run || isStale(state) || isOver(state.run);
    if (fresh && !(await configureFresh())) return null;
    const { settings, data, workers } = store.get();
    return { settings, data, request: { fresh, sight: sightOf(store.get()), workers } };
  }

  /** @param {NonNullable<Awaited<ReturnType<typeof prepare>>>} prepared @param {{configured: Configured, progress: Progress}} answer @param {RunStatus} status */
  function begin({ settings, data, request: { fresh } }, answer, status) {
    const { run } = store.get();
    // Other data have come meanwhile; their turn is next.
    if (store.get().data !== data) return;
    if (fresh || !run) {
      store.set({
        run: { ...newRun(newId(), answer.configured, answer.progress, settings, client.build ?? ''), status },
        earlierRun: run?.bytes ? { run, why: 'the model before this one' } : store.get().earlierRun,
        runProblem: null,
      });
    } else {
      // What the weights before had on the test part is not said of those to come.
      const { validation } = run.predictions;
      const next = { ...run, progress: answer.progress, status, problem: null, test: null, predictions: { validation, test: null } };
      store.set({ run: next, runProblem: null });
    }
  }

  async function pause() {
    if (store.get().run?.status !== 'running') return;
    const progress = await attempt(() => client.call('pause', null));
    // It may have come to its end a moment before.
    if (progress && store.get().run?.status === 'running') setRun({ status: 'paused', progress });
    keep();
  }

  /** What a run of the list predicts is asked of its weights once more. @param {Run} run */
  async function drawn({ configured: { horizon } }) {
    const { lead, steps } = store.get();
    await actions.look(Math.min(lead || horizon, horizon));
    if (steps) await actions.reach(steps);
    keep();
  }

  /** The next model is to be computed as this one was, where that is known. @param {Run} run */
  function asTrained({ build }) {
    if (build && build !== buildOf(store.get())) store.set({ reproducible: build === 'plain' });
  }

  const actions = {
    /** Data were replaced: the run of the old data is put aside, and the one of the new data, if any, is back. */
    replaced: inTurn(async (/** @type {Dataset} */ data, /** @type {Settings} */ settings) => {
      const { run } = store.get();
      if (opened && run) putAside.set(opened, run);
      opened = data;
      const back = putAside.get(data) ?? null;
      store.set({
        settings: back ? back.asked : settings,
        draft: null,
        settingsProblem: null,
        run: null,
        earlierRun: null,
        runProblem: null,
        shown: '',
        lead: 0,
        steps: 0,
      });
      await attempt(() => client.call('open', { parts: data.parts }));
      await configure();
      if (back) await restore(back);
    }),

    /** @param {Settings} change A knob's new value, or `undefined` for its default. */
    set(change) {
      const settings = { ...store.get().settings };
      const knobs = store.get().catalog?.knobs ?? [];
      for (const [key, value] of Object.entries(change)) {
        const knob = knobs.find((candidate) => candidate.key === key);
        if (value === undefined || (knob && value === knob.default)) delete settings[key];
        else settings[key] = /** @type {Value} */ (value);
      }
      store.set({ settings, earlierSettings: null });
      return configure();
    },

    /** All settings at once (a preset, the defaults), with a way back. @param {Settings} settings */
    replaceSettings(settings) {
      store.set({ settings: differing(settings), earlierSettings: store.get().settings });
      return configure();
    },
    bringBackSettings() {
      const { earlierSettings, settings } = store.get();
      if (earlierSettings) store.set({ settings: earlierSettings, earlierSettings: settings });
      return configure();
    },
    settingsOfRun() {
      const { run } = store.get();
      if (!run) return undefined;
      asTrained(run);
      return actions.replaceSettings(run.asked);
    },

    /** Whether new models are to be the same everywhere; what is being trained is not touched. @param {boolean} reproducible */
    setReproducible(reproducible) {
      keepReproducible(reproducible);
      store.set({ reproducible });
    },

    /** How many workers should train the next model; 0: as many as are fastest. @param {number} workers */
    setWorkers(workers) {
      store.set({ workers });
      keepWorkers(workers);
    },

    start: inTurn(start),
    pause: inTurn(pause),
    step: inTurn(async () => {
      if (store.get().run?.status === 'running') return;
      const prepared = await prepare();
      if (!prepared) return;
      try {
        const { report, ...answer } = await client.call('step', prepared.request);
        begin(prepared, answer, 'paused');
        if (report) setRun(told(report));
        if (answer.progress.state === 'finished') await end('finished');
      } catch (error) {
        if (error instanceof Refusal) setRun({ status: 'failed', problem: error.problem });
        else if (!(error instanceof Gone)) throw error;
      }
    }),
    stop: inTurn(async () => {
      if (!isUnderWay()) return;
      const progress = await attempt(() => client.call('stop', null));
      // It may have come to its end a moment before, and is judged then.
      if (!progress || !isUnderWay()) return;
      setRun({ status: 'stopped', progress });
      const report = progress.best ? await attempt(() => client.call('report', { sight: sightOf(store.get()) })) : null;
      if (report) setRun(told(report));
      await end('stopped');
    }),
    /** Forgets the weights, with a way back. */
    reset: inTurn(async () => {
      await pause();
      const { run } = store.get();
      if (!run) return;
      store.set({ run: null, runProblem: null, earlierRun: run.bytes ? { run, why: 'the model that was reset' } : null });
      await configure();
      void keepRun(null);
    }),
    bringBackRun: inTurn(async () => {
      await pause();
      const { earlierRun, run } = store.get();
      if (!earlierRun || !(await restore(earlierRun.run))) return;
      store.set({
        earlierRun: run?.bytes ? { run, why: 'the newer model' } : null,
        settings: earlierRun.run.asked,
        runProblem: null,
      });
      asTrained(earlierRun.run);
      await configure();
      keep();
    }),

    /** Scores the test part, once. */
    judge: inTurn(async () => {
      if (store.get().run?.test) return;
      await judge();
      keep();
    }),

    /**
     * A run of the list takes the place of the one that is shown: its weights are loaded, and what they predicted is drawn.
     * `earlier`: it trains on elsewhere, and is shown as it stands now.
     */
    show: inTurn(async (/** @type {Run} */ next, /** @type {boolean} */ earlier) => {
      await pause();
      const { settings } = store.get();
      const remark = 'It trains on below; this is how it stood, and how it ends will be shown here.';
      if (!(await restore(earlier ? { ...next, earlier, remark } : next))) return;
      store.set({ settings: next.asked, earlierSettings: settings, runProblem: null });
      asTrained(next);
      await configure();
      await drawn(next);
    }),

    /** A run that is shown as it stood earlier, if it still is, is shown as it is by now. */
    renew: inTurn(async (/** @type {Run} */ next) => {
      const { run } = store.get();
      if (run?.id === next.id && run.earlier && (await restore(next))) await drawn(next);
    }),

    /** @param {number} lead */
    async look(lead) {
      store.set({ lead });
      const { run } = store.get();
      if (!run?.validation) return;
      const validation = await attempt(() => client.call('predictions', { part: 'validation', lead }));
      const test = run.test ? await attempt(() => client.call('predictions', { part: 'test', lead })) : null;
      if (validation) setRun({ predictions: { validation, test: test ?? null } }, run.id);
    },
    /** @param {number} steps */
    async reach(steps) {
      const { run } = store.get();
      store.set({ steps });
      if (!run?.forecast) return;
      const forecast = await attempt(() => client.call('forecast', { steps }));
      if (forecast) setRun({ forecast, forecastProblem: '' }, run.id);
      else store.set({ steps: 0 });
    },

    /** A model from a file. */
    load: inTurn(async (/** @type {Blob} */ blob, /** @type {string} */ name) => {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const loaded = await attempt(() => client.call('load', { bytes, settings: withTargets(store.get()) }));
      if (!loaded) return;
      const { run } = store.get();
      const settings = differing(loaded.configured.settings);
      store.set({
        run: {
          ...newRun(newId(), loaded.configured, loaded.progress, settings, ''),
          status: 'stopped',
          bytes,
          remark: `Loaded from ${name}.`,
        },
        earlierRun: run?.bytes ? { run, why: 'the model before this one' } : store.get().earlierRun,
        settings,
        runProblem: null,
      });
      await configure();
      const report = await attempt(() => client.call('report', { sight: sightOf(store.get()) }));
      if (report) setRun({ ...told(report), bytes });
      keep();
    }),

    /** The model of the last visit. */
    resume: inTurn(async (/** @type {Run} */ run) => {
      if (await restore({ ...run, id: run.id ?? newId() })) setRun({ remark: 'This is the model of your last visit.' });
    }),

    /** Asks the worker about the run that is shown. @type {Client['call']} */
    async ask(name, payload) {
      await alive;
      return client.call(name, payload);
    },
  };

  /** @param {Settings} settings @returns {Settings} Those that differ from their defaults. */
  function differing(settings) {
    const knobs = store.get().catalog?.knobs ?? [];
    return Object.fromEntries(
      knobs
        .filter(({ key, default: usual }) => key in settings && settings[key] !== usual)
        .map(({ key }) => [key, settings[key]]),
    );
  }

  return actions;
}

/** @typedef {ReturnType<typeof modelActions>} ModelActions */
