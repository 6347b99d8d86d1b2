/**
 * The worker: the only importer of the wasm package. One runs for data and one for the model, and both know every call; further
 * ones may help the model's to train (peer.js).
 *
 * Calls are carried out one after another. If a call throws one of the core's errors, the error is its answer. Anything else (a panic
 * or a trap of the wasm) leaves memory in an unknown state, so the worker says so and ends. A `ping` is answered between two pieces of
 * work.
 * @module
 */
import { initSync, catalog, CsvReader, Session } from '../../pkg/unrolled.js';
import { dataJobs } from './data_jobs.js';
import { deathOf, problemOf } from './errors.js';
import { machineMemory } from './machine.js';
import { modelJobs } from './model_jobs.js';
import { servePeer } from './peer.js';

/** @import {CallMessage, WorkerMessage} from './protocol.js' */

/** @param {WorkerMessage} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) {
  self.postMessage(message, { transfer });
}

/** @param {any} error None of the core's own. @param {number} [id] The call that threw it. */
function fatal(error, id) {
  post({ type: 'fatal', problem: deathOf(null, error), id });
  self.close();
}

/** @type {(module: WebAssembly.Module) => void} */
let begin = () => {};
/** Settled once the wasm runs; the page compiles it for all of its workers and sends it. */
const ready = new Promise((/** @type {(module: WebAssembly.Module) => void} */ resolve) => {
  begin = resolve;
}).then((module) => initSync({ module }));
// The first call reports the error.
ready.catch(() => {});

const model = modelJobs({ Session }, post, fatal);
const jobs = { catalog: () => ({ value: catalog() }), ...dataJobs({ CsvReader }, post), ...model.jobs };

/** @type {Promise<void>} */
let queue = Promise.resolve();

/** @param {CallMessage} message */
async function answer({ id, name, payload }) {
  try {
    await ready;
    const { value, transfer } = await /** @type {any} */ (jobs[name])(payload);
    post({ type: 'answer', id, value }, transfer);
  } catch (error) {
    const problem = problemOf(error);
    if (problem) post({ type: 'error', id, problem });
    else fatal(error, id);
  }
}

self.addEventListener('message', ({ data }) => {
  if (data.type === 'call') queue = queue.then(() => answer(data));
  else if (data.type === 'ping') post({ type: 'pong' });
  else if (data.type === 'wasm') begin(data.module);
  else if (data.type === 'peer') model.peer(data);
  else if (data.type === 'serve') void ready.then(() => servePeer(new Session(data.parts, machineMemory()), data.port, fatal)).catch(fatal);
});
self.addEventListener('messageerror', () => fatal(new Error('A message from the page could not be read.')));
// Without this, an error without an open call would be lost, and the page would wait for ever.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  fatal(event.reason);
});
self.addEventListener('error', (event) => {
  event.preventDefault();
  fatal(event.error ?? event.message);
});
