/**
 * The switch between fast and reproducible, and the build that computed the present results.
 * @module
 */
import { buildOf, shownRun } from '../state/shape.js';
import { h, setText } from './dom.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {PageStore, State} from '../state/shape.js' */

/** Name of the switch, in all texts. */
export const SAME_NUMBERS = 'Same numbers everywhere';

/** @type {Record<import('../core/wasm.js').Build, string>} */
const NAMES = { plain: 'the plain SIMD build', relaxed: 'the relaxed SIMD build' };

/** @param {State} state @returns {string} The build of the model on show or the next one, and its effect on the numbers. */
export function roundingSentence(state) {
  const build = shownRun(state)?.build || buildOf(state);
  if (!build) return '';
  const what = shownRun(state)?.build ? 'This model was computed by' : 'Models are computed by';
  return build === 'plain'
    ? `${what} ${NAMES.plain}: the same file, settings and seed give the same weights, bit for bit, in every browser.`
    : `${what} ${NAMES.relaxed}, this browser’s fastest: another processor may round the last digit differently.`;
}

/**
 * @param {PageStore} store @param {ModelActions} act
 * @returns {{element: HTMLElement, stop: () => void}}
 */
export function roundingView(store, act) {
  const box = h('input', {
    type: 'checkbox',
    id: 'reproducible',
    class: 'switch',
    'aria-describedby': 'reproducible-help',
    onchange: () => act.setReproducible(box.checked),
  });
  const now = h('p', { class: 'small muted' });
  const element = h(
    'div',
    { class: 'knob knob-flag' },
    h('div', { class: 'labels' }, h('label', { class: 'label', for: 'reproducible' }, SAME_NUMBERS)),
    h('div', { class: 'field' }, box),
    h(
      'p',
      { id: 'reproducible-help', class: 'help small' },
      'A link then reproduces the next model’s weights bit for bit in every browser. Training may be slower.',
    ),
    now,
  );
  const stop = store.watch(
    (state) => [state.reproducible, state.fastest, shownRun(state)?.build],
    (reproducible, ..._) => {
      box.checked = reproducible;
      setText(now, roundingSentence(store.get()));
    },
  );
  return { element, stop };
}
