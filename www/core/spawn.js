/**
 * The start of workers and the core's bytes, in a module of its own that a build can replace: `dist/unrolled.html` has no files to
 * load either from and carries both (scripts/build/one-file.mjs).
 *
 * A worker loads no wasm: it waits for a message `{type: 'wasm', module}` with the compiled core.
 * @module
 */
/** @import {Build} from './wasm.js' */

/** Address of a worker's script, after the first start. */
let address = '';

/**
 * Starts a worker. Its script is a line of text that imports the worker's module: a worker from text has the page's policy (no
 * requests elsewhere), one from an address only its own response's, which a static host does not send.
 * @param {string} kind Purpose of the worker; its name in the browser's tools, and `self.name` inside it.
 * @returns {Worker}
 */
export function spawnWorker(kind) {
  const text = `import ${JSON.stringify(new URL('./worker.js', import.meta.url).href)};\n`;
  address ||= URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  return new Worker(address, { type: 'module', name: kind });
}

/** The names of the builds' files. @type {Record<Build, string>} */
const FILES = { plain: 'unrolled_bg.wasm', relaxed: 'unrolled_relaxed_bg.wasm' };

/**
 * The core's bytes, as a stream.
 * @param {Build} build
 * @param {AbortSignal} signal Ends it.
 * @returns {Promise<Response>}
 */
export function fetchWasm(build, signal) {
  return fetch(new URL(`../../pkg/${FILES[build]}`, import.meta.url), { signal });
}
