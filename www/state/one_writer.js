/**
 * One tab at a time writes records: the holder of a browser lock. The others wait for it, and one of them gets it when that tab is
 * closed or leaves the writing; a person can make any of them take over.
 * @module
 */

const LOCK = 'unrolled-writer';
/** Milliseconds without an answer after which the browser counts as one without locks. */
const PATIENCE = 3000;

/**
 * `asking`: not known yet. `writer`: this tab writes. `looking`: another one did when this one was opened. `lost`: another one has
 * taken over. `alone`: the browser has no locks, so tabs write independently.
 * @typedef {'asking' | 'writer' | 'looking' | 'lost' | 'alone'} Role
 */

/** @param {(role: Role) => void} tell Called at every change. */
export function seekLock(tell) {
  /** @type {AbortController | null} */ let queued = null;
  let answered = false;
  /** Whether this tab wants to write. */
  let wanted = true;
  /** Gives the lock back. */
  let release = () => {};
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
        if (!lock || !wanted) return;
        held = true;
        // The queued request is no longer needed.
        if (queued?.signal !== options.signal) queued?.abort();
        queued = null;
        answer('writer');
        return /** @type {Promise<void>} */ (new Promise((resolve) => (release = resolve)));
      });
      if (!wanted || held) return;
      answer('looking');
      wait();
    } catch (error) {
      if (!wanted) return;
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

  function seek() {
    wanted = true;
    answered = false;
    if (!navigator.locks) return answer('alone');
    void ask({ ifAvailable: true });
    setTimeout(() => answered || !wanted || tell('alone'), PATIENCE);
  }

  seek();
  return {
    seek,
    // Stolen from the tab that holds it, since one in the background may be frozen.
    takeOver: () => void ask({ steal: true }),
    /** Leaves the writing to the other tabs, until `seek`. */
    leave() {
      wanted = false;
      queued?.abort();
      queued = null;
      release();
      answer('asking');
    },
  };
}
