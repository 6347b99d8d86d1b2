/**
 * A lane: a worker that trains runs of the list one after another, in addition to the model above. A finished run keeps its saved
 * weights, from which another worker can restore it.
 * @module
 */
import { Gone, Refusal } from '../core/client.js';
import { adviceFor } from '../state/advice.js';
import { newRun, withWeights } from '../state/run.js';
import { namesOf } from '../state/ranking.js';
import { linesOf } from '../state/shape.js';
import { untilNext } from './pace.js';
import { openTrainer } from './trainer.js';

/** @import {Limit} from '../core/protocol.js' */
/** @import {Dataset, PageStore} from '../state/shape.js' */
/** @import {DeathRecord} from './deaths.js' */
/** @import {RunList} from './run_list.js' */
/** @import {SilenceActions} from './silence.js' */

/** Number of lanes so far. */
let lanes = 0;

/** The end of a run in a lane. @typedef {'finished' | 'failed' | 'stopped' | 'gone'} End */

/** Terms of the present comparison. @typedef {{limit: Limit, parameters: number, parts: Dataset['parts']}} Terms */

/**
 * @param {PageStore} store @param {RunList} list @param {Terms} terms
 * @param {() => Promise<void>} unpaused Settled while there is no pause.
 * @param {{silence: SilenceActions, deaths: DeathRecord}} watch
 */
