/**
 * A queue of actions: each waits for the earlier ones.
 * @module
 */

/** Milliseconds without an answer after which the page says that an action waits. */
const SOON = 1500;

/**
 * A queue. An action begins after all earlier ones, from the state that they left: the second press of a button finds nothing left
 * to do. Only its caller sees its failure. A worker's answer or death settles its calls (core/client.js), so no turn lasts for
 * ever.
 * @param {(names: string[]) => void} [waiting] Gets the names of waiting actions, so that no press is met with silence.
 */
export function turns(waiting = () => {}) {
  /** Settled after the last action. */
  let turn = Promise.resolve();
  /** Names of unfinished actions, in order. @type {string[]} */
  let open = [];
  let told = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;

  function tell() {
    told = open.length > 0;
    waiting([...new Set(open)]);
  }

  /** After progress, the remaining actions are announced after the same delay again. */
  function moved() {
    clearTimeout(timer);
    if (told) {
      told = false;
      waiting([]);
    }
    timer = open.length ? setTimeout(tell, SOON) : undefined;
  }

  /** @param {string} name */
  function begin(name) {
    open.push(name);
    if (told) tell();
    else timer ??= setTimeout(tell, SOON);
  }

  /** @param {string} name */
  function end(name) {
    open.splice(open.indexOf(name), 1);
    moved();
  }

  /** @template {unknown[]} A @template T @param {(...args: A) => Promise<T>} act @param {string} [name] Name on its button. @returns {(...args: A) => Promise<T>} */
  const inTurn =
    (act, name) =>
    (...args) => {
      const done = turn.then(() => act(...args));
      if (name) begin(name);
      const settle = () => {
        if (name) end(name);
      };
      turn = done.then(settle, settle);
      return done;
    };
  return Object.assign(inTurn, { moved });
}

/** @typedef {ReturnType<typeof turns>} InTurn */
