/**
 * One after another: what people ask for waits for what they asked for before.
 * @module
 */

/** Milliseconds after which what was asked for and has not been done is said to wait. */
const SOON = 700;

/**
 * A queue. What goes through it begins when all that was asked for before is done, from the state that that has left: a
 * button that is pressed twice finds at its second turn that there is nothing left to do. A failure is its caller's alone.
 * What waits for a worker is settled by its answer or its end (core/client.js), so no turn lasts for ever.
 * @param {(names: string[]) => void} [waiting] Told what has been asked for by name and is not done soon, so that no press is met
 *   with silence.
 */
export function turns(waiting = () => {}) {
  /** Settled when what was asked for last is done. */
  let turn = Promise.resolve();
  /** @type {string[]} */
  let names = [];

  /** @param {string[]} next */
  function tell(next) {
    names = next;
    waiting(names);
  }

  /** @template {unknown[]} A @template T @param {(...args: A) => Promise<T>} act @param {string} [name] As a person asks for it. @returns {(...args: A) => Promise<T>} */
  const inTurn =
    (act, name) =>
    (...args) => {
      const done = turn.then(() => act(...args));
      const timer = name ? setTimeout(() => tell([...names.filter((other) => other !== name), name]), SOON) : undefined;
      const settle = () => {
        clearTimeout(timer);
        if (name && names.includes(name)) tell(names.filter((other) => other !== name));
      };
      turn = done.then(settle, settle);
      return done;
    };
  return inTurn;
}

/** @typedef {ReturnType<typeof turns>} InTurn */
