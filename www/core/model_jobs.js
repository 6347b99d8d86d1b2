/**
 * The model worker's calls, and its training loop.
 *
 * Two sessions live here. The draft answers “what would these settings give” without touching the trained model; the run trains and
 * forecasts. A new start turns the draft into the run.
 *
 * The loop trains for a slice, posts, and yields through a message to itself, so that it hears calls between two slices and a tab
 * in the background keeps training: no timer, no frame, nothing that a browser slows down. The clock decides when to report to the
 * page, never what is computed. Where a step's batch has several parts, other workers may share them (team.js); a shared round ends
 * before anything else happens to the run.
 * @module
 */
import { createClock } from './clock.js';
import { refusalOf } from './errors.js';
import { machineMemory } from './machine.js';
import { keyOf } from './probe.js';
import { createTeam } from './team.js';

/** @import {Configured, Probe, Progress} from '../../pkg/unrolled.js' */
/** @import {Calls, Report, Sight, WorkerMessage} from './protocol.js' */
/** @import {Team} from './team.js' */

/** Milliseconds of training between two checks for messages. */
const SLICE = 30;
/** Milliseconds between two progress events. */
const PROGRESS_EVERY = 90;
/** Smallest number of milliseconds between two reports. */
const REPORT_EVERY = 350;
/** Reports may take at most one part in so many of the time; the rest trains. */
const REPORT_SHARE = 5;
/** Milliseconds of training between two copies of the present weights for the page: the largest loss, besides a step. */
const WEIGHTS_EVERY = 5000;
/** Intervals of progress and reports for a run of a comparison, which nobody watches alone. */
const CALM = { progress: 250, report: 4000 };

/** Times of a run's last progress and report, duration of the last report, and numbers of reported epochs. */
const untold = () => ({ progress: 0, report: 0, took: 0, reported: 0, epochs: 0 });

/**
 * @param {any} core The required classes of the package.
 * @param {(message: WorkerMessage, transfer?: Transferable[]) => void} post
 * @param {(error: any) => void} fatal Ends the worker.
 */
