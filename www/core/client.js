/**
 * The page's end of a worker: calls that answer with promises, tidings that come unasked, and word of its death.
 * @module
 */
import { createPeers } from './peers.js';
import { fastestBuild, startWorker } from './wasm.js';

/** @import {Calls, CallName, Problem, Tidings, WorkerMessage} from './protocol.js' */
/** @import {Build} from './wasm.js' */

/** A refusal from the core: its message is one sentence for a person. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.message);
    this.name = 'Refusal';
    /** @type {Problem} */
    this.problem = problem;
  }
}

/** The worker is gone; whoever waits on it is told so once, by `onDeath`. */
export class Gone extends Error {}

/**
 * @typedef {object} Client
 * @property {<N extends CallName>(name: N, payload: Calls[N]['in']) => Promise<Calls[N]['out']>} call
 * @property {() => void} close
 * @property {Build | null} build What computes in it.
 */

/**
 * @param {string} kind What the worker is for.
 * @param {(tidings: Tidings) => void} onTidings
 * @param {(problem: Problem) => void} onDeath Called once, when the worker died by itself.
 * @param {Build | null} [build] What computes; where this browser runs none, no worker is started and every call is `Gone`.
 * @returns {Client}
 */
export function createClient(kind, onTidings, onDeath, build = fastestBuild()) {
  if (!build) return { call: () => Promise.reject(new Gone()), close() {}, build };
  const worker = startWorker(kind, build, ({ message }) => die({ message }));
  const peers = createPeers(worker, build);
  /** @type {Map<number, {resolve: (value: any) => void, reject: (reason: Error) => void}>} */
  const waiting = new Map();
  let last = 0;
  let open = true;

  function close() {
    if (!open) return;
    open = false;
    worker.terminate();
    peers.set({ team: 0, count: 0 });
    for (const { reject } of waiting.values()) reject(new Gone());
    waiting.clear();
  }

  /** @param {Problem} problem */
  function die(problem) {
    if (!open) return;
    close();
    onDeath(problem);
  }

  worker.addEventListener('message', (event) => {
    if (!open) return;
    /** @type {WorkerMessage} */
    const message = event.data;
    if (message.type === 'answer' || message.type === 'refusal') {
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === 'answer') call?.resolve(message.value);
      else call?.reject(new Refusal(message.problem));
    } else if (message.type === 'fatal') {
      die(message.problem);
    } else if (message.type === 'peers') {
      peers.set(message);
    } else if (message.type !== 'pong') {
      onTidings(message);
    }
  });
  worker.addEventListener('error', (event) => die({ message: event.message || 'The worker could not be started.' }));
  worker.addEventListener('messageerror', () => die({ message: 'A message from the worker could not be read.' }));

  return {
    call(name, payload) {
      if (!open) return Promise.reject(new Gone());
      const id = ++last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ type: 'call', id, name, payload });
      });
    },
    close,
    build,
  };
}
