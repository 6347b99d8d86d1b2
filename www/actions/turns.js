/**
 * One after another: what people ask for waits for what they asked for before.
 * @module
 */

/** Milliseconds without an answer after which what was asked for is said to wait. */
const SOON = 1500;

/**
 * A queue. What goes through it begins when all that was asked for before is done, from the state that that has left: a
 * button that is pressed twice finds at its second turn that there is nothing left to do. A failure is its caller's alone.
 * What waits for a worker is settled by its answer or its end (core/client.js), so no turn lasts for ever.
 * @param {(names: string[]) => void} [waiting] Told what has been asked for by name while nothing comes of it, so that no press is
 *   met with silence.
 */
export function turns(waiting = () => {}) {
  /** Settled when what was asked for last is done. */
  let turn = Promise.resolve();
  /** What was asked for by name and is not done, in its order. @type {string[]} */
  let open = [];
  let told = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;

  function tell() {
    told = open.length > 0;
    waiting([...new Set(open)]);
  }

  /** Something has come of it: what is still to be done is spoken of after as long again. */
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

  /** @template {unknown[]} A @template T @param {(...args: A) => Promise<T>} act @param {string} [name] As a person asks for it. @returns {(...args: A) => Promise<T>} */
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