export function modelJobs({ Session }, post, fatal) {
  /** A session without a model, whose data and results all others share. @type {any} */ let data = null;
  const session = () => (data ??= new Session(parts, machineMemory())).fork();
  /** @type {any} */ let parts = null;
  /** @type {{session: any, settings: Calls['configure']['in']['settings']} | null} */ let draft = null;
  /** @type {any} */ let run = null;
  /** The run's number. */
  let number = 0;
  /** The workers that train the run. @type {Team | null} */ let team = null;
  /** Number of the team, to recognise a port for an earlier one. */
  let teams = 0;
  let training = false;
  /** Settled while nothing trains. */
  let rest = Promise.resolve();
  /** @type {Sight} */ let sight = { lead: 1, steps: 1 };
  let told = untold();
  let toldWeights = 0;
  let calm = false;
  let clock = createClock();

  const loop = new MessageChannel();
  /** Settles after the waiting messages. @returns {Promise<void>} */
  const breath = () =>
    new Promise((resolve) => {
      loop.port1.onmessage = () => resolve();
      loop.port2.postMessage(0);
    });

  /**
   * @param {boolean} [failed] Whether it can train no more, without having finished.
   * @returns {Report | null} The present state; `null` before any weights are validated.
   */
  function report(failed = false) {
    /** @type {Progress} */
    const progress = run.progress();
    // A saved model has no best epoch of its own, but validated weights.
    if (!progress.best && progress.state !== 'finished') return null;
    const from = performance.now();
    const { horizon } = run.configured();
    const lead = Math.min(Math.max(1, sight.lead), horizon);
    const history = clock.timed(run.history(0));
    const value = {
      progress,
      history,
      evaluation: run.evaluate('validation'),
      // Predictions of a comparison's runs are not drawn.
      predictions: calm ? null : run.predictions('validation', lead),
      ...forecast(),
      bytes: run.save(),
      // Nobody asks for those of a comparison's run later: its worker goes on to another.
      ...(calm && (failed || progress.state === 'finished') ? { gradients: run.gradients() } : {}),
    };
    told.report = performance.now();
    told.took = told.report - from;
    told.reported = history.length;
    return value;
  }

  /** The requested forecast, or why there is none (a series that ends in a gap). */
  function forecast() {
    try {
      return { forecast: run.forecast(sight.steps), forecastProblem: '' };
    } catch (error) {
      const problem = refusalOf(error);
      if (!problem) throw error;
      return { forecast: null, forecastProblem: problem.message };
    }
  }

  /** Trains for about SLICE milliseconds, at least one round. */
  async function slice() {
    const from = performance.now();
    const end = from + clock.left(SLICE);
    /** @type {Progress} */ let progress;
    if (!team || team.alone()) {
      // Zero milliseconds make it do one round.
      do progress = run.train(clock.byStep ? 0 : end - from);
      while (clock.byStep && progress.state !== 'finished' && !clock.isOver(progress) && performance.now() < end);
    } else {
      do await team.next();
      while (training && performance.now() < end && !(clock.byStep && clock.isOver(run.progress())));
      progress = run.progress();
    }
    clock.count(performance.now() - from, progress, (epoch) => run.history(epoch));
    return progress.state !== 'finished' && clock.isOver(progress) ? { ...run.stop(), why: clock.why(progress) } : progress;
  }

  async function train() {
    try {
      for (;;) {
        // Also before the first slice: the answer to the call comes before its events.
        await breath();
        if (!training) return;
        /** @type {Progress} */
        const progress = await slice();
        const now = performance.now();
        const done = progress.state === 'finished';
        if (done) rally(null);
        const due = now - told.report > Math.max(calm ? CALM.report : REPORT_EVERY, told.took * REPORT_SHARE);
        if (done || (due && run.history(told.reported).length)) {
          const value = report();
          // The core only knows that training was stopped.
          if (value) post({ type: 'report', run: number, report: { ...value, progress } });
        }
        if (done || now - told.progress > (calm ? CALM.progress : PROGRESS_EVERY)) {
          told.progress = now;
          const epochs = clock.timed(run.history(told.epochs));
          told.epochs += epochs.length;
          post({ type: 'progress', run: number, progress, workers: team?.workers() ?? 1, spent: clock.spent(), epochs });
        }
        if (done) training = false;
        else if (now - toldWeights > WEIGHTS_EVERY) tellWeights();
      }
    } catch (error) {
      training = false;
      rally(null);
      const problem = refusalOf(error);
      if (!problem) return fatal(error);
      // A trap in here becomes an unhandled rejection (worker.js).
      post({ type: 'failed', run: number, problem, report: lastReport() });
    }
  }

  /** The report after training has failed, if there are validated weights. */
  function lastReport() {
    try {
      return report(true);
    } catch (error) {
      if (!refusalOf(error)) throw error;
      return null;
    }
  }

  /** Sends the present weights to the page, also within an epoch, so that its copy is never far behind. */
  function tellWeights() {
    toldWeights = performance.now();
    /** @type {Progress} */
    const { step, epoch, state } = run.progress();
    if (state !== 'running') return;
    const bytes = run.save_current();
    post({ type: 'weights', run: number, weights: { bytes, step, epoch } }, [bytes.buffer]);
  }

  /** Stops training after the present round. */
  async function halt() {
    training = false;
    await rest;
  }

  /** @param {Team | null} next The workers from now on; the previous team ends. */
  function rally(next) {
    team?.disband();
    team = next;
  }

  /** @param {Calls['start']['in']} request */
  async function prepare({ run: id, fresh, sight: wanted, workers, limit }) {
    if (fresh || !run) await halt();
    sight = wanted;
    if (fresh || !run) {
      if (!draft) throw refused('There is no model to train yet.');
      rally(null);
      run?.free();
      number = id;
      const { session: drafted, settings } = draft;
      run = drafted;
      draft = null;
      const of = ++teams;
      rally(
        createTeam({
          session: run,
          parts,
          settings,
          shards: Number(run.configured().settings.shards),
          wanted: workers,
          most: navigator.hardwareConcurrency || 1,
          fit: run.configured().workers,
          ask: (count) => post({ type: 'peers', team: of, count }),
        }),
      );
      told = untold();
      clock = createClock(limit);
    }
  }

  /** @param {string} message */
  const refused = (message) => Object.assign(new Error(message), { name: 'UnrolledError', code: 'state' });

  /** The run; a new worker has none. */
  function held() {
    if (!run) throw refused('The worker holds no model yet.');
    return run;
  }

  /** @returns {{configured: Configured, progress: Progress}} */
  const standing = () => ({ configured: run.configured(), progress: run.progress() });

  /**
   * A message about a peer, from the page that started it: its port, or its death.
   * @param {{team: number, port?: MessagePort}} word
   */
  function peer({ team: of, port }) {
    if (of !== teams || !team) return port?.close();
    if (port) team.join(port);
    else team.disband();
  }

  const jobs = {
    /** @param {Calls['open']['in']} request */
    async open({ parts: given }) {
      await halt();
      rally(null);
      draft?.session.free();
      run?.free();
      data?.free();
      data = draft = run = null;
      parts = given;
      return { value: null };
    },

    /** @param {Calls['configure']['in']} request */
    configure({ settings }) {
      draft ??= { session: session(), settings };
      const value = draft.session.configure(settings);
      draft.settings = settings;
      return { value };
    },

    /** @param {Calls['sized']['in']} request */
    sized({ settings, parameters }) {
      draft ??= { session: session(), settings };
      return { value: draft.session.sized(settings, parameters) };
    },

    /** @param {Calls['start']['in']} request */
    async start(request) {
      await prepare(request);
      calm = request.among ?? false;
      if (!training) {
        await rest;
        training = true;
        toldWeights = performance.now();
        rest = train();
      }
      return { value: standing() };
    },

    async pause() {
      await halt();
      const value = held().progress();
      tellWeights();
      return { value };
    },

    async stop() {
      await halt();
      rally(null);
      return { value: held().stop() };
    },

    /** @param {Calls['step']['in']} request */
    async step(request) {
      await halt();
      await prepare(request);
      if (!team || team.alone()) run.step();
      else {
        const { step } = run.progress();
        do await team.next();
        while (run.parts() && run.progress().step === step);
      }
      const value = standing();
      if (value.progress.state === 'finished') rally(null);
      else if (performance.now() - toldWeights > WEIGHTS_EVERY) tellWeights();
      // Part of the answer: as an event it would arrive earlier, and count for the previous run.
      return { value: { ...value, report: run.history(told.reported).length ? report() : null } };
    },

    /** @param {Calls['report']['in']} request */
    report({ sight: wanted }) {
      sight = wanted;
      return { value: run ? report() : null };
    },

    /** @param {Calls['judge']['in']} request */
    judge({ sight: wanted, fingerprint, before }) {
      held().scored_before(fingerprint, before);
      const evaluation = run.evaluate('test');
      if (!wanted) return { value: { evaluation, predictions: null } };
      sight = wanted;
      const lead = Math.min(Math.max(1, sight.lead), run.configured().horizon);
      return { value: { evaluation, predictions: run.predictions('test', lead) } };
    },

    /** @param {Calls['predictions']['in']} request */
    predictions({ part, lead }) {
      sight = { ...sight, lead };
      return { value: held().predictions(part, lead) };
    },

    /** @param {Calls['forecast']['in']} request */
    forecast({ steps }) {
      const value = held().forecast(steps);
      sight = { ...sight, steps };
      return { value };
    },

    /** @param {Calls['inside']['in']} request */
    inside({ window, chosen }) {
      const probes = held().probes(window ?? undefined);
      const index = Math.max(0, probes.probes.findIndex((/** @type {Probe} */ probe) => keyOf(probe) === chosen));
      const values = probes.probes.length ? run.probe(index, window ?? undefined) : null;
      return { value: { probes, index, values }, transfer: values ? [values.buffer] : [] };
    },

    gradients() {
      const from = performance.now();
      const gradients = held().gradients();
      return { value: { gradients, milliseconds: performance.now() - from } };
    },

    /** @param {Calls['load']['in']} request */
    async load({ run: id, bytes, settings, otherRows }) {
      const loaded = session();
      try {
        loaded.load(bytes, settings, otherRows);
      } catch (error) {
        if (refusalOf(error)) loaded.free();
        throw error;
      }
      await halt();
      rally(null);
      run?.free();
      number = id;
      run = loaded;
      calm = false;
      told = untold();
      clock = createClock();
      return { value: standing() };
    },
  };
  return { jobs, peer };
}
