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
        h('h3', {}, 'Inner values'),
        h('p', {}, 'States, gates and attention at every step of a window of your data: they show what the network remembers and forgets, and when.'),
      ),
      h(
        'div',
        {},
        h('h3', {}, 'The gradient through time'),
        h('p', {}, 'How much of the loss’s gradient reaches each step of the window during training. Where it vanishes, nothing is learnt.'),
      ),
    ),
    h('p', { class: 'buttons' }, train.element, h('span', { class: 'muted' }, 'Both appear here during training and change with it.')),
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
