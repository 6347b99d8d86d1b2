/**
 * The model in full: its equations, its parameters, and every other knob with its help.
 * @module
 */
import { ROLE, architectureOf, choicesOf } from '../state/shape.js';
import { builtFrom } from './built.js';
import { fill, formula, h, setText } from './dom.js';
import { count, size } from './format.js';
import { knobView } from './knob.js';
import { roundingView } from './rounding.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {Catalog, Configured} from '../../pkg/unrolled.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {PageStore} from '../state/shape.js' */

/** Names of the catalog's groups here; others keep their own names. @type {Record<string, string>} */
const GROUPS = {
  data: 'Data',
  window: 'Window and horizon',
  model: 'Network',
  initialisation: 'Initial weights',
  training: 'Training',
};

/** Knobs shown with the data. @type {string[]} */
const OF_DATA = [ROLE.gaps, ROLE.longestFill];
/** Knobs shown elsewhere. @type {string[]} */
const ELSEWHERE = [ROLE.architecture, ROLE.target, ROLE.inputs, ...OF_DATA];

/** @param {Configured} draft */
function weightsTable({ parameters }) {
  return h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Parameters by tensor' },
    h(
      'table',
      { class: 'table' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Tensor'),
          h('th', { scope: 'col', class: 'num' }, 'Shape'),
          h('th', { scope: 'col', class: 'num' }, 'Parameters'),
        ),
      ),
      h(
        'tbody',
        {},
        ...parameters.rows.map(({ name, shape, count: number }) =>
          h(
            'tr',
            {},
            h('td', { class: 'code' }, name),
            h('td', { class: 'num' }, shape.join(' × ')),
            h('td', { class: 'num' }, count(number)),
          ),
        ),
      ),
    ),
  );
}

/** @param {Configured} configured @returns {string} The weights that its training begins with. */
const beginningOf = ({ settings }) =>
  settings.from_line ? 'The network starts from the linear model of the training part.' : 'The network starts from random weights, not from the linear model.';

/** @param {Configured} configured @returns {string} The rows that its forecast is learnt from. */
const endOf = ({ settings }) =>
  settings.all_rows ? 'In the end it learns from all rows, and forecasts.' : 'It forecasts as it is judged, without having learnt from the test part.';

/**
 * @param {HTMLElement} root @param {PageStore} store @param {ModelActions} act
 * @returns {() => void}
 */
export function modelDetailView(root, store, act) {
  const name = h('h3', {});
  const equations = h('div', { class: 'equations', tabIndex: 0, role: 'region', 'aria-label': 'Equations' });
  const source = h('p', { class: 'muted small' });
  const numbers = h('div', {});
  const groups = h('div', { class: 'groups' });
  const rounding = roundingView(store, act);
  const reset = h(
    'button',
    { type: 'button', class: 'button', onclick: () => void act.replaceSettings({}) },
    'Back to all defaults',
  );
  root.append(
    h(
      'div',
      { class: 'drawer-grid' },
      h('div', { class: 'stack' }, name, equations, source, numbers),
      h('div', { class: 'stack' }, groups, rounding.element, h('p', {}, reset)),
    ),
  );

  /** @param {Catalog} catalog */
  function build(catalog) {
    const others = catalog.knobs.filter(
      ({ basic, key }) => !basic && !ELSEWHERE.includes(key),
    );
    const views = others.map((knob) => ({
      knob,
      view: knobView(knob, 'all', { set: (change) => void act.set(/** @type {Settings} */ (change)) }, { help: true }),
    }));
    const names = [...new Set(others.map(({ group }) => group))];
    const folds = names
      .map((group) => ({ members: views.filter(({ knob }) => knob.group === group), summary: h('summary', {}), group }))
      .map((fold) => ({
        ...fold,
        element: h(
          'details',
          { class: 'fold', open: fold.group === names[0] },
          fold.summary,
          h('div', { class: 'knobs wide' }, ...fold.members.map(({ view }) => view.element)),
        ),
      }));
    fill(groups, ...folds.map(({ element }) => element));
    return [
      store.watch(
        (state) => [state.settings, state.draft, state.settingsProblem],
        () => {
          const state = store.get();
          for (const { view } of views) view.update(state);
          for (const { members, summary, element, group } of folds) {
            const shown = members.filter(({ view }) => !view.element.hidden);
            const changed = shown.filter(({ knob }) => state.settings[knob.key] !== undefined).length;
            element.hidden = !shown.length;
            fill(
              summary,
              GROUPS[group] ?? group,
              h('span', { class: 'muted' }, ` ${shown.length}${changed ? `, ${changed} changed` : ''}`),
            );
            // An error must be visible.
            if (shown.some(({ knob }) => knob.key === state.settingsProblem?.knob)) element.open = true;
          }
        },
      ),
      store.watch(
        (state) => [architectureOf(state), state.draft?.equations],
        (id, inUse) => {
          const architecture = choicesOf(catalog).find((candidate) => candidate.id === id);
          setText(name, architecture?.label ?? '');
          // The equations of the chosen form.
          fill(equations, ...formula(inUse ?? architecture?.equations ?? ''));
          equations.hidden = !equations.textContent?.trim();
          setText(source, architecture?.source ?? '');
        },
      ),
    ];
  }

  const undo = [
    builtFrom(store, build),
    store.watch(
      (state) => [Boolean(state.open.model)],
      (open) => {
        root.hidden = !open;
      },
    ),
    store.watch(
      (state) => [state.draft],
      (draft) => {
        if (!draft) return;
        const { parameters, windows } = draft;
        fill(
          numbers,
          h('p', { class: 'code formula' }, `${parameters.formula} = ${count(parameters.total)}${parameters.total_one_bias === parameters.total ? '' : ` (${count(parameters.total_one_bias)} with one bias vector per layer)`}`),
          weightsTable(draft),
          h(
            'p',
            { class: 'muted small' },
            `Windows: ${count(windows.train)} training, ${count(windows.validation)} validation, ${count(windows.test)} test. ${count(draft.steps_per_epoch)} steps per epoch. About ${size(draft.memory_bytes)} of memory.`,
          ),
          h('p', { class: 'small' }, `${beginningOf(draft)} ${endOf(draft)}`),
          ...draft.notes.map((note) => h('p', { class: 'small' }, note)),
        );
      },
    ),
    store.watch(
      (state) => [state.settingsProblem],
      (problem) => {
        // A knob that appears only here is shown with its error.
        const knob = store.get().catalog?.knobs.find(({ key }) => key === problem?.knob);
        if (knob && !knob.basic) store.set({ open: { ...store.get().open, [OF_DATA.includes(knob.key) ? 'data' : 'model']: true } });
      },
    ),
  ];
  return () => {
    for (const stop of [...undo, rounding.stop]) stop();
  };
}
