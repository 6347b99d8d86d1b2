/**
 * One run in the model's worker: it trains, reports and answers.
 *
 * The loop trains for a slice, posts, and yields through a message to itself. So a call is heard between two slices, and a tab in the
 * background keeps training: no timer and no frame, which browsers slow down, is involved. The clock decides when the page is told,
 * never what is computed. Several workers may share the parts of a step's batch (team.js); a shared round ends before anything else
 * is done to the run.
 * @module
 */
import { createClock } from './clock.js';
import { problemOf } from './errors.js';
import { keyOf } from './probe.js';

/** @import {Configured, Epoch, Probe, Progress} from '../../pkg/unrolled.js' */
/** @import {Calls, Judged, Limit, Report, Sight, WorkerMessage} from './protocol.js' */
/** @import {Team} from './team.js' */

/** Milliseconds of training between two looks at the messages. */
const SLICE = 30;
/** Milliseconds between two events of progress, and between two reports at least. */
const PACE = { progress: 90, report: 350 };
/** The same of one run among several, which nobody watches alone. */
const CALM = { progress: 250, report: 4000 };
/** A report may take at most one part in so many of the time: the rest trains. */
const REPORT_SHARE = 5;
/** Milliseconds of training between two copies of the current weights for the page: the most that a dead worker loses, but for a step. */
const WEIGHTS_EVERY = 5000;
/** In place of a number of epochs: nothing has been reported. */
const NONE = -1;

/**
 * @param {object} about
 * @param {number} about.number The run's number, which its events carry.
 * @param {any} about.session Its model; the run frees it.
 * @param {Limit} [about.limit] Its budget.
 * @param {Sight} [about.sight]
 * @param {(message: WorkerMessage, transfer?: Transferable[]) => void} about.post
 * @param {(error: any) => void} about.fatal Ends the worker.
 */
