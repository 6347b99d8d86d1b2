/**
 * The number of workers: the present one, and the choice.
 * @module
 */
import { MOST_WORKERS } from '../core/team.js';
import { shownRun } from '../state/shape.js';
import { fill, h, setText } from './dom.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {PageStore, State} from '../state/shape.js' */

/** @param {State} state @returns {string} The present number, in a sentence; '' for one or none. */
function workersSentence(state) {
  const run = shownRun(state);
  if (run?.status !== 'running' || run.workers < 2) return '';
  return `Training on ${run.workers} workers. They share each batch; one worker would give the same numbers.`;
}

/** @param {PageStore} store @param {ModelActions} act */
export function workersView(store, act) {
  const said = h('p', { class: 'small muted workers' });
  const most = Math.max(2, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 1));
  const choice = h(
    'select',
    { id: 'workers', class: 'select', onchange: () => act.setWorkers(Number(choice.value)) },
    h('option', { value: '0' }, 'automatic'),
    ...Array.from({ length: most }, (_, index) => h('option', { value: String(index + 1) }, index ? `up to ${index + 1}` : '1')),
  );
  const summary = h('summary', {});
  const element = h(
    'details',
    { class: 'fold' },
    summary,
    h(
      'div',
      { class: 'stack' },
      h('p', {}, h('label', { for: 'workers' }, 'Training workers '), choice),
      h(
        'p',
        { class: 'muted small' },
        'Workers share the batches of large models only. “Automatic” times some steps with one worker and with more, and uses the fastest number. The choice applies from the next model on and changes only the speed.',
      ),
    ),
  );
  const stop = store.watch(
    (state) => [shownRun(state)?.status, shownRun(state)?.workers, state.workers],
    () => {
      const state = store.get();
      setText(said, workersSentence(state));
      said.hidden = !said.textContent;
      choice.value = String(state.workers);
      fill(summary, 'Workers', h('span', { class: 'muted' }, ` ${choice.selectedOptions[0]?.textContent ?? ''}`));
    },
  );
  return { said, element, stop };
}
