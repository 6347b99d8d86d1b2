/**
 * The page's end of a worker: calls that answer with promises, events that come unasked, and word of its silence and its death.
 * A call ends with an answer, an error, or the death of its worker.
 * @module
 */
import { deathOf } from './errors.js';
import { createHeartbeat } from './heartbeat.js';
import { createPeers } from './peers.js';
import { askAgain, fastestBuild, startWorker } from './wasm.js';

/** @import {SeriesParts} from '../../pkg/unrolled.js' */
/** @import {Calls, CallName, Death, Problem, Silence, WorkerEvent, WorkerMessage} from './protocol.js' */
/** @import {Build} from './wasm.js' */

/** An error from the core: its message is one sentence for a person. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.message);
    this.name = 'Refusal';
    /** @type {Problem} */
    this.problem = problem;
  }
}

/** The worker is gone; `onDeath` reports it once to the page. */
export class Gone extends Error {}

/**
 * @typedef {object} Client
 * @property {<N extends CallName>(name: N, payload: Calls[N]['in']) => Promise<Calls[N]['out']>} call
 * @property {() => void} close Ends it silently.
 * @property {() => void} end Ends it and calls `onDeath`.
 * @property {Build | null} build Its build.
 */

/**
 * @typedef {object} Watch
 * @property {() => boolean} [isBusy] Whether the worker is busy without an open call, because it trains.
 * @property {(silence: Silence | null) => void} [onSilence] Reports a silence beyond the limit, or (`null`) its end.
 */

/**
 * @param {string} kind Purpose of the worker.
 * @param {(event: WorkerEvent) => void} onEvent
 * @param {(death: Death) => void} onDeath Called once, when the worker died or was ended by `end`.
 * @param {Build | null} [build] Build of the worker; where this browser runs none, no worker is started and every call is `Gone`.
 * @param {Watch} [watch]
 * @returns {Client}
 */
export function createClient(kind, onEvent, onDeath, build = fastestBuild(), { isBusy = () => false, onSilence = () => {} } = {}) {
  if (!build) return { call: () => Promise.reject(new Gone()), close() {}, end() {}, build };
  const worker = startWorker(
    kind,
    build,
    () => {
      loaded = true;
      heart.anew();
    },
    (error) => die(deathOf('core', error)),
  );
  const peers = createPeers(worker, build);
  /** The data that the worker has taken in, for its peers. @type {SeriesParts | null} */
  let parts = null;
  /** @type {Map<number, {name: CallName, payload: unknown, resolve: (value: any) => void, reject: (reason: Error) => void}>} */
  const waiting = new Map();
  let last = 0;
  let open = true;
  /** Whether the core has arrived, and whether the worker has ever sent a message. */
  let loaded = false;
  let spoke = false;

  const heart = createHeartbeat({
    awaited: () => open && (waiting.size > 0 || isBusy()),
    ping: () => worker.postMessage({ type: 'ping' }),
    tell: (milliseconds) => onSilence(milliseconds ? { seconds: Math.round(milliseconds / 1000), loading: !loaded, wait: heart.wait, end: loaded ? end : load } : null),
  });
  function close() {
    if (!open) return;
    open = false;
    worker.terminate();
    heart.stop();
    peers.set({ team: 0, count: 0 }, null);
    for (const { reject } of waiting.values()) reject(new Gone());
    waiting.clear();
  }

  /** @param {Problem} problem @param {number} [id] The call that caused the death, if known. */
  function die(problem, id) {
    if (!open) return;
    // A worker executes calls in order, and trains between them.
    const call = id === undefined && isBusy() ? undefined : (waiting.get(id ?? 0) ?? [...waiting.values()][0]);
    const during = call ? { name: call.name, payload: call.payload } : null;
    close();
    onDeath({ problem, during, started: spoke });
  }

  const end = () => die(deathOf('ended'));
  /** Requests the core again, with the same time limit. */
  function load() {
    heart.anew();
    if (build) askAgain(build);
  }

  worker.addEventListener('message', (event) => {
    if (!open) return;
    /** @type {WorkerMessage} */
    const message = event.data;
    spoke = true;
    // While the core is being loaded, a sign of the worker says nothing about the core.
    if (loaded || message.type !== 'pong') heart.heard();
    if (message.type === 'answer' || message.type === 'error') {
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === 'answer' && call?.name === 'open') ({ parts } = /** @type {Calls['open']['in']} */ (call.payload));
      if (message.type === 'answer') call?.resolve(message.value);
      else call?.reject(new Refusal(message.problem));
    } else if (message.type === 'fatal') {
      die(message.problem, message.id);
    } else if (message.type === 'peers') {
      peers.set(message, parts);
    } else if (message.type !== 'pong') {
      onEvent(message);
    }
  });
  worker.addEventListener('error', (event) => die(spoke ? deathOf(null, event.message) : deathOf('start', event.message)));
  worker.addEventListener('messageerror', () => die(deathOf('trap', 'A message from the worker could not be read.')));

  return {
    call(name, payload) {
      if (!open) return Promise.reject(new Gone());
      const id = ++last;
      return new Promise((resolve, reject) => {
        // An unsendable payload throws here, without an open call.
        worker.postMessage({ type: 'call', id, name, payload });
        waiting.set(id, { name, payload, resolve, reject });
        heart.watch();
      });
    },
    close,
    end,
    build,
  };
}
