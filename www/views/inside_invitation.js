/**
 * A preview of “Look inside” before any training, with a button that starts one.
 * @module
 */
import { shownRun } from '../state/shape.js';
import { h } from './dom.js';
import { mainButton } from './main_button.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {PageStore, State} from '../state/shape.js' */

/** @param {State} state @returns {boolean} Whether there is or was a training to look into. */
export const hasBegun = (state) => Boolean(shownRun(state)) || state.comparing !== 'none' || state.runs.some(({ run }) => run?.gradients);

/** @param {PageStore} store @param {ModelActions} model */
export function invitation(store, model) {
  const train = mainButton(store, model, { class: 'button' });
  const element = h(
    'div',
    { class: 'inside-invitation' },
    h(
      'div',
      { class: 'inside-grid' },
      h(
        'div',
        {},
        h('h3', {}, 'What it holds'),
        h('p', {}, 'Whatever the network keeps inside, its states, its gates, where it looks, drawn for every step of a window of your data: what it remembers, what it lets go, and when.'),
      ),
      h(
        'div',
        {},
        h('h3', {}, 'The gradient through time'),
        h('p', {}, 'How much of the error reaches each earlier step while it trains: whether the first steps of a window can be learnt from at all.'),
      ),
    ),
    h('p', { class: 'buttons' }, train.element, h('span', { class: 'muted' }, 'Both are drawn here as soon as a model trains, and change as it learns.')),
  );
  const stop = store.watch(
    (state) => [hasBegun(state)],
    (begun) => {
      element.hidden = begun;
    },
  );
  return {
    element,
    stop() {
      stop();
      train.stop();
    },
  };
}
