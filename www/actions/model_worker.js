/**
 * The worker of the model above: its calls, and its replacement after its death or for a model with another build.
 * @module
 */
import { count } from '../charts/numbers.js';
import { Gone, Refusal } from '../core/client.js';
import { weightsOf } from '../core/weights.js';
import { adviceFor } from '../state/advice.js';
import { settled, withWeights } from '../state/run.js';
import { buildOf, shownRun } from '../state/shape.js';
import { MOST_DEATHS } from './deaths.js';
import { openTrainer } from './trainer.js';

/** @import {Problem} from '../core/protocol.js' */
/** @import {Dataset, PageStore, Run} from '../state/shape.js' */
/** @import {DeathRecord} from './deaths.js' */
/** @import {RunList} from './run_list.js' */
/** @import {SilenceActions} from './silence.js' */
/** @import {Trainer} from './trainer.js' */
/** @import {InTurn} from './turns.js' */

/** Its key among silent workers. */
const KEY = 'model';

/**
 * @param {PageStore} store @param {RunList} list @param {InTurn} inTurn @param {SilenceActions} silence @param {DeathRecord} deaths
 * @param {{end: (id: number, status: 'finished') => Promise<void>, startAgain: () => Promise<void>, restored: (run: Run) => Promise<void>}} work
 * Called at the end of training; for a new start of a training ended by a death; and with the run as it was, once another worker
 * holds it.
 */
export function modelWorker(store, list, inTurn, silence, deaths, { end, startAgain, restored }) {
  /** Why no worker can be started; `null` while one can. @type {Problem | null} */
  let lost = null;
  let newest = 0;
  /** Settled while a worker holds the run on show. @type {Promise<void>} */
  let alive = Promise.resolve();

  const trainer = openTrainer(store, list, deaths, 'model', {
    ended(id, how) {
      if (how === 'finished') void end(id, how);
    },
    unheard: (problem) => store.set({ runProblem: problem }),
    isBusy: () => shownRun(store.get())?.status === 'running',
    died({ problem, started }, times) {
      if (!started && times >= MOST_DEATHS) {
        lost = { ...problem, message: `The model’s worker could not be started. ${problem.message} Reload the page to try again.` };
      }
      alive = inTurn(revive)(problem, problem.code === 'ended', times < MOST_DEATHS);
    },
    onSilence: silence.of(KEY, () => {
      const shown = shownRun(store.get());
      const run = shown && withWeights(shown);
      const best = run?.bytes && run.progress.best;
      return {
        who: 'The model’s worker',
        loss: !run
          ? 'If you end it, a new one starts.'
          : run.bytes
            ? `If you end it, training stops, and a new one gets ${best ? `the ${weightsOf(best, count)}` : 'its weights'}.`
            : 'If you end it, its model is lost: no epoch has ended yet.',
      };
    }),
  });
  trainer.connect();

  /** @type {Trainer['call']} */
  function call(name, payload) {
    if (lost) return Promise.reject(new Refusal(lost));
    const answer = trainer.call(name, payload);
    answer.then(inTurn.moved, inTurn.moved);
    return answer;
  }

  /** @template T @param {() => Promise<T>} ask @returns {Promise<T | undefined>} Its answer; `undefined` after an error, which is shown where training is. */
  async function attempt(ask) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Refusal) store.set({ runProblem: error.problem });
      else if (!(error instanceof Gone)) throw error;
    }
  }

  /** @param {Dataset} data */
  const open = (data) => attempt(() => call('open', { parts: data.parts }));

  /** Makes the draft of the settings. @returns {Promise<boolean>} Whether they are valid. */
  async function configure() {
    const turn = ++newest;
    const state = store.get();
    if (!state.data) return false;
    try {
      const draft = await call('configure', { settings: state.settings });
      if (turn === newest) store.set({ draft, settingsProblem: null });
      return true;
    } catch (error) {
      if (error instanceof Refusal && turn === newest) store.set({ settingsProblem: error.problem });
      else if (!(error instanceof Refusal) && !(error instanceof Gone)) throw error;
      return false;
    }
  }

  /** Prepares a new model, in a worker of the chosen build, which first gets the run on show: the new model may be refused. @returns {Promise<boolean>} */
  async function configureFresh() {
    const { data } = store.get();
    if (data && trainer.build() !== buildOf(store.get())) {
      const run = leave();
      lost = null;
      trainer.connect();
      await open(data);
      if (run) await restore(run);
    }
    return configure();
  }

  /** The worker of the run on show is gone or is given up: the run stays with its weights. @returns {Run | null} The run; before the first epoch's end, with its last weights. */
  function leave() {
    const { shownId } = store.get();
    const shown = shownRun(store.get());
    const run = shown && withWeights(shown);
    if (run && !list.find(shownId)?.apart) list.show(run.bytes ? shownId : 0, run.bytes ? settled(run) : null);
    return run;
  }

  /** Restores a saved run. @param {Run} run @returns {Promise<boolean>} */
  async function restore(run) {
    const { bytes, otherRows } = run;
    if (!bytes) return false;
    const loaded = await attempt(() => call('load', { run: run.id, bytes, otherRows }));
    if (!loaded) return false;
    // The trainer of a run elsewhere reports on it.
    if (list.find(run.id)?.apart) {
      list.show(run.id);
      return true;
    }
    // Training cannot continue from saved weights, which lack the optimiser's state.
    const { status } = settled(run);
    list.show(run.id, { ...run, configured: loaded.configured, status, problem: status === 'failed' ? run.problem : null });
    return true;
  }

  /**
   * @param {Problem} problem Cause of the worker's death. @param {boolean} ended Whether a person ended it.
   * @param {boolean} again Whether its work may restart automatically.
   */
  async function revive(problem, ended, again) {
    const { data } = store.get();
    const shown = shownRun(store.get());
    const run = leave();
    const wasRunning = run?.status === 'running';
    if (lost) {
      store.set({ runProblem: lost });
      return;
    }
    const how = ended ? 'The model’s worker did not answer and was ended.' : `The model’s worker stopped unexpectedly. ${problem.message}`;
    const advice = ended ? '' : ` ${adviceFor(store.get(), problem)}`.trimEnd();
    trainer.connect();
    const goesOn = wasRunning && again && !ended ? ' Training starts again.' : '';
    const back = run?.bytes ? ` Its ${run.unvalidated ? 'last' : 'best'} weights are back.` : '';
    store.set({ runProblem: { ...problem, message: `${how}${advice} It was started again.${back}${goesOn}` } });
    if (!data) return;
    await attempt(async () => {
      await call('open', { parts: data.parts });
      await configure();
      if (shown && run && (await restore(run))) await restored(shown);
      if (goesOn) await startAgain();
    });
  }

  return {
    call,
    attempt,
    open,
    configure,
    configureFresh,
    restore,
    /** The next call does not wait for a silent worker: an empty one replaces it. */
    ready() {
      if (!lost && silence.isSilent(KEY)) trainer.connect();
    },
    trainer,
    /** Asks about the run on show, once a worker holds it. @type {Trainer['call']} */
    async ask(name, payload) {
      await alive;
      return call(name, payload);
    },
  };
}

/** @typedef {ReturnType<typeof modelWorker>} ModelWorker */
