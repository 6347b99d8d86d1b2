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
  return `Training on ${run.workers} workers: they share every step’s batch, and the numbers are those that one alone would give.`;
}

/** @param {PageStore} store @param {ModelActions} act */
export function workersView(store, act) {
  const said = h('p', { class: 'small muted workers' });
  const most = Math.max(2, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 1));
  const choice = h(
    'select',
    { id: 'workers', class: 'select', onchange: () => act.setWorkers(Number(choice.value)) },
    h('option', { value: '0' }, 'as many as are fastest'),
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
      h('p', {}, h('label', { for: 'workers' }, 'Workers that train '), choice),
      h(
        'p',
        { class: 'muted small' },
        'Only a large model’s batch has parts to share. Left to itself, the page times some steps with one worker and with more, and keeps what is faster. The choice holds from the next model on, and changes the speed alone.',
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
