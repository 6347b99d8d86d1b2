/**
 * A worker that trains runs, seen from the page: it opens data, and starts, pauses and ends trainings. Its events carry the run's
 * number and go to the run's entry. The model above has one trainer, and so does each lane of a comparison.
 * @module
 */
import { createClient, Gone, Refusal } from '../core/client.js';
import { faultInEvent, unheard } from '../state/checked.js';
import { score } from '../state/scored.js';
import { buildOf, isOver } from '../state/shape.js';

/** @import {Client} from '../core/client.js' */
/** @import {CallName, Calls, Death, Problem, Sight, Silence, WorkerEvent} from '../core/protocol.js' */
/** @import {PageStore, Run} from '../state/shape.js' */
/** @import {DeathRecord} from './deaths.js' */
/** @import {RunList} from './run_list.js' */

/** Cause of death of a worker without any message. */
const STARTING = 'start';
/** Causes of death, as subjects of sentences. @type {Partial<Record<CallName, string>>} */
const SUBJECT = {
  open: 'Taking in these data',
  configure: 'Setting up a model with these settings',
  load: 'Loading these weights',
  start: 'Training with these settings',
  step: 'Training with these settings',
};

/**
 * @typedef {object} Hooks
 * @property {(id: number, how: 'finished' | 'failed') => void} ended A run's training has finished or failed.
 * @property {(problem: Problem) => void} unheard One of its messages cannot be read.
 * @property {(death: Death, times: number) => void} died The worker's death, and the number of deaths by the same cause.
 * @property {() => boolean} isBusy Whether it trains.
 * @property {(silence: Silence | null) => void} onSilence
 */

/** @param {PageStore} store @param {RunList} list @param {DeathRecord} deaths @param {string} kind Purpose of the worker. @param {Hooks} hooks */
export function openTrainer(store, list, deaths, kind, { ended, unheard: tellUnheard, died, isBusy, onSilence }) {
  /** @type {Client | null} */ let client = null;
  /** Number of its data. */
  let parts = 0;
  /** Why the worker was not given these data, if it was not: it may hold the data before. @type {Problem | null} */
  let barred = null;
  /** Configuration of its draft. @type {Run['configured'] | null} */
  let draft = null;
  /** Key of its last training. */
  let trained = '';

  /** @param {WorkerEvent} event */
  function hear(event) {
    const fault = faultInEvent(event);
    if (fault) return tellUnheard({ message: unheard(fault) });
    if (event.type === 'reading') return;
    const { run: id } = event;
    const entry = list.find(id);
    const run = entry?.run;
    if (!run) return;
    if (event.type === 'weights') list.changeRun(id, { latest: event.weights });
    else if (event.type === 'report') list.take(id, event.report);
    // An event from before its pause or its end.
    else if (run.status === 'paused' || run.status === 'stopped') return;
    else if (event.type === 'failed') {
      if (event.report) list.take(id, event.report);
      list.changeRun(id, { status: 'failed', latest: null, problem: event.problem });
      ended(id, 'failed');
    } else {
      const { progress, workers, spent, epochs } = event;
      // A run of a comparison has few reports; a report may already have brought these epochs.
      const more = entry.apart ? epochs.filter(({ epoch }) => epoch > run.epochs.length) : [];
      list.changeRun(id, { progress, workers, elapsed: spent, ...(more.length ? { epochs: [...run.epochs, ...more] } : {}) });
      if (progress.state === 'finished') ended(id, 'finished');
    }
  }

  /**
   * A key of a call; '' for calls that are no danger to the next worker: they ask about present weights, at a viewer's request.
   * @param {CallName} name @param {any} payload @returns {string}
   */
  function thing(name, payload) {
    if (name === 'open') return `open ${deaths.numberOf(payload.parts)}`;
    if (name === 'configure' || name === 'sized') return `${name} ${parts} ${JSON.stringify(payload)}`;
    if (name === 'load') return `load ${parts} ${deaths.numberOf(payload.bytes)}`;
    if (name !== 'start' && name !== 'step') return '';
    return `train ${parts} ${JSON.stringify((payload.fresh ? draft : list.find(payload.run)?.run?.configured)?.settings)}`;
  }

  /** @param {Death} death */
  function die(death) {
    const { problem, during, started } = death;
    const trains = during ? during.name === 'start' || during.name === 'step' : isBusy();
    // Without a call and a training, neither is the cause.
    const cause = trains ? trained : during ? thing(during.name, during.payload) : '';
    const asked = started ? cause : `${STARTING} ${client?.build}`;
    died(death, problem.code === 'ended' || !asked ? 1 : deaths.note(asked, problem));
  }

  /** @type {Client['call']} */
  async function call(name, payload) {
    const asked = thing(name, payload);
    const problem = (name === 'open' ? null : barred) ?? (asked ? deaths.against(asked, SUBJECT[name] ?? 'This') : null);
    if (name === 'open') {
      parts = deaths.numberOf(/** @type {Calls['open']['in']} */ (payload).parts);
      barred = problem;
    }
    if (problem) throw new Refusal(problem);
    if (!client) throw new Gone();
    if (name === 'start' || name === 'step') trained = asked;
    const answer = await client.call(name, payload);
    if (name === 'configure') draft = /** @type {Calls['configure']['out']} */ (answer);
    return answer;
  }

  /** @param {number} id @returns {boolean} */
  const isUnderWay = (id) => {
    const run = list.find(id)?.run;
    return Boolean(run && !isOver(run));
  };

  return {
    call,
    /** Starts an empty worker in place of the present one, if any. */
    connect() {
      client?.close();
      client = createClient(kind, hear, die, buildOf(store.get()), { isBusy, onSilence });
    },
    close: () => client?.close(),
    /** @returns {NonNullable<Run['build']>} Its build. */
    build: () => client?.build ?? '',

    /** @param {number} id */
    async pause(id) {
      const progress = await call('pause', null);
      // It may just have ended.
      if (list.find(id)?.run?.status === 'running') list.changeRun(id, { status: 'paused', progress });
    },

    /** Ends a run's training as it is. @param {number} id @param {Sight} sight @returns {Promise<boolean>} Whether it was still in training. */
    async stop(id, sight) {
      const progress = await call('stop', null);
      if (!isUnderWay(id)) return false;
      list.changeRun(id, { status: 'stopped', progress });
      // A run stopped in its first epoch has the weights of its last step.
      const report = progress.step ? await call('report', { sight }) : null;
      if (report) list.take(id, report, { progress });
      return true;
    },

    /** Scores the test part once, after training, with the best weights in place. @param {number} id @param {Sight | null} sight Where its predictions are drawn. */
    async judge(id, sight) {
      const run = list.find(id)?.run;
      if (!run?.bytes) return;
      const scored = await score(call, run, sight);
      if (scored) list.changeRun(id, { test: scored.evaluation }, scored.predictions ? { test: scored.predictions } : {});
    },
  };
}

/** @typedef {ReturnType<typeof openTrainer>} Trainer */
