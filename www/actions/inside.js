/**
 * “Look inside”: the inner value on show, its window, and the gradient through time during training.
 * @module
 */
import { Gone, Refusal } from '../core/client.js';
import { shownRun } from '../state/shape.js';
import { untilNext } from './pace.js';

/** @import {ModelActions} from './model.js' */
/** @import {RunList} from './run_list.js' */
/** @import {Calls} from '../core/protocol.js' */
/** @import {Sighting, PageStore} from '../state/shape.js' */

/** Number of workers that may die during questions about a run; then a person decides, since the questions may be the cause. */
const MOST_LOST = 2;

/** @param {PageStore} store @param {RunList} list @param {ModelActions} model */
export function insideActions(store, list, model) {
  let asking = false;
  let again = false;
  /** Subject of the last question. */
  let asked = /** @type {unknown[]} */ ([]);
  /** Number of workers that died during questions about the run on show. */
  let lost = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;

  /** @param {Partial<Sighting>} patch */
  const put = (patch) => store.set({ inside: { ...store.get().inside, ...patch } });

  /**
   * The answer of the model's worker; nothing after an error or its death, which is shown.
   * @template {'inside' | 'gradients'} N @param {N} name @param {Calls[N]['in']} payload @returns {Promise<Calls[N]['out'] | undefined>}
   */
  async function attempt(name, payload) {
    try {
      return await model.ask(name, payload);
    } catch (error) {
      if (error instanceof Refusal) put({ problem: error.problem.message, lost: false });
      else if (error instanceof Gone) {
        const given = ++lost >= MOST_LOST;
        put({ problem: `The worker stopped unexpectedly before it answered${given ? '.' : '; the next one is asked.'}`, lost: given });
        asked = [];
        if (!given) setTimeout(ask);
      } else throw error;
    }
  }

  /** Everything that the values on show depend on. */
  function subject() {
    const { inside, predictions } = store.get();
    const run = shownRun(store.get());
    return run ? [run.id, run.forecast, predictions, run.status === 'running' ? '' : run.status, inside.window, inside.chosen] : [];
  }

  /** Asks for the values again where their subject has changed; one question at a time. */
  async function values() {
    const now = subject();
    if (!store.get().inside.seen || lost >= MOST_LOST || !now.length || now.every((value, index) => Object.is(value, asked[index]))) return;
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    asked = now;
    const { window, chosen } = store.get().inside;
    const found = await attempt('inside', { window, chosen });
    asking = false;
    if (found && store.get().shownId === now[0]) put({ ...found, problem: '', lost: false });
    if (again) {
      again = false;
      void values();
    }
  }

  /** Reads the gradient, and again after a while during training. */
  async function gradient() {
    clearTimeout(timer);
    const { inside } = store.get();
    const run = shownRun(store.get());
    if (!inside.seen || !run || lost >= MOST_LOST) return;
    const { id } = run;
    const answer = await attempt('gradients', null);
    const after = shownRun(store.get());
    if (!answer || after?.id !== id) return;
    list.changeRun(id, { gradients: answer.gradients });
    if (after.status === 'running') {
      clearTimeout(timer);
      timer = setTimeout(() => void gradient(), untilNext(answer.milliseconds));
    }
  }

  function ask() {
    void values();
    void gradient();
  }

  store.watch(
    (state) => [shownRun(state)?.id, shownRun(state)?.status],
    (id, _) => {
      if (id !== store.get().inside.of) {
        lost = 0;
        put({ of: id ?? 0, probes: null, values: null, problem: '', lost: false });
      }
      void gradient();
    },
  );
  store.watch(
    (state) => [shownRun(state), state.predictions, state.inside.window, state.inside.chosen],
    () => void values(),
  );

  return {
    /** @param {boolean} visible */
    see(visible) {
      if (visible === store.get().inside.seen) return;
      put({ seen: visible });
      ask();
    },
    /** @param {Sighting['lines']} lines Subject of the lines in the gradients' chart. */
    draw(lines) {
      put({ lines });
    },
    /** Repeats the unanswered question. */
    askAgain() {
      lost = 0;
      put({ problem: '', lost: false });
      ask();
    },
    /** @param {string} chosen The value's key from `keyOf`. */
    choose(chosen) {
      lost = 0;
      put({ chosen });
    },
    /** @param {number | null} window A window of the test part, or `null` for the forecast's input. */
    look(window) {
      lost = 0;
      put({ window });
    },
  };
}

/** @typedef {ReturnType<typeof insideActions>} InsideActions */
