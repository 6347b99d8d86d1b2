/**
 * Whether a worker that is waited for still lives. Workers vanish without a word: killed by the browser or from its tools, or in
 * a loop without an end. A worker that is idle is not asked; one that is waited for is asked again and again for a sign, which it
 * gives between two pieces of its work.
 * @module
 */
import { BEAT, PIECES, SILENCE } from './patience.js';

/**
 * @param {object} about
 * @param {() => boolean} about.awaited Whether somebody waits for the worker.
 * @param {() => void} about.ping Asks it for a sign.
 * @param {(milliseconds: number) => void} about.tell It has been silent for longer than it should; 0: it has spoken again, or is
 *   no longer waited for.
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
    // A beat that comes late tells of a page that slept, and its workers with it: it counts as little more than one.
    silent += Math.min(now - last, 2 * BEAT);
    last = now;
    if (!pinged) ping();
    pinged = true;
    if (silent > allowed && !told) say(silent);
  }

  return {
    /** Somebody waits for it from now on. */
    watch() {
      if (timer !== undefined) return;
      last = performance.now();
      timer = setInterval(beat, BEAT);
    },
    /** It has spoken. */
    heard() {
      longest = Math.max(longest, silent);
      anew();
    },
    /** Its silence is counted from here on; what there was of it was no piece of work. */
    anew,
    /** A person waits: they are asked again after twice as long. */
    wait() {
      allowed = 2 * silent + SILENCE;
      say(0);
    },
    stop: rest,
  };
}
