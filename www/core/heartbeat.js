/**
 * The heartbeat of a busy worker, which has an open call or trains. Workers vanish silently: killed by the browser or from its
 * tools, or in an endless loop. An idle worker is not pinged; a busy one is pinged repeatedly, and answers between two pieces of its
 * work.
 * @module
 */
import { BEAT, PIECES, SILENCE } from './patience.js';

/**
 * @param {object} about
 * @param {() => boolean} about.awaited Whether the worker is busy.
 * @param {() => void} about.ping Sends a ping.
 * @param {(milliseconds: number) => void} about.tell Reports a silence beyond the limit; 0: it has ended, or the worker is idle.
 */
export function createHeartbeat({ awaited, ping, tell }) {
  /** @type {ReturnType<typeof setInterval> | undefined} */ let timer;
  /** Milliseconds of silence while the page itself was awake. */
  let silent = 0;
  let longest = 0;
  let allowed = SILENCE;
  let last = 0;
  let pinged = false;
  let told = false;

  /** @param {number} milliseconds */
  function say(milliseconds) {
    if (!told && !milliseconds) return;
    told = milliseconds > 0;
    tell(milliseconds);
  }

  function rest() {
    clearInterval(timer);
    timer = undefined;
    silent = 0;
    pinged = false;
    say(0);
  }

  function anew() {
    allowed = SILENCE + PIECES * longest;
    silent = 0;
    pinged = false;
    say(0);
  }

  function beat() {
    if (!awaited()) return rest();
    const now = performance.now();
    // A late beat shows that the page slept, and its workers with it: it counts as little more than one.
    silent += Math.min(now - last, 2 * BEAT);
    last = now;
    if (!pinged) ping();
    pinged = true;
    if (silent > allowed && !told) say(silent);
  }

  return {
    /** The worker is busy from now on. */
    watch() {
      if (timer !== undefined) return;
      last = performance.now();
      timer = setInterval(beat, BEAT);
    },
    /** The worker has sent something. */
    heard() {
      longest = Math.max(longest, silent);
      anew();
    },
    /** Counts its silence from here on; the silence so far was no piece of work. */
    anew,
    /** A person chose to wait: the next question comes after twice the time. */
    wait() {
      allowed = 2 * silent + SILENCE;
      say(0);
    },
    stop: rest,
  };
}
