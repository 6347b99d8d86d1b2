/**
 * Training the model above: start, pause, step, stop, start over, and what its worker tells meanwhile.
 * @module
 */
import { count } from '../charts/numbers.js';
import { Gone, Refusal } from '../core/client.js';
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

  /** @param {Partial<Run>} patch @param {number} [id] Of the run that it is about; the one that is shown. */
  const setRun = (patch, id = store.get().shownId) => list.changeRun(id, patch);

  /** @returns {boolean} Whether the run that is shown trains, or could train on. */
  const isUnderWay = () => ['running', 'paused'].includes(shown()?.status ?? '');

  /** Training is over: the test part is scored. @param {RunStatus} status */
  async function end(status) {
    // The best weights are in place.
    setRun({ status, ...(shown()?.bytes ? { latest: null } : {}) });
    await judge();
  }

  const judge = () => attempt(() => trainer.judge(store.get().shownId, sightOf(store.get())));

  /** Weights that nobody has measured, because training was cut off before it had, are measured now. */
  async function measured() {
    const run = shown();
    if (!run?.unvalidated || run.validation) return;
    const report = await attempt(() => call('report', { sight: sightOf(store.get()) }));
    const { progress, epochs, bytes } = run;
    if (report) list.take(run.id, report, { progress, epochs, bytes });
  }

  /** A run that was cut off is in a worker again: what it had learnt since its best epoch can be brought back. @param {Run} run As it was. */
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

  /** Ready for a step: a fresh model where the one that is shown is over or was configured otherwise. */
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
    // Other data have come meanwhile; their turn is next.
    if (store.get().data !== data) return;
    if (fresh || !run) {
      list.show(id, { ...newRun(id, answer.configured, answer.progress, settings, trainer.build()), status }, {
        earlierRun: toBringBack(run, 'the model before this one') ?? earlierRun,
        runProblem: null,
      });
    } else {
      // What the weights before had on the test part is not said of those to come.
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
    try {
      const { report, ...answer } = await call('step', prepared.request);
      begin(prepared, answer, 'paused');
      if (report) list.take(prepared.request.run, report);
      if (answer.progress.state === 'finished') await end('finished');
    } catch (error) {
      if (error instanceof Refusal) setRun({ status: 'failed', problem: error.problem });
      else if (!(error instanceof Gone)) throw error;
    }
  }

  async function stop() {
    if (!isUnderWay()) return;
    // It may have come to its end a moment before, and is judged then.
    if (await attempt(() => trainer.stop(store.get().shownId, sightOf(store.get())))) await end('stopped');
  }

  async function reset() {
    await pause();
    const run = shown();
    if (!run) return;
    list.show(0, null, { runProblem: null, earlierRun: toBringBack(run, 'the model that was reset') });
    await configure();
  }

  /** What a person asks for keeps something: the browser is asked to let it last. @template {unknown[]} A @template T @param {(...args: A) => Promise<T>} act @param {string} name */
  const lasting = (act, name) => (/** @type {A} */ ...args) => {
    askToLast();
    return inTurn(act, name)(...args);
  };

  return {
    worker,
    judge,
    setRun,
    measured,
    restored,
    /** For other actions, whose turn it already is. */
    pauseNow: pause,
    /** What a person can do. */
    actions: {
      start: lasting(start, 'Train'),
      pause: inTurn(pause, 'Pause'),
      step: lasting(step, 'One step'),
      stop: inTurn(stop, 'Stop'),
      /** Forgets the weights, with a way back. */
      reset: inTurn(reset, 'Reset'),
      /** Scores the test part, once. */
      judge: inTurn(async () => {
        if (!shown()?.test) await judge();
      }),
    },
  };
}

/** @typedef {ReturnType<typeof trainingActions>} Training */
