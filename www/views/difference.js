/**
 * The differences between the settings of two chosen runs.
 * @module
 */
import { differences, leaderboards, namesOf } from '../state/ranking.js';
import { fill, h, setText } from './dom.js';

/** @import {PageStore, State} from '../state/shape.js' */

/** @param {State} state @returns {number[]} The runs, the best first. */
function byError({ runs, catalog }) {
  if (!catalog) return [];
  return leaderboards(runs, catalog).flatMap(({ lines }) => lines.flatMap(({ entry }) => (entry ? [entry.id] : [])));
}

/** @param {PageStore} store */
export function differenceView(store) {
  /** The picked runs. @type {(number | null)[]} */
  const picked = [null, null];
  const picks = [0, 1].map((place) =>
    h('select', {
      'aria-label': place ? 'Second run' : 'First run',
      onchange: () => {
        picked[place] = Number(picks[place].value);
        update();
      },
    }),
  );
  const table = h('table', { class: 'table' });
  const none = h('p', { class: 'muted small' });
  const element = h(
    'div',
    { class: 'stack difference' },
    h('h3', {}, 'Differences between two runs'),
    h('div', { class: 'row' }, picks[0], picks[1]),
    none,
    h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Settings that differ' }, table),
  );

  function update() {
    const state = store.get();
    const { runs, catalog } = state;
    element.hidden = runs.length < 2;
    if (!catalog || runs.length < 2) return;
    const names = namesOf(runs, catalog);
    const usual = byError(state);
    const ids = picked.map((id) => runs.find((entry) => entry.id === id)?.id ?? null);
    const one = ids[0] ?? usual.find((id) => id !== ids[1]) ?? usual[0];
    const other = ids[1] ?? usual.find((id) => id !== one) ?? usual[1];
    const chosen = [one, other];
    picks.forEach((pick, place) => {
      // An open list stays as it is.
      if (document.activeElement !== pick || pick.options.length !== runs.length) {
        fill(pick, ...runs.map(({ id }) => h('option', { value: String(id) }, names.get(id) ?? '')));
      }
      pick.value = String(chosen[place]);
    });
    const entries = chosen.map((id) => runs.find((entry) => entry.id === id));
    const rows = entries[0] && entries[1] ? differences(entries[0], entries[1], catalog) : [];
    setText(none, rows.length ? '' : one === other ? 'Both are the same run.' : 'No difference: both have the same settings.');
    none.hidden = rows.length > 0;
    table.hidden = !rows.length;
    fill(
      table,
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Setting'),
          ...chosen.map((id) => h('th', { scope: 'col' }, names.get(id) ?? '')),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows.map(({ key, label, one: left, other: right }) =>
          h('tr', { 'data-knob': key }, h('th', { scope: 'row' }, label), h('td', {}, left), h('td', {}, right)),
        ),
      ),
    );
  }

  // The lists change with the runs and their order, not with each step of training.
  const stop = store.watch((state) => [state.catalog, key(state)], update);
  return { element, stop };
}

/** @param {State} state @returns {string} */
const key = ({ runs }) => runs.map(({ id, run }) => `${id} ${run ? 1 : 0} ${run?.test ? 1 : 0}`).join();
