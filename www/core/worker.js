/**
 * The worker: the only importer of the wasm package. One runs for data and one for the model, and both know every call;
 * further ones may help the model's to train (peer.js).
 *
 * Calls are carried out one after another. A call that throws a refusal is answered with it; anything else that is
 * thrown (a panic of the wasm) leaves memory in an unknown state, so the worker says so and ends.
 * @module
 */
import { initSync, catalog, CsvReader, Session } from '../../pkg/unrolled.js';
import { dataJobs } from './data_jobs.js';
import { modelJobs } from './model_jobs.js';
import { servePeer } from './peer.js';

/** @import {CallMessage, Problem, WorkerMessage} from './protocol.js' */

/** @param {WorkerMessage} message @param {Transferable[]} [transfer] */
function post(message, transfer = []) {
  self.postMessage(message, { transfer });
}

/** @param {any} error @returns {Problem | null} */
function refusal(error) {
  if (error?.name !== 'UnrolledError') return null;
  const { message, code, row, column, knob } = error;
  return { message, code, row, column, knob };
}

/** @param {any} error */
function fatal(error) {
  post({ type: 'fatal', problem: { message: String(error?.message ?? error), code: error?.name } });
  self.close();
}

/** @type {(module: WebAssembly.Module) => void} */
let begin = () => {};
/** Settled once the wasm runs: the page compiles it, for all of its workers, and sends it. */
const ready = new Promise((/** @type {(module: WebAssembly.Module) => void} */ resolve) => {
  begin = resolve;
}).then((module) => initSync({ module }));
// What went wrong is said to the first call.
ready.catch(() => {});

const model = modelJobs({ Session }, post, { refusal, fatal });
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
    const problem = refusal(error);
    if (problem) post({ type: 'refusal', id, problem });
    else fatal(error);
  }
}

self.addEventListener('message', (event) => {
  if (event.data.type === 'wasm') return begin(event.data.module);
  if (event.data.type === 'peer') return model.peer(event.data);
  if (event.data.type === 'serve') return void ready.then(() => servePeer({ Session, refusal }, event.data.port, fatal), fatal);
  queue = queue.then(() => answer(event.data));
});
self.addEventListener('messageerror', () => fatal(new Error('a message from the page could not be read')));
