/**
 * The model worker's calls, and its training loop.
 *
 * Two sessions live here. The draft answers "what would these settings give" without touching what was trained; the
 * run is what trains and forecasts. Starting afresh turns the draft into the run.
 *
 * The loop trains for a slice, posts, and yields through a message to itself, so that a call is heard between two
 * slices and a tab in the background keeps training: no timer, no frame, nothing that a browser slows down. The clock
 * decides when to tell the page, never what is computed.
 * @module
 */
/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {Calls, Problem, Report, Sight, WorkerMessage} from './protocol.js' */

/** Milliseconds of training between two looks at the messages. */
const SLICE = 30;
/** Milliseconds between two words of progress. */
const PROGRESS_EVERY = 90;
/** Milliseconds that must pass between two reports, at least. */
const REPORT_EVERY = 350;
/** A report may take at most one part in so many of the time: the rest trains. */
const REPORT_SHARE = 5;

/**
 * @param {any} core The classes of the package that this needs.
 * @param {(message: WorkerMessage, transfer?: Transferable[]) => void} post
 * @param {{refusal: (error: any) => Problem | null, fatal: (error: any) => void}} errors
 */
export function modelJobs({ Session }, post, { refusal, fatal }) {
  /** @type {any} */ let parts = null;
  /** @type {any} */ let draft = null;
  /** @type {any} */ let run = null;
  let training = false;
  /** @type {Sight} */ let sight = { lead: 1, steps: 1 };
  let toldProgress = 0;
  let toldReport = 0;
  let reportTook = 0;
  let reportedEpochs = 0;

  const loop = new MessageChannel();
  loop.port1.onmessage = slice;

  /** @returns {Report | null} What stands now, or nothing where no weights have been judged yet. */
  function report() {
    /** @type {Progress} */
    const progress = run.progress();
    // A saved model has no best epoch of its own, but weights that were judged.
    if (!progress.best && progress.state !== 'finished') return null;
    const from = performance.now();
    const { horizon } = run.configured();
    const lead = Math.min(Math.max(1, sight.lead), horizon);
    const history = run.history(0);
    const value = {
      progress,
      history,
      evaluation: run.evaluate('validation'),
      predictions: run.predictions('validation', lead),
      ...forecast(),
      bytes: run.save(),
    };
    toldReport = performance.now();
    reportTook = toldReport - from;
    reportedEpochs = history.length;
    return value;
  }

  /** The forecast asked for, or why there is none (a series that ends in a gap). */
  function forecast() {
    try {
      return { forecast: run.forecast(sight.steps), forecastProblem: '' };
    } catch (error) {
      const problem = refusal(error);
      if (!problem) throw error;
      return { forecast: null, forecastProblem: problem.message };
    }
  }

  function slice() {
    if (!training || !run) return;
    try {
      /** @type {Progress} */
      const progress = run.train(SLICE);
      const now = performance.now();
      const done = progress.state === 'finished';
      if (done) training = false;
      const due = now - toldReport > Math.max(REPORT_EVERY, reportTook * REPORT_SHARE);
      if (done || (due && run.history(reportedEpochs).length)) {
        const value = report();
        if (value) post({ type: 'report', report: value });
      }
      if (done || now - toldProgress > PROGRESS_EVERY) {
        toldProgress = now;
        post({ type: 'progress', progress });
      }
      if (training) loop.port2.postMessage(0);
    } catch (error) {
      training = false;
      const problem = refusal(error);
      if (!problem) return fatal(error);
      post({ type: 'failed', problem, report: report() });
    }
  }

  /** @param {boolean} fresh @param {Sight} wanted */
  function prepare(fresh, wanted) {
    sight = wanted;
    if (fresh || !run) {
      if (!draft) throw Object.assign(new Error('There is no model to train yet.'), { name: 'UnrolledError', code: 'state' });
      training = false;
      run?.free();
      run = draft;
      draft = null;
      reportedEpochs = 0;
      toldReport = 0;
      reportTook = 0;
    }
  }

  /** @returns {{configured: Configured, progress: Progress}} */
  const standing = () => ({ configured: run.configured(), progress: run.progress() });

  return {
    /** @param {Calls['open']['in']} request */
    open({ parts: given }) {
      training = false;
      draft?.free();
      run?.free();
      draft = run = null;
      parts = given;
      return { value: null };
    },

    /** @param {Calls['configure']['in']} request */
    configure({ settings }) {
      draft ??= new Session(parts);
      return { value: draft.configure(settings) };
    },

    /** @param {Calls['start']['in']} request */
    start({ fresh, sight: wanted }) {
      prepare(fresh, wanted);
      if (!training) {
        training = true;
        loop.port2.postMessage(0);
      }
      return { value: standing() };
    },

    pause() {
      training = false;
      return { value: run.progress() };
    },

    stop() {
      training = false;
      return { value: run.stop() };
    },

    /** @param {Calls['step']['in']} request */
    step({ fresh, sight: wanted }) {
      training = false;
      prepare(fresh, wanted);
      run.step();
      const value = standing();
      if (run.history(reportedEpochs).length) {
        const told = report();
        if (told) post({ type: 'report', report: told });
      }
      return { value };
    },

    /** @param {Calls['report']['in']} request */
    report({ sight: wanted }) {
      sight = wanted;
      return { value: run ? report() : null };
    },

    /** @param {Calls['judge']['in']} request */
    judge({ sight: wanted }) {
      sight = wanted;
      const lead = Math.min(Math.max(1, sight.lead), run.configured().horizon);
      return { value: { evaluation: run.evaluate('test'), predictions: run.predictions('test', lead) } };
    },

    /** @param {Calls['predictions']['in']} request */
    predictions({ part, lead }) {
      sight = { ...sight, lead };
      return { value: run.predictions(part, lead) };
    },

    /** @param {Calls['forecast']['in']} request */
    forecast({ steps }) {
      const value = run.forecast(steps);
      sight = { ...sight, steps };
      return { value };
    },

    /** @param {Calls['load']['in']} request */
    load({ bytes }) {
      const loaded = new Session(parts);
      try {
        loaded.load(bytes);
      } catch (error) {
        loaded.free();
        throw error;
      }
      training = false;
      run?.free();
      run = loaded;
      reportedEpochs = 0;
      return { value: standing() };
    },
  };
}
