/**
 * How the page gets its workers, in a module of its own so that a build can replace it: `dist/unrolled.html` has no
 * files to start a worker from and makes it from text that it carries (scripts/build/one-file.mjs).
 *
 * A worker must work either way: where its first message is `{type: 'wasm', bytes}`, it starts wasm from those bytes
 * (`initSync`); otherwise it loads the wasm that lies beside its own package.
 * @module
 */

/**
 * Starts a worker.
 * @param {string} kind What it is for; its name in the browser's tools, and `self.name` inside it.
 * @returns {Worker}
 */
export function spawnWorker(kind) {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: kind });
}
