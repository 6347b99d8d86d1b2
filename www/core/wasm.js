/**
 * The build of the core, and its module: compiled once during the download, for all workers.
 *
 * There are two builds of the same sources. `plain` uses SIMD whose results WebAssembly fixes to the last bit; `relaxed` adds
 * instructions that may round once where plain ones round twice, as the processor prefers: faster, and not the same on every
 * machine. `WebAssembly.validate` shows the browser's support, and the package lists the finished builds: `make serve` shows the
 * page before both are built.
 * @module
 */
import { builds } from '../../pkg/builds.js';
import { fetchWasm, spawnWorker } from './spawn.js';

/** @typedef {'plain' | 'relaxed'} Build */

/**
 * The smallest module with one function that returns a vector.
 * @param {number[]} body The function's instructions.
 */
function moduleWith(body) {
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d], // "\0asm"
    ...[0x01, 0x00, 0x00, 0x00], // version 1
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // types: one, a function from nothing to a v128
    ...[0x03, 0x02, 0x01, 0x00], // functions: one, of type 0
    ...[0x0a, body.length + 4, 0x01, body.length + 2, 0x00, ...body, 0x0b], // code: no locals, the instructions, end
  ]);
}

/** `i32.const 0`, `i8x16.splat`: a vector of zeros. */
const ZEROS = [0x41, 0x00, 0xfd, 0x0f];
const SIMD = moduleWith(ZEROS);
/** `f32x4.relaxed_madd` of three of them: the characteristic instruction of the relaxed build. */
const RELAXED = moduleWith([...ZEROS, ...ZEROS, ...ZEROS, 0xfd, 0x85, 0x02]);

/** @param {Uint8Array<ArrayBuffer>} bytes */
const knows = (bytes) => typeof WebAssembly === 'object' && WebAssembly.validate(bytes);

/** @returns {Build | null} The fastest finished build that this browser runs; `null` where it runs none. */
export function fastestBuild() {
  if (!knows(SIMD)) return null;
  return builds.includes('relaxed') && knows(RELAXED) ? 'relaxed' : 'plain';
}

/**
 * The core on its way or compiled: the promise of it, and the controller of the present attempt.
 * @typedef {{module: Promise<WebAssembly.Module>, resolve: (module: WebAssembly.Module) => void, reject: (reason: unknown) => void, abort: AbortController}} Core
 */
/** @type {Map<Build, Core>} */
const cores = new Map();

/**
 * The compiled core; later calls return the same module, unless it failed.
 * @param {Build} build
 * @returns {Promise<WebAssembly.Module>}
 */
export function compiled(build) {
  let core = cores.get(build);
  if (!core) {
    /** @type {any} */
    const begun = { abort: new AbortController() };
    begun.module = new Promise((resolve, reject) => Object.assign(begun, { resolve, reject }));
    cores.set(build, (core = /** @type {Core} */ (begun)));
    attempt(build, core);
  }
  return core.module;
}

/** Requests a missing core again; all who wait for it get this one. @param {Build} build */
export function askAgain(build) {
  const core = cores.get(build);
  if (!core) return;
  core.abort.abort();
  core.abort = new AbortController();
  attempt(build, core);
}

/** @param {Build} build @param {Core} core */
function attempt(build, core) {
  const { signal } = core.abort;
  compile(build, signal).then(core.resolve, (error) => {
    if (signal.aborted) return;
    cores.delete(build);
    core.reject(error);
  });
}

/** @param {Build} build @param {AbortSignal} signal */
async function compile(build, signal) {
  const response = await fetchWasm(build, signal);
  if (!response.ok) throw new Error(`the core could not be loaded (${response.status})`);
  // Only a response of type wasm can be compiled while it arrives, and not every host sends that type.
  if (response.headers.get('Content-Type') === 'application/wasm') return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/**
 * Starts a worker with a build, as soon as it is compiled.
 * @param {string} kind @param {Build} build @param {(module: WebAssembly.Module) => void} loaded @param {(error: Error) => void} failed
 */
export function startWorker(kind, build, loaded, failed) {
  const worker = spawnWorker(kind);
  compiled(build).then((module) => {
    worker.postMessage({ type: 'wasm', module });
    loaded(module);
  }, failed);
  return worker;
}
