/**
 * One tab at a time writes what is kept: the one that holds a lock of the browser. The others wait for it, and one of them has it
 * when that tab is closed; a person can have any of them take it over.
 * @module
 */

const LOCK = 'unrolled-writer';
/** Milliseconds until a browser that does not answer is taken for one without locks. */
const PATIENCE = 3000;

/**
 * `asking`: it is not known yet. `writer`: this tab writes. `looking`: another did when this one was opened. `lost`: another has taken
 * it over. `alone`: the browser has no locks; tabs then write beside each other.
 * @typedef {'asking' | 'writer' | 'looking' | 'lost' | 'alone'} Role
 */

/** @param {(role: Role) => void} tell Called at every change. @returns {{takeOver: () => void}} */
export function seekLock(tell) {
  /** @type {AbortController | null} */ let queued = null;
  let answered = false;
  /** @param {Role} role */
  function answer(role) {
    answered = true;
    tell(role);
  }

  /** @param {LockOptions} options */
  async function ask(options) {
    let held = false;
    try {
      await navigator.locks.request(LOCK, options, (lock) => {
        if (!lock) return false;
        held = true;
        // Its own place in the queue is of no use any more.
        if (queued?.signal !== options.signal) queued?.abort();
        queued = null;
        answer('writer');
        return new Promise(() => {});
      });
      answer('looking');
      wait();
    } catch (error) {
      if (held) {
        answer('lost');
        wait();
      } else if (!options.signal?.aborted) answer('alone');
    }
  }

  function wait() {
    queued = new AbortController();
    void ask({ signal: queued.signal });
  }

  if (navigator.locks) {
    void ask({ ifAvailable: true });
    setTimeout(() => answered || tell('alone'), PATIENCE);
  } else answer('alone');
  return {
    // Not asked of the tab that holds it: one in the background may be frozen.
    takeOver: () => void ask({ steal: true }),
  };
}