export function createTraining({ number, session, limit, sight = { lead: 1, steps: 1 }, post, fatal }) {
  const clock = createClock(limit);
  /** Who trains it. @type {Team | null} */ let team = null;
  let training = false;
  /** Settled while nothing trains. */
  let rest = Promise.resolve();
  /** Whether it is one among several. */
  let among = false;
  /** When the page was told last, how long the last report took, and how many epochs reports and progress have told of. */
  const told = { progress: 0, report: 0, took: 0, weights: performance.now(), reported: NONE, epochs: 0 };

  const loop = new MessageChannel();
  /** Settles once waiting messages were heard. @returns {Promise<void>} */
  const breath = () =>
    new Promise((resolve) => {
      loop.port1.onmessage = () => resolve();
      loop.port2.postMessage(0);
    });

  /** @returns {Progress} */
  const progressNow = () => session.progress();
  /** @param {number} from @returns {Epoch[]} */
  const history = (from) => session.history(from);
  /** @param {Progress} progress @returns {boolean} Whether weights were validated since the last report: the linear model that it starts from, or an epoch's. */
  const hasNews = ({ best }) => (told.reported === NONE && Boolean(best)) || history(Math.max(0, told.reported)).length > 0;
  const pace = () => (among ? CALM : PACE);
  /** @param {Judged} part */
  const predictions = (part) => session.predictions(part, Math.min(Math.max(1, sight.lead), session.configured().horizon));
  /** @param {Partial<Sight>} wanted */
  const look = (wanted) => void (sight = { ...sight, ...wanted });

  /**
   * @param {boolean} [failed] Whether it can train no more, though it has not finished.
   * @returns {Report | null} The state of the run; `null` before its weights were validated.
   */
  function report(failed = false) {
    const progress = progressNow();
    // A saved model has no best epoch of its own, but validated weights.
    if (!progress.best && progress.state !== 'finished') return null;
    const from = performance.now();
    const epochs = clock.timed(history(0));
    const value = {
      progress,
      epochs,
      validation: session.evaluate('validation'),
      // Nobody draws those of one among several.
      predictions: among ? null : predictions('validation'),
      ...forecastOrProblem(),
      bytes: session.save(),
      // The worker of one among several goes on to another run: its gradients can only be read now.
      ...(among && (failed || progress.state === 'finished') ? { gradients: session.gradients() } : {}),
    };
    told.report = performance.now();
    told.took = told.report - from;
    told.reported = epochs.length;
    return value;
  }

  /** The forecast, or why there is none (a series that ends in a gap). */
  function forecastOrProblem() {
    try {
      return { forecast: session.forecast(sight.steps), forecastProblem: '' };
    } catch (error) {
      const problem = problemOf(error);
      if (!problem) throw error;
      return { forecast: null, forecastProblem: problem.message };
    }
  }

  /** The report after training has failed, if weights were validated and can be again. */
  function lastReport() {
    try {
      return report(true);
    } catch (error) {
      if (!problemOf(error)) throw error;
      return null;
    }
  }

  /** Trains for about SLICE milliseconds, at least one round. @returns {Promise<Progress>} */
  async function slice() {
    const from = performance.now();
    const end = from + clock.left(SLICE);
    /** @type {Progress} */ let progress;
    if (!team || team.alone()) {
      // Zero milliseconds are one round.
      do progress = session.train(clock.byStep ? 0 : end - from);
      while (clock.byStep && progress.state !== 'finished' && !clock.isOver(progress) && performance.now() < end);
    } else {
      do await team.next();
      while (training && performance.now() < end && !(clock.byStep && clock.isOver(progressNow())));
      progress = progressNow();
    }
    clock.count(performance.now() - from, progress, history);
    return progress.state !== 'finished' && clock.isOver(progress) ? { ...session.stop(), why: clock.why(progress) } : progress;
  }

  /** Tells the page what is due. @param {Progress} progress */
  function tell(progress) {
    const now = performance.now();
    const done = progress.state === 'finished';
    const due = now - told.report > Math.max(pace().report, told.took * REPORT_SHARE);
    if (done || (due && hasNews(progress))) {
      const value = report();
      // The core only knows that training was stopped, the clock by which budget.
      if (value) post({ type: 'report', run: number, report: { ...value, progress } });
    }
    if (done || now - told.progress > pace().progress) {
      told.progress = now;
      const epochs = clock.timed(history(told.epochs));
      told.epochs += epochs.length;
      post({ type: 'progress', run: number, progress, workers: team?.workers() ?? 1, spent: clock.spent(), epochs });
    }
    if (!done && now - told.weights > WEIGHTS_EVERY) tellWeights();
  }

  /** Gives the page the current weights, in the middle of an epoch too, so that what it keeps is never far behind. */
  function tellWeights() {
    told.weights = performance.now();
    const { step, epoch, state, all_rows: again } = progressNow();
    // The weights that learn from all rows are not judged, and of no use before their end.
    if (state !== 'running' || again) return;
    const bytes = session.save_current();
    post({ type: 'weights', run: number, weights: { bytes, step, epoch } }, [bytes.buffer]);
  }

  async function train() {
    try {
      for (;;) {
        // Also before the first slice: the answer to the call that starts it is heard before its events.
        await breath();
        if (!training) return;
        const progress = await slice();
        if (progress.state === 'finished') rally(null);
        tell(progress);
        if (progress.state === 'finished') training = false;
      }
    } catch (error) {
      training = false;
      rally(null);
      const problem = problemOf(error);
      if (!problem) return fatal(error);
      // A trap in here is heard of as an unhandled rejection (worker.js).
      post({ type: 'failed', run: number, problem, report: lastReport() });
    }
  }

  /** @param {Team | null} next Who trains from now on; the team before ends. */
  function rally(next) {
    team?.disband();
    team = next;
  }

  /** Stops between two rounds. */
  async function halt() {
    training = false;
    await rest;
  }

  /** @returns {{configured: Configured, progress: Progress}} */
  const standing = () => ({ configured: session.configured(), progress: progressNow() });

  return {
    number,
    rally,
    halt,
    standing,
    report: () => report(),
    sight: () => sight,
    look,
    team: () => team,

    /** @param {boolean} isAmong Whether it is one among several. */
    async start(isAmong) {
      among = isAmong;
      if (training) return;
      await rest;
      training = true;
      told.weights = performance.now();
      rest = train();
    },

    async pause() {
      await halt();
      const progress = progressNow();
      tellWeights();
      return progress;
    },

    /** @returns {Promise<Progress>} */
    async stop() {
      await halt();
      rally(null);
      return session.stop();
    },

    /** One optimiser step. @returns {Promise<Calls['step']['out']>} */
    async step() {
      try {
        if (!team || team.alone()) session.step();
        else {
          const { step } = progressNow();
          do await team.next();
          while (session.parts() && progressNow().step === step);
        }
      } catch (error) {
        rally(null);
        const problem = problemOf(error);
        if (!problem) throw error;
        return { ...standing(), report: lastReport(), problem };
      }
      const value = standing();
      if (value.progress.state === 'finished') rally(null);
      else if (performance.now() - told.weights > WEIGHTS_EVERY) tellWeights();
      // The report goes with the answer: as an event it would arrive first, and the page would take it for one of the run before.
      return { ...value, report: hasNews(value.progress) ? report() : null, problem: null };
    },

    /** @param {Calls['judge']['in']} request @returns {NonNullable<Calls['judge']['out']>} */
    judge({ sight: wanted, fingerprint, before }) {
      session.scored_before(fingerprint, before);
      const evaluation = session.evaluate('test');
      if (wanted) look(wanted);
      return { evaluation, predictions: wanted ? predictions('test') : null };
    },

    /** @param {Calls['predictions']['in']} request @returns {Calls['predictions']['out']} */
    predictions({ part, lead }) {
      look({ lead });
      return session.predictions(part, lead);
    },

    /** @param {number} steps @returns {Calls['forecast']['out']} */
    forecast(steps) {
      const value = session.forecast(steps);
      look({ steps });
      return value;
    },

    /** @param {number} value @param {string} target @returns {Calls['crossing']['out']} */
    crossing: (value, target) => session.crossing(value, target),

    /** @param {Calls['inside']['in']} request @returns {Calls['inside']['out']} */
    inside({ window: wanted, chosen }) {
      const window = wanted ?? undefined;
      const probes = session.probes(window);
      const index = Math.max(0, probes.probes.findIndex((/** @type {Probe} */ probe) => keyOf(probe) === chosen));
      return { probes, index, values: probes.probes.length ? session.probe(index, window) : null };
    },

    /** @returns {Calls['gradients']['out']} */
    gradients() {
      const from = performance.now();
      return { gradients: session.gradients(), milliseconds: performance.now() - from };
    },

    free() {
      rally(null);
      // An open channel would keep the run in memory.
      loop.port1.close();
      session.free();
    },
  };
}

/** @typedef {ReturnType<typeof createTraining>} Training */
