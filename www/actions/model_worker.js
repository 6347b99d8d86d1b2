/**
 * The worker that holds the model above: what it is asked, and another one in its place where it dies or the next model wants
 * another build.
 * @module
 */
import { createClient, Gone, Refusal } from '../core/client.js';
import { settled } from '../state/run.js';
import { buildOf } from '../state/shape.js';

/** @import {Client} from '../core/client.js' */
/** @import {Problem, Tidings} from '../core/protocol.js' */
/** @import {Dataset, PageStore, Run} from '../state/shape.js' */
/** @import {InTurn} from './turns.js' */

/** A worker that dies twice within so many milliseconds is not set to work again by itself. */
const DEATHS_APART = 30_000;
/** Milliseconds that the second of them waits for its successor. */
const RESTART_AFTER = 2000;

/**
 * @param {PageStore} store @param {InTurn} inTurn
 * @param {{hear: (tidings: Tidings) => void, startAgain: () => Promise<void>}} work What its tidings are for, and what training
 * that its death has ended is begun again by.
 */
export function modelWorker(store, inTurn, { hear, startAgain }) {
  /** @type {Client} */ let client = connect();
  let newest = 0;
  let died = -Infinity;
  /** Settled while there is a worker that holds the run that is shown. @type {Promise<void>} */
  let alive = Promise.resolve();

  function connect() {
    return createClient(
      'model',
      hear,
      (problem) => {
        alive = inTurn(revive)(problem);
      },
      buildOf(store.get()),
    );
  }

  /** @type {Client['call']} */
  const call = (name, payload) => client.call(name, payload);

  /** @template T @param {() => Promise<T>} ask @returns {Promise<T | undefined>} What came of it; a refusal is shown where training is. */
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

  /** What the settings give, or why they give nothing. @returns {Promise<boolean>} Whether they give something. */
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

  /** Ready for a model that begins: in a worker of the build that is wanted now. @returns {Promise<boolean>} */
  async function configureFresh() {
    const { data } = store.get();
    if (data && client.build !== buildOf(store.get())) {
      client.close();
      client = connect();
      await open(data);
    }
    return configure();
  }

  /** Puts a saved run back to work. @param {Run} run @returns {Promise<boolean>} */
  async function restore(run) {
    const { bytes } = run;
    if (!bytes) return false;
    const loaded = await attempt(() => call('load', { bytes }));
    if (!loaded) return false;
    // Training cannot go on from saved weights: what the optimiser had gathered is not in them.
    const { status } = settled(run);
    store.set({ run: { ...run, configured: loaded.configured, status, problem: status === 'failed' ? run.problem : null } });
    return true;
  }

  /** @param {Problem} problem Of which the worker died. */
  async function revive(problem) {
    const { data, run } = store.get();
    const again = performance.now() - died > DEATHS_APART;
    died = performance.now();
    if (run) store.set({ run: run.bytes ? { ...run, status: 'stopped' } : null });
    // A package that cannot start would otherwise be started again and again without a pause.
    if (!again) await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER));
    client = connect();
    const wasRunning = run?.status === 'running';
    const goesOn = wasRunning && again ? ' Training starts anew.' : '';
    const restored = run?.bytes ? ' Its last weights are back.' : '';
    store.set({
      runProblem: {
        message: `The worker that trains stopped by itself (${problem.message}) and was started again.${restored}${goesOn}`,
      },
    });
    if (!data) return;
    await attempt(async () => {
      await call('open', { parts: data.parts });
      await configure();
      if (run?.bytes) await restore(run);
      if (wasRunning && again) await startAgain();
    });
  }

  return {
    call,
    attempt,
    open,
    configure,
    configureFresh,
    restore,
    /** @returns {Run['build']} What computes in it. */
    build: () => client.build ?? '',
    /** Asks about the run that is shown, once there is a worker that holds it. @type {Client['call']} */
    async ask(name, payload) {
      await alive;
      return call(name, payload);
    },
  };
}

/** @typedef {ReturnType<typeof modelWorker>} ModelWorker */
