/**
 * Training the model above: start, pause, step, stop, start over, and what its worker tells meanwhile.
 * @module
 */
import { count } from '../charts/numbers.js';
import { Gone, Refusal } from '../core/client.js';
import { faultInTidings, unheard } from '../state/checked.js';
import { askToLast, keepRun } from '../state/persist.js';
import { asItWas, newId, newRun, ofReport, settled, toBringBack } from '../state/run.js';
import { score } from '../state/scored.js';
import { isOver, isStale, sightOf } from '../state/shape.js';
import { modelWorker } from './model_worker.js';

/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {Report, Tidings} from '../core/protocol.js' */
/** @import {PageStore, Run, RunStatus} from '../state/shape.js' */
/** @import {DeathRecord} from './deaths.js' */
/** @import {SilenceActions} from './silence.js' */
/** @import {InTurn} from './turns.js' */

/** Milliseconds between two keepings of a model that trains. */
const KEEP_EVERY = 4000;

/** @param {PageStore} store @param {InTurn} inTurn @param {SilenceActions} silence @param {DeathRecord} deaths */
export function trainingActions(store, inTurn, silence, deaths) {
  const worker = modelWorker(store, inTurn, silence, deaths, { hear, startAgain: start, restored });
  const { call, attempt, configure, configureFresh } = worker;
  let kept = 0;

  /** @param {Partial<Run>} patch @param {number} [id] Of the run that it is about, where another may have taken its place. */
  function setRun(patch, id) {
    const { run } = store.get();
    if (run && (id === undefined || run.id === id)) store.set({ run: { ...run, ...patch } });
  }

  /** @returns {boolean} Whether the run that is shown trains, or could train on. */
  const isUnderWay = () => ['running', 'paused'].includes(store.get().run?.status ?? '');

  /** @param {Report} report */
  const told = (report) => ofReport(report, store.get().run?.predictions.test ?? null);

  /** @param {Tidings} tidings */
  function hear(tidings) {
    const { run } = store.get();
    const fault = faultInTidings(tidings);
    if (fault) return store.set({ runProblem: { message: unheard(fault) } });
    if (tidings.type === 'weights') {
      setRun({ latest: tidings.weights });
      keep();
      return;
    }
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
      setRun({ status: 'failed', latest: null, problem: tidings.problem, ...(tidings.report ? told(tidings.report) : {}) });
      keep();
    }
  }

  /** Keeps the run that is shown in this browser. */
  function keep() {
    kept = performance.now();
    keepRun(store.get().run);
  }

  /** Training is over: the test part is scored. @param {RunStatus} status */
  async function end(status) {
    // The best weights are in place.
    setRun({ status, ...(store.get().run?.bytes ? { latest: null } : {}) });
    await judge();
    keep();
  }

  async function judge() {
    const { run: judged } = store.get();
    if (!judged?.bytes) return;
    const answer = await attempt(() => score(call, judged.configured, sightOf(store.get())));
    const { run } = store.get();
    if (answer && run) setRun({ test: answer.evaluation, predictions: { ...run.predictions, test: answer.predictions } }, judged.id);
  }

  /** Weights that nobody has measured, because training was cut off before it had, are measured now. */
  async function measured() {
    const { run } = store.get();
    if (!run?.unvalidated || run.validation) return;
    const report = await attempt(() => call('report', { sight: sightOf(store.get()) }));
    const { progress, epochs, bytes } = run;
    if (report) setRun({ ...told(report), progress, epochs, bytes }, run.id);
  }

  /** A run that was cut off is in a worker again: what it had learnt since its best epoch can be brought back. @param {Run} run As it was. */
  async function restored(run) {
    const { bytes, latest, epochs } = run;
    await measured();
    if (bytes && latest && latest.step > (epochs.at(-1)?.step ?? 0))
      store.set({ earlierRun: { run: asItWas(settled(run), latest), why: `its weights after step ${count(latest.step)}, not validated` } });
  }

  async function start() {
    if (store.get().run?.status === 'running') return;
    const prepared = await prepare();
    if (!prepared) return;
    const answer = await attempt(() => call('start', prepared.request));
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
        run: { ...newRun(newId(), answer.configured, answer.progress, settings, worker.build()), status },
        earlierRun: toBringBack(run, 'the model before this one') ?? store.get().earlierRun,
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
    const progress = await attempt(() => call('pause', null));
    // It may have come to its end a moment before.
    if (progress && store.get().run?.status === 'running') setRun({ status: 'paused', progress });
    keep();
  }

  async function step() {
    if (store.get().run?.status === 'running') return;
    const prepared = await prepare();
    if (!prepared) return;
    try {
      const { report, ...answer } = await call('step', prepared.request);
      begin(prepared, answer, 'paused');
      if (report) setRun(told(report));
      if (answer.progress.state === 'finished') await end('finished');
    } catch (error) {
      if (error instanceof Refusal) setRun({ status: 'failed', problem: error.problem });
      else if (!(error instanceof Gone)) throw error;
    }
  }

  async function stop() {
    if (!isUnderWay()) return;
    const progress = await attempt(() => call('stop', null));
    // It may have come to its end a moment before, and is judged then.
    if (!progress || !isUnderWay()) return;
    setRun({ status: 'stopped', progress });
    // One that is stopped in its first epoch has the weights of its last step.
    const report = progress.step ? await attempt(() => call('report', { sight: sightOf(store.get()) })) : null;
    if (report) setRun(told(report));
    await end('stopped');
  }

  async function reset() {
    await pause();
    const { run } = store.get();
    if (!run) return;
    store.set({ run: null, runProblem: null, earlierRun: toBringBack(run, 'the model that was reset') });
    await configure();
    keepRun(null);
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
    told,
    measured,
    restored,
    keep,
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
        if (store.get().run?.test) return;
        await judge();
        keep();
      }),
    },
  };
}

/** @typedef {ReturnType<typeof trainingActions>} Training */
