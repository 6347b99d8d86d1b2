/**
 * Training the model above: start, pause, step, stop, start over, and its worker's events.
 * @module
 */
import { count } from '../charts/numbers.js';
import { askToLast } from '../state/keeping.js';
import { asItWas, newId, newRun, settled, toBringBack } from '../state/run.js';
import { isOver, isStale, shownRun, sightOf } from '../state/shape.js';
import { modelWorker } from './model_worker.js';

/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {PageStore, Run, RunStatus} from '../state/shape.js' */
/** @import {DeathRecord} from './deaths.js' */
/** @import {RunList} from './run_list.js' */
/** @import {SilenceActions} from './silence.js' */
/** @import {InTurn} from './turns.js' */

/** @param {PageStore} store @param {RunList} list @param {InTurn} inTurn @param {SilenceActions} silence @param {DeathRecord} deaths */
export function trainingActions(store, list, inTurn, silence, deaths) {
  const worker = modelWorker(store, list, inTurn, silence, deaths, { end, startAgain: start, restored });
  const { call, attempt, configure, configureFresh, trainer } = worker;
  const shown = () => shownRun(store.get());

  /** @returns {boolean} Whether the run on show trains or can continue. */
  const isUnderWay = () => ['running', 'paused'].includes(shown()?.status ?? '');

  /** After the end of a run's training, scores the test part. @param {number} id @param {RunStatus} status */
  async function end(id, status) {
    // The best weights are in place.
    list.changeRun(id, { status, ...(list.find(id)?.run?.bytes ? { latest: null } : {}) });
    await judge(id);
  }

  /** @param {number} id */
  const judge = (id) => attempt(() => trainer.judge(id, sightOf(store.get())));

  /** Scores weights that were not scored, because training was interrupted. */
  async function measured() {
    const run = shown();
    if (!run?.unvalidated || run.validation) return;
    const report = await attempt(() => call('report', { sight: sightOf(store.get()) }));
    const { progress, epochs, bytes } = run;
    if (report) list.take(run.id, report, { progress, epochs, bytes });
  }

  /** An interrupted run is in a worker again; its weights since the best epoch can be brought back. @param {Run} run As it was. */
  async function restored(run) {
    const { bytes, latest, epochs } = run;
    await measured();
    if (bytes && latest && latest.step > (epochs.at(-1)?.step ?? 0))
      store.set({ earlierRun: { run: asItWas(settled(run), latest), why: `its weights after step ${count(latest.step)}, not validated` } });
  }

  async function start() {
    if (shown()?.status === 'running') return;
    const prepared = await prepare();
    if (!prepared) return;
    const answer = await attempt(() => call('start', prepared.request));
    if (answer) begin(prepared, answer, 'running');
  }

  /** Prepares a step: a new model where the one on show has ended or has other settings. */
  async function prepare() {
    const state = store.get();
    const run = shownRun(state);
    const fresh = !run || isStale(state) || isOver(run);
    if (fresh && !(await configureFresh())) return null;
    const { settings, data, workers } = store.get();
    return { settings, data, request: { run: fresh ? newId() : run.id, fresh, sight: sightOf(store.get()), workers } };
  }

  /** @param {NonNullable<Awaited<ReturnType<typeof prepare>>>} prepared @param {{configured: Configured, progress: Progress}} answer @param {RunStatus} status */
  function begin({ settings, data, request: { run: id, fresh } }, answer, status) {
    const run = shown();
    const { earlierRun } = store.get();
    // Other data have arrived in the meantime; their turn is next.
    if (store.get().data !== data) return;
    if (fresh || !run) {
      list.show(id, { ...newRun(id, answer.configured, answer.progress, settings, trainer.build()), status }, {
        earlierRun: toBringBack(run, 'the model before this one') ?? earlierRun,
        runProblem: null,
      });
    } else {
      // Test results of the earlier weights do not apply to the coming ones.
      list.changeRun(id, { progress: answer.progress, status, problem: null, test: null }, { test: null });
      store.set({ runProblem: null });
    }
  }

  async function pause() {
    if (shown()?.status !== 'running') return;
    await attempt(() => trainer.pause(store.get().shownId));
  }

  async function step() {
    if (shown()?.status === 'running') return;
    const prepared = await prepare();
    if (!prepared) return;
    const answer = await attempt(() => call('step', prepared.request));
    if (!answer) return;
    const { report, problem, ...standing } = answer;
    const { run: id } = prepared.request;
    begin(prepared, standing, 'paused');
    if (report) list.take(id, report);
    if (problem) list.changeRun(id, { status: 'failed', latest: null, problem });
    else if (standing.progress.state === 'finished') await end(id, 'finished');
  }

  async function stop() {
    if (!isUnderWay()) return;
    const { shownId } = store.get();
    // It may just have ended, and is then evaluated.
    if (await attempt(() => trainer.stop(shownId, sightOf(store.get())))) await end(shownId, 'stopped');
  }

  async function reset() {
    await pause();
    const run = shown();
    if (!run) return;
    list.show(0, null, { runProblem: null, earlierRun: toBringBack(run, 'the model that was reset') });
    await configure();
  }

  /** An action that stores something asks the browser for persistent storage. @template {unknown[]} A @template T @param {(...args: A) => Promise<T>} act @param {string} name */
  const lasting = (act, name) => (/** @type {A} */ ...args) => {
    askToLast();
    return inTurn(act, name)(...args);
  };

  return {
    worker,
    judge,
    measured,
    restored,
    /** For other actions within their own turn. */
    pauseNow: pause,
    /** The actions on the page. */
    actions: {
      start: lasting(start, 'Train'),
      pause: inTurn(pause, 'Pause'),
      step: lasting(step, 'One step'),
      stop: inTurn(stop, 'Stop'),
      /** Discards the weights, with a way back. */
      reset: inTurn(reset, 'Reset'),
      /** Scores the test part, once. */
      judge: inTurn(async () => {
        if (!shown()?.test) await judge(store.get().shownId);
      }),
    },
  };
}

/** @typedef {ReturnType<typeof trainingActions>} Training */
