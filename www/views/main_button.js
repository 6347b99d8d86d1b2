/**
 * The one obvious button, wherever on the page it stands: it trains, pauses, goes on.
 * @module
 */
import { ROLE, isOver, isStale, shownRun, valueOf } from '../state/shape.js';
import { h, setText } from './dom.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {PageStore, State} from '../state/shape.js' */

/**
 * Milliseconds for which a press is not heard once the button has come to mean something else by itself: it was meant for
 * what stood there before. About as long as a person takes to see a change and to hold back.
 */
const DEAF = 500;

/**
 * What the button says and does now.
 * @param {State} state @param {ModelActions} act
 * @returns {{label: string, act: () => void, off: boolean}}
 */
function meaning(state, act) {
  const { draft, settingsProblem, catalog } = state;
  const run = shownRun(state);
  const off = !draft || Boolean(settingsProblem);
  const start = () => void act.start();
  if (run?.status === 'running') return { label: 'Pause', act: () => void act.pause(), off: false };
  if (!run) return { label: 'Train', act: start, off };
  if (isStale(state)) return { label: 'Train again', act: start, off };
  if (isOver(run) && run.status !== 'failed') {
    const seed = catalog?.knobs.find(({ key }) => key === ROLE.seed);
    if (seed) {
      const next = Number(valueOf(state, seed)) + 1;
      return { label: 'Another seed', act: () => void act.set({ [ROLE.seed]: next }).then(() => act.start()), off };
    }
  }
  return { label: isOver(run) ? 'Train again' : 'Continue', act: start, off };
}

/** @param {State} state @returns {'running' | 'over' | 'open'} Whether the run that is shown trains, has ended, or waits for a person. */
function stageOf(state) {
  const run = shownRun(state);
  if (run?.status === 'running') return 'running';
  return run && isOver(run) ? 'over' : 'open';
}

/**
 * @param {PageStore} store @param {ModelActions} act
 * @param {{class: string, pressed?: (before: State) => void}} options `pressed` is told the state that a press met.
 * @returns {{element: HTMLButtonElement, stop: () => void}}
 */
export function mainButton(store, act, { class: name, pressed }) {
  /** By the clock of events. */
  let deafUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const element = h('button', {
    type: 'button',
    class: name,
    // An event knows when a person pressed, however long the page took to get to it.
    onclick: (/** @type {MouseEvent} */ event) => {
      if (event.timeStamp < deafUntil) return;
      const before = store.get();
      meaning(before, act).act();
      pressed?.(before);
    },
  });

  // Not `disabled`, which would take the focus away.
  function deafen() {
    deafUntil = performance.now() + DEAF;
    element.setAttribute('aria-disabled', 'true');
    clearTimeout(timer);
    timer = setTimeout(() => element.removeAttribute('aria-disabled'), DEAF);
  }

  let stage = stageOf(store.get());
  const undo = store.watch(
    (state) => [shownRun(state), state.draft, state.settings, state.settingsProblem, state.reproducible, state.catalog],
    () => {
      const state = store.get();
      const { label, off } = meaning(state, act);
      const now = stageOf(state);
      // A pause is a person's; an end comes by itself, and so does a run that has ended elsewhere and is shown.
      if (element.textContent !== label && now !== stage && (now === 'over' || (stage === 'running' && !shownRun(state)))) deafen();
      stage = now;
      setText(element, label);
      element.disabled = off;
    },
  );
  return {
    element,
    stop() {
      clearTimeout(timer);
      undo();
    },
  };
}
