// `make serve`: the page from the checkout, on loopback. PORT=8000 chooses the port; if it is taken, the next one is tried. If the
// core's relaxed build is missing, it is built in the background.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startServer } from './server.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const first = Number(process.env.PORT ?? 8000);

/** @param {number} port */
async function startAtOrAfter(port) {
  for (; port < first + 50; port++) {
    try {
      return await startServer({ port });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`No free port from ${first} to ${first + 49}.`);
}

const server = await startAtOrAfter(first);
console.log(`\nUnrolled is at ${server.url}   (stop: Ctrl-C)\n`);

if (!existsSync(`${root}pkg/unrolled_relaxed_bg.wasm`)) completePackage();

// A browser is opened for a person at a desktop, not for a script or in a plain terminal.
if (process.stdout.isTTY && !process.env.CI && (process.platform === 'darwin' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY)) {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(opener, [server.url], { stdio: 'ignore', detached: true }).on('error', () => {}).unref();
}

/** Builds the rest of pkg/, and ends with the server. */
function completePackage() {
  console.log('The page computes with the plain build of the core until the faster one, with relaxed SIMD, is built.');
  // This make's job settings are not for the other.
  const { MAKEFLAGS, MFLAGS, MAKELEVEL, ...env } = process.env;
  // A process group of its own, so that all of its processes can be ended.
  const build = spawn('make', ['--silent', 'pkg'], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const failed = (/** @type {string} */ why) =>
    console.error(`\n!! The faster build of the core could not be made (${why}); the page goes on with the plain one.\n   What would do it:\n     make pkg`);
  build.on('error', ({ message }) => failed(message));
  const { pid } = build;
  if (pid === undefined) return;
  // The page on view has priority.
  setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);

  let over = false;
  build.on('exit', (code, signal) => {
    over = true;
    if (code === 0) console.log('The faster build of the core is there: a page that is loaded from now on computes with it.');
    else failed(code === null ? `ended by ${signal}` : `status ${code}`);
  });
  process.on('exit', () => {
    if (!over) process.kill(-pid, 'SIGTERM');
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => process.exit(128 + constants.signals[signal]));
}
