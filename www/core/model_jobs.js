/**
 * The model worker's calls.
 *
 * It holds two models. The draft answers what the present settings would give, without touching what was trained; the run trains and
 * forecasts (training.js). Starting afresh turns the draft into the run.
 * @module
 */
import { coreError, problemOf } from './errors.js';
import { machineMemory } from './machine.js';
import { createTeam } from './team.js';
import { createTraining } from './training.js';

/** @import {Calls, WorkerMessage} from './protocol.js' */
/** @import {Training} from './training.js' */

/**
 * @param {any} core The required classes of the package.
 * @param {(message: WorkerMessage, transfer?: Transferable[]) => void} post
 * @param {(error: any) => void} fatal Ends the worker.
 */
export function modelJobs({ Session }, post, fatal) {
  /** A session on the data, without a model: all others share its series and baselines. @type {any} */ let data = null;
  /** @type {{session: any, settings: Calls['configure']['in']['settings']} | null} */ let draft = null;
  /** @type {Training | null} */ let run = null;
  /** The newest team's number: a port for an earlier one is known by it. */
  let teams = 0;

  /** @returns {any} A session without a model. */
  function session() {
    if (!data) throw coreError('The worker holds no data yet.', 'state');
    return data.fork();
  }

  /** The run, if there is one: a new worker holds none. */
  function held() {
    if (!run) throw coreError('The worker holds no model yet.', 'state');
    return run;
  }

  /** @param {Training} next */
  function replace(next) {
    run?.free();
    run = next;
    return next;
  }

  /** The run that a call is for: the one there is, or the draft as a fresh one. @param {Calls['step']['in'] & Pick<Calls['start']['in'], 'limit'>} request */
  async function wanted({ run: number, fresh, sight, workers, limit }) {
    if (run && !fresh) {
      run.look(sight);
      return run;
    }
    await run?.halt();
    if (!draft) throw coreError('There is no model to train yet.', 'state');
    const { session: drafted, settings } = draft;
    draft = null;
    const next = replace(createTraining({ number, session: drafted, limit, sight, post, fatal }));
    const { configured } = next.standing();
    const team = ++teams;
    next.rally(
      createTeam({
        session: drafted,
        settings,
        shards: Number(configured.settings.shards),
        wanted: workers,
        most: navigator.hardwareConcurrency || 1,
        fit: configured.workers,
        ask: (count) => post({ type: 'peers', team, count }),
      }),
    );
    return next;
  }

  /**
   * A message about a peer, from the page that started it: its port, or its death.
   * @param {{team: number, port?: MessagePort}} word
   */
  function peer({ team: of, port }) {
    const team = of === teams ? run?.team() : null;
    if (!team) return port?.close();
    if (port) team.join(port);
    else team.disband();
  }

  const jobs = {
    /** @param {Calls['open']['in']} request */
    async open({ parts }) {
      await run?.halt();
      draft?.session.free();
      run?.free();
      data?.free();
      data = draft = run = null;
      data = new Session(parts, machineMemory());
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
      const training = await wanted(request);
      await training.start(request.among ?? false);
      return { value: training.standing() };
    },

    async pause() {
      return { value: await held().pause() };
    },

    async stop() {
      return { value: await held().stop() };
    },

    /** @param {Calls['step']['in']} request */
    async step(request) {
      await run?.halt();
      return { value: await (await wanted(request)).step() };
    },

    /** @param {Calls['report']['in']} request */
    report({ sight }) {
      run?.look(sight);
      return { value: run?.report() ?? null };
    },

    /** @param {Calls['judge']['in']} request */
    judge(request) {
      return { value: run?.number === request.run ? run.judge(request) : null };
    },

    /** @param {Calls['predictions']['in']} request */
    predictions(request) {
      return { value: held().predictions(request) };
    },

    /** @param {Calls['forecast']['in']} request */
    forecast({ steps }) {
      return { value: held().forecast(steps) };
    },

    /** @param {Calls['crossing']['in']} request */
    crossing({ value, target }) {
      return { value: held().crossing(value, target) };
    },

    /** @param {Calls['inside']['in']} request */
    inside(request) {
      const value = held().inside(request);
      return { value, transfer: value.values ? [value.values.buffer] : [] };
    },

    gradients() {
      return { value: held().gradients() };
    },

    /** @param {Calls['load']['in']} request */
    async load({ run: number, bytes, settings, otherRows }) {
      const loaded = session();
      try {
        loaded.load(bytes, settings, otherRows);
      } catch (error) {
        if (problemOf(error)) loaded.free();
        throw error;
      }
      await run?.halt();
      return { value: replace(createTraining({ number, session: loaded, sight: run?.sight(), post, fatal })).standing() };
    },
  };
  return { jobs, peer };
}
