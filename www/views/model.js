/**
 * The model, in short: presets, the architecture in a line, the knobs that are turned most, how many parameters that gives.
 * @module
 */
import { ROLE, architectureOf, choicesOf, defaultOf } from '../state/shape.js';
import { builtFrom } from './built.js';
import { fill, h, head, setText, unfolder } from './dom.js';
import { count } from './format.js';
import { explanation, knobView, segments } from './knob.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {Catalog, Knob, Preset} from '../../pkg/unrolled.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {PageStore, State} from '../state/shape.js' */

/** The entry for settings without a preset. */
const OWN = ' own';
const HINT = 'Point at a setting to read its help.';

/** @param {Pick<State, 'settings' | 'catalog'>} state @param {Preset} preset @returns {boolean} Whether the settings are those of the preset. */
function isPreset({ settings, catalog }, preset) {
  const knobs = catalog?.knobs ?? [];
  const value = (/** @type {Settings} */ chosen, /** @type {Knob} */ knob) => String(chosen[knob.key] ?? defaultOf(catalog, chosen, knob));
  return knobs.every(
    (knob) => knob.group === 'data' || knob.key === ROLE.seed || value(settings, knob) === value(preset.settings, knob),
  );
}

/** @param {State} state @returns {Settings} The settings that a preset leaves unchanged. */
function untouched({ settings, catalog }) {
  return Object.fromEntries(
    (catalog?.knobs ?? [])
      .filter(({ key, group }) => key in settings && (group === 'data' || key === ROLE.seed))
      .map(({ key }) => [key, settings[key]]),
  );
}

/**
 * @param {HTMLElement} root @param {PageStore} store @param {ModelActions} act
 * @returns {() => void}
 */
export function modelView(root, store, act) {
  const summary = h('p', { class: 'summary' });
  const body = h('div', { class: 'station-body' });
  const weights = h('p', { class: 'weights' });
  const undoLine = h('p', { class: 'undo small' });
  const help = h('p', { class: 'helpline small muted', 'aria-hidden': 'true' }, HINT);
  const details = unfolder({
    label: 'All settings, equations',
    controls: 'model-detail',
    open: () => Boolean(store.get().open.model),
    toggle: () => store.set({ open: { ...store.get().open, model: !store.get().open.model } }),
  });
  root.append(head('model', 'Model', details.button), body);


  /** @param {Catalog} catalog */
  function build(catalog) {
    const usual = { id: '', label: 'Defaults', help: 'All settings at their defaults.', settings: {} };
    const named = catalog.presets.some((preset) => isPreset({ settings: {}, catalog }, preset));
    const starts = named ? catalog.presets : [usual, ...catalog.presets];
    const own = h('option', { value: OWN }, 'Your own settings');
    const presets = h(
      'select',
      {
        id: 'preset',
        onchange: () => {
          const preset = starts.find(({ id }) => id === presets.value);
          if (preset) void act.replaceSettings({ ...untouched(store.get()), ...preset.settings });
        },
      },
      ...starts.map(({ id, label, help: title }) => h('option', { value: id, title }, label)),
      own,
    );
    const tellPreset = () => setText(help, starts.find(({ id }) => id === presets.value)?.help ?? HINT);
    const architectures = segments({
      name: 'architecture',
      label: 'architecture-label',
      options: choicesOf(catalog).map(({ id, label, summary: text }) => ({ value: id, label, help: text })),
      choose: (id) => void act.set({ [ROLE.architecture]: id }),
    });
    const knobs = catalog.knobs
      .filter(({ basic, key }) => basic && key !== ROLE.architecture && key !== ROLE.target && key !== ROLE.inputs)
      .map((knob) =>
        knobView(
          knob,
          'basic',
          {
            set: (change) => void act.set(/** @type {Settings} */ (change)),
            onHelp: (at) => setText(help, at ? explanation(at) : HINT),
          },
          { help: false },
        ),
      );
    fill(
      body,
      h(
        'div',
        { class: 'choice beside', onfocusin: tellPreset, onpointerenter: tellPreset, onpointerleave: () => setText(help, HINT) },
        h('label', { class: 'label', for: 'preset' }, 'Start from'),
        presets,
      ),
      h(
        'div',
        { class: 'choice beside' },
        h('span', { class: 'label', id: 'architecture-label' }, 'Architecture'),
        architectures.element,
      ),
      summary,
      h('div', { class: 'knobs' }, ...knobs.map(({ element }) => element)),
      help,
      h('div', { class: 'weights-line' }, weights, undoLine),
    );
    return [
      store.watch(
        (state) => [state.settings, state.draft, state.settingsProblem],
        () => {
          const state = store.get();
          architectures.show(architectureOf(state));
          const start = starts.find((preset) => isPreset(state, preset));
          own.hidden = Boolean(start);
          presets.value = start ? start.id : OWN;
          setText(summary, choicesOf(catalog).find(({ id }) => id === architectureOf(state))?.summary ?? '');
          for (const { update } of knobs) update(state);
        },
      ),
    ];
  }

  const undo = [
    builtFrom(store, build),
    store.watch((state) => [state.open.model], details.update),
    store.watch(
      (state) => [state.draft, state.settingsProblem],
      (draft, problem) => {
        weights.classList.toggle('bad', Boolean(problem));
        if (problem) return setText(weights, problem.message);
        if (!draft) return setText(weights, '');
        const { total } = draft.parameters;
        fill(weights, h('strong', {}, count(total)), ' parameters');
      },
    ),
    store.watch(
      (state) => [state.earlierSettings],
      (earlier) =>
        fill(
          undoLine,
          earlier
            ? h(
                'button',
                { type: 'button', class: 'link', onclick: () => void act.bringBackSettings() },
                'Restore the earlier settings',
              )
            : null,
        ),
    ),
  ];
  return () => {
    for (const stop of undo) stop();
  };
}
