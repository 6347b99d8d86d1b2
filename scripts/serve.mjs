// `make serve`: the page from the checkout, on loopback. PORT=8000 chooses the port; a taken one gives way to the next.
import { spawn } from 'node:child_process';
import { startServer } from './server.mjs';

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

// A browser is opened for a person at a desktop, not for a script or over a plain terminal.
if (process.stdout.isTTY && !process.env.CI && (process.platform === 'darwin' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY)) {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(opener, [server.url], { stdio: 'ignore', detached: true }).on('error', () => {}).unref();
}
