/**
 * One after another: what people ask for waits for what they asked for before.
 * @module
 */

/**
 * A queue. What goes through it begins when all that was asked for before is done, from the state that that has left: a
 * button that is pressed twice finds at its second turn that there is nothing left to do. A failure is its caller's alone.
 */
export function turns() {
  /** Settled when what was asked for last is done. */
  let turn = Promise.resolve();

  /** @template {unknown[]} A @template T @param {(...args: A) => Promise<T>} act @returns {(...args: A) => Promise<T>} */
  const inTurn =
    (act) =>
    (...args) => {
      const done = turn.then(() => act(...args));
      turn = done.then(
        () => {},
        () => {},
      );
      return done;
    };
  return inTurn;
}

/** @typedef {ReturnType<typeof turns>} InTurn */
