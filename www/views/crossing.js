/**
 * The chance of crossing a value: a field for the value, and the answer in words.
 * @module
 */
import { shownRun } from '../state/shape.js';
import { h, setText } from './dom.js';

/** @import {CrossingActions} from '../actions/crossing.js' */
/** @import {PageStore} from '../state/shape.js' */

/** @param {HTMLElement} root @param {PageStore} store @param {CrossingActions} act */
export function crossingView(root, store, act) {
  const value = h('input', {
    id: 'crossing',
    type: 'number',
    step: 'any',
    class: 'short',
    onchange: () => act.cross(Number.isFinite(value.valueAsNumber) ? value.valueAsNumber : null),
  });
  const words = h('p', { class: 'small', id: 'crossing-words', 'aria-live': 'polite' });
  const box = h('div', { class: 'crossing stack' }, h('div', { class: 'cluster inline' }, h('label', { for: 'crossing' }, 'Chance of more than'), value), words);
  root.append(box);
  store.watch(
    (state) => [shownRun(state)?.forecast, state.crossing],
    (forecast, crossing) => {
      box.hidden = !forecast?.lower;
      setText(words, crossing.words);
    },
  );
}
