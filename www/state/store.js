/**
 * The store of the page's state. A view reads a slice of it and is called again when that slice changes.
 * @module
 */

/**
 * @template S
 * @typedef {object} Store
 * @property {() => S} get
 * @property {(patch: Partial<S>) => void} set
 * @property {<T extends readonly unknown[]>(pick: (state: S) => readonly [...T], view: (...slice: NoInfer<T>) => void) => () => void} watch
 *   Calls `view` now and whenever one of the picked values changes; returns a function that ends this.
 */

/**
 * @template {object} S
 * @param {S} initial
 * @returns {Store<S>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {Set<() => void>} */
  const watchers = new Set();
  let telling = false;
  let again = false;

  function tell() {
    // A view may set state; the others are then called again with the newest state, rather than in the middle.
    if (telling) {
      again = true;
      return;
    }
    telling = true;
    try {
      do {
        again = false;
        for (const watcher of [...watchers]) watcher();
      } while (again);
    } finally {
      telling = false;
    }
  }

  return {
    get: () => state,
    set(patch) {
      state = { ...state, ...patch };
      tell();
    },
    watch(pick, view) {
      let seen = pick(state);
      const watcher = () => {
        const now = pick(state);
        if (now.every((value, index) => Object.is(value, seen[index]))) return;
        seen = now;
        view(...now);
      };
      watchers.add(watcher);
      view(...seen);
      return () => watchers.delete(watcher);
    },
  };
}
