/**
 * A worker that trains runs, seen from the page: it is opened on data, and told what to train, when to pause and when to end. What it
 * says of a run, by the run's number, stands in the run's entry. The model above has one, and each lane of a comparison.
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

/** What a worker died of that never said a word. */
const STARTING = 'start';
/** What ends workers, as a sentence begins. @type {Partial<Record<CallName, string>>} */
const SUBJECT = {
  open: 'Taking in these data',
  configure: 'Setting up a model with these settings',
  load: 'Loading these weights',
  start: 'Training with these settings',
  step: 'Training with these settings',
};

/**
 * @typedef {object} Hooks
 * @property {(id: number, how: 'finished' | 'failed') => void} ended A run's training has ended by itself.
 * @property {(problem: Problem) => void} unheard Something that it said cannot be read.
 * @property {(death: Death, times: number) => void} died Also of how many this was the death, that died of the same.
 * @property {() => boolean} isBusy Whether it trains.
 * @property {(silence: Silence | null) => void} onSilence
 */

/** @param {PageStore} store @param {RunList} list @param {DeathRecord} deaths @param {string} kind What the worker is for. @param {Hooks} hooks */
export function openTrainer(store, list, deaths, kind, { ended, unheard: tellUnheard, died, isBusy, onSilence }) {
  /** @type {Client | null} */ let client = null;
  /** The number of the data that it holds. */
  let parts = 0;
  /** What its draft is. @type {Run['configured'] | null} */
  let draft = null;
  /** What it was asked to train last, to be known again. */
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
    // What was said before it heard of its pause or its end.
    else if (run.status === 'paused' || run.status === 'stopped') return;
    else if (event.type === 'failed') {
      if (event.report) list.take(id, event.report);
      list.changeRun(id, { status: 'failed', latest: null, problem: event.problem });
      ended(id, 'failed');
    } else {
      const { progress, workers, spent, epochs } = event;
      // One of several is reported seldom; a report may have told them before.
      const more = entry.apart ? epochs.filter(({ epoch }) => epoch > run.epochs.length) : [];
      list.changeRun(id, { progress, workers, elapsed: spent, ...(more.length ? { epochs: [...run.epochs, ...more] } : {}) });
      if (progress.state === 'finished') ended(id, 'finished');
    }
  }

  /**
   * What a worker is asked, to be known again; '' what is no danger to the next one: it asks about weights that are there, and is
   * asked by whoever looks.
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
    // One that was asked nothing and trained nothing died of neither.
    const cause = trains ? trained : during ? thing(during.name, during.payload) : '';
    const asked = started ? cause : `${STARTING} ${client?.build}`;
    died(death, problem.code === 'ended' || !asked ? 1 : deaths.note(asked, problem));
  }

  /** @type {Client['call']} */
  async function call(name, payload) {
    const asked = thing(name, payload);
    const problem = asked ? deaths.against(asked, SUBJECT[name] ?? 'This') : null;
    if (problem) throw new Refusal(problem);
    if (!client) throw new Gone();
    if (name === 'start' || name === 'step') trained = asked;
    if (name === 'open') parts = deaths.numberOf(/** @type {Calls['open']['in']} */ (payload).parts);
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
    /** Another worker takes the place of the one that there is, if there is one. It holds nothing. */
    connect() {
      client?.close();
      client = createClient(kind, hear, die, buildOf(store.get()), { isBusy, onSilence });
    },
    close: () => client?.close(),
    /** @returns {NonNullable<Run['build']>} What computes in it. */
    build: () => client?.build ?? '',

    /** @param {number} id */
    async pause(id) {
      const progress = await call('pause', null);
      // It may have come to its end a moment before.
      if (list.find(id)?.run?.status === 'running') list.changeRun(id, { status: 'paused', progress });
    },

    /** Ends a run's training as it stands. @param {number} id @param {Sight} sight @returns {Promise<boolean>} Whether it had not ended by itself. */
    async stop(id, sight) {
      const progress = await call('stop', null);
      if (!isUnderWay(id)) return false;
      list.changeRun(id, { status: 'stopped', progress });
      // One that is stopped in its first epoch has the weights of its last step.
      const report = progress.step ? await call('report', { sight }) : null;
      if (report) list.take(id, report, { progress });
      return true;
    },

    /** Scores the test part: once, when training is over and the best weights are in place. @param {number} id @param {Sight | null} sight Where what it predicts is drawn. */
    async judge(id, sight) {
      const run = list.find(id)?.run;
      if (!run?.bytes) return;
      const { evaluation, predictions } = await score(call, run.configured, sight);
      list.changeRun(id, { test: evaluation }, predictions ? { test: predictions } : {});
    },
  };
}

/** @typedef {ReturnType<typeof openTrainer>} Trainer */