export function openLane(store, list, terms, unpaused, { silence, deaths }) {
  const key = `lane ${++lanes}`;
  const { find, change, changeRun } = list;
  /** The run that it trains; 0: none. */
  let current = 0;
  /** Whether it is in training. */
  let under = false;
  /** Whether it is being paused or resumed. */
  let heeding = false;
  /** Whether a reading of the gradient is under way. */
  let reading = false;
  /** Earliest time of the next reading. */
  let due = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  /** @type {(how: End) => void} */ let end = () => {};

  const worker = openTrainer(store, list, deaths, 'compare', {
    ended: (_, how) => over(how),
    unheard(problem) {
      list.fail(current, problem);
      over('failed');
    },
    isBusy: () => under && find(current)?.run?.status === 'running',
    onSilence(silent) {
      // The end of the comparison has already been announced.
      if (silent && store.get().comparing === 'ending') silent.end();
      else tell(silent);
    },
    died({ problem }) {
      const ended = problem.code === 'ended';
      const run = find(current)?.run;
      // Before the first epoch's end, the last weights.
      if (run) changeRun(current, withWeights(run));
      const advice = ended ? '' : ` ${adviceFor(store.get(), problem)}`;
      list.fail(current, { ...problem, message: ended ? 'Its worker did not answer and was ended.' : `Its worker stopped unexpectedly. ${problem.message}${advice}`.trimEnd() });
      over('gone');
    },
  });
  const { call } = worker;

  /** @param {End} how The end of its run. */
  function over(how) {
    under = false;
    end(how);
  }

  const tell = silence.of(key, () => {
    const run = find(current)?.run;
    return {
      who: `The worker training ${nameOf(current)}`,
      loss: `If you end it, ${run && withWeights(run).bytes ? 'its run keeps its last reported state' : 'its run is lost'}, and the next run begins.`,
    };
  });

  /** @param {number} id @returns {string} */
  function nameOf(id) {
    const { runs, catalog } = store.get();
    return (catalog && namesOf(runs, catalog).get(id)) || 'a run';
  }

  /** @param {number} id @returns {Promise<End>} */
  async function train(id) {
    let asked = find(id)?.asked ?? {};
    let settings = asked;
    if (terms.parameters) {
      const sized = await call('sized', { settings, parameters: terms.parameters });
      asked = Object.fromEntries(Object.entries(sized).filter(([key, value]) => key in asked || value !== settings[key]));
      settings = sized;
    }
    const configured = await call('configure', { settings });
    /** @type {Promise<End>} */
    const ended = new Promise((resolve) => (end = resolve));
    await unpaused();
    const sight = { lead: configured.horizon, steps: store.get().steps || configured.horizon };
    const { progress } = await call('start', { run: id, fresh: true, sight, workers: 1, limit: terms.limit, among: true });
    change(id, { asked, run: { ...newRun(id, configured, progress, asked, worker.build()), status: 'running' } });
    under = true;
    due = 0;
    // A pause may have come in the meantime.
    void heed();
    void follow();
    const how = await ended;
    if (how === 'gone') return how;
    await worker.judge(id, null);
    if (how !== 'failed') changeRun(id, { status: how, ...(find(id)?.run?.bytes ? { latest: null } : {}) });
    return how;
  }

  /** Pauses or resumes its run, like the comparison: one message at a time, and the last one counts. */
  async function heed() {
    if (heeding) return;
    heeding = true;
    try {
      for (;;) {
        const id = current;
        const run = find(id)?.run;
        const { comparing } = store.get();
        if (!run || !under) break;
        if (comparing === 'paused' && run.status === 'running') {
          await worker.pause(id);
        } else if (comparing === 'running' && run.status === 'paused') {
          const { horizon } = run.configured;
          await call('start', { run: id, fresh: false, sight: { lead: horizon, steps: horizon }, workers: 1, among: true });
          if (under && current === id) changeRun(id, { status: 'running' });
          void follow();
        } else break;
      }
    } catch (error) {
      if (!(error instanceof Gone) && !(error instanceof Refusal)) throw error;
    } finally {
      heeding = false;
    }
  }

  /** Reads the gradient of its run through time now and then, while it trains and somebody looks. */
  async function follow() {
    clearTimeout(timer);
    const [id, state] = [current, store.get()];
    if (reading || !under || find(id)?.run?.status !== 'running') return;
    if (!state.inside.seen || linesOf(state) !== 'runs') return;
    const wait = due - performance.now();
    if (wait > 0) {
      timer = setTimeout(() => void follow(), wait);
      return;
    }
    reading = true;
    try {
      const { gradients, milliseconds } = await call('gradients', null);
      due = performance.now() + untilNext(milliseconds);
      changeRun(id, { gradients });
    } catch (error) {
      // The run's trainer reports the outcome.
      if (!(error instanceof Gone) && !(error instanceof Refusal)) throw error;
      return;
    } finally {
      reading = false;
    }
    void follow();
  }

  return {
    /** @returns {number} The run that it trains; 0: none. */
    id: () => current,
    heed,
    follow,

    /**
     * Trains the waiting runs.
     * @param {() => number | undefined} next Takes the next waiting run.
     * @param {(id: number) => void} giveBack Returns a run whose worker died before it received the run.
     * @param {(id: number) => void} ended Called at the end of a run, for any reason.
     */
    async work(next, giveBack, ended) {
      let connected = false;
      for (;;) {
        await unpaused();
        const id = next();
        if (id === undefined) break;
        current = id;
        change(id, { apart: 'below' });
        try {
          if (!connected) {
            worker.connect();
            await call('open', { parts: terms.parts });
          }
          connected = (await train(id)) !== 'gone';
        } catch (error) {
          // An error before the first step or at the end leaves the worker usable.
          if (error instanceof Refusal) {
            connected = true;
            list.fail(id, error.problem);
          } else if (error instanceof Gone) {
            connected = false;
            const entry = find(id);
            if (entry && !entry.run && !entry.problem) giveBack(id);
          } else throw error;
        }
        current = 0;
        change(id, { apart: undefined });
        ended(id);
      }
      worker.close();
    },

    /** Gives up its run and takes it off the list. */
    drop() {
      const id = current;
      worker.close();
      over('gone');
      list.filter((entry) => entry.id !== id);
    },

    /** Ends its run as it is. */
    async finish() {
      const id = current;
      // A run that has just ended is being evaluated.
      if (!under) return;
      try {
        const state = store.get();
        const horizon = find(id)?.run?.configured.horizon ?? 1;
        const stopped = await worker.stop(id, { lead: horizon, steps: state.steps || horizon });
        if (stopped && current === id) over('stopped');
      } catch (error) {
        if (error instanceof Refusal) {
          list.fail(id, error.problem);
          if (current === id) over('failed');
        } else if (!(error instanceof Gone)) throw error;
      }
    },
  };
}

/** @typedef {ReturnType<typeof openLane>} Lane */
