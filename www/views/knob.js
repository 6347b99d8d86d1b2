/**
 * One knob of the catalog as a labelled control: its value, unit, bounds and help, a button back to its default, and its error.
 * @module
 */
import { defaultOf, isOfUse } from '../state/shape.js';
import { plain } from './format.js';
import { h, icon, setText } from './dom.js';

/** @import {Knob} from '../../pkg/unrolled.js' */
/** @import {Value} from '../core/protocol.js' */
/** @import {State} from '../state/shape.js' */

/** Milliseconds after the last key until a typed value counts. */
const TYPED = 400;
/** Largest number of options with short names that stand side by side. */
const SIDE_BY_SIDE = 3;
const SIDE_BY_SIDE_LETTERS = 24;

/** @typedef {{set: (change: Record<string, Value | undefined>) => void, onHelp?: (knob: Knob | null) => void}} KnobActions */
/** @typedef {{element: HTMLElement, update: (state: State) => void}} KnobView */

/** @param {Knob} knob @returns {string} Its help, bounds and source in a line. */
export const explanation = (knob) => [knob.help, bounds(knob), knob.source].filter(Boolean).join(' · ');

/** @param {Knob} knob @returns {string} */
function bounds({ kind, unit }) {
  if (kind.type !== 'integer' && kind.type !== 'number') return '';
  return `${plain(kind.min)} to ${plain(kind.max)}${unit ? ` ${unit}` : ''}`;
}

/** @param {State} state @param {Knob} knob @returns {{value: Value, found: boolean}} The value in the control, and whether the core chose it. */
function standing(state, knob) {
  const { key } = knob;
  if (state.settings[key] !== undefined) return { value: state.settings[key], found: false };
  const { draft } = state;
  const usual = defaultOf(state.catalog, state.settings, knob);
  const resolved = draft?.settings[key];
  const value = resolved || /** @type {any} */ (draft)?.[key] || resolved;
  return value === undefined || typeof value === 'object' ? { value: usual, found: false } : { value, found: value !== usual };
}

/** @param {Knob} knob @param {Value} usual Its default. @returns {string} */
const written = ({ kind }, usual) => {
  if (kind.type === 'choice') return kind.options.find(({ value }) => value === usual)?.label ?? String(usual);
  if (kind.type === 'flag') return usual ? 'on' : 'off';
  return typeof usual === 'number' ? plain(usual) : String(usual);
};

/**
 * @param {Knob} knob @param {string} place Its place, for its id. @param {KnobActions} actions
 * @param {{help: boolean}} options `help`: whether the full help stands below.
 * @returns {KnobView}
 */
export function knobView(knob, place, { set, onHelp }, { help }) {
  const id = `${place}-${knob.key}`;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  let pending = false;
  /** The default named by the button. @type {string | null} */ let told = null;

  /** @param {Value} value */
  const choose = (value) => {
    clearTimeout(timer);
    pending = false;
    set({ [knob.key]: value });
  };
  const problem = h('p', { id: `${id}-problem`, class: 'problem small', hidden: true });
  const described = `${id}-help ${id}-problem`;
  const control = makeControl();
  const reset = h(
    'button',
    {
      type: 'button',
      class: 'reset',
      onclick: () => {
        set({ [knob.key]: undefined });
        control.focus();
      },
    },
    icon('M4.5 6.5h5a3.5 3.5 0 0 1 0 7h-3M4.5 6.5l3-3m-3 3l3 3'),
  );
  const unit = h('span', { class: 'unit' });
  const label = control.grouped
    ? h('span', { class: 'label', id: `${id}-label` }, knob.label)
    : h('label', { class: 'label', for: id }, knob.label);
  const explained = explanation(knob);
  const element = h(
    'div',
    {
      class: `knob knob-${knob.kind.type}`,
      onfocusin: () => onHelp?.(knob),
      onpointerenter: () => onHelp?.(knob),
      onpointerleave: () => onHelp?.(null),
    },
    h('div', { class: 'labels' }, label, reset),
    h('div', { class: 'field' }, control.element, help ? unit : null),
    problem,
    h('p', { id: `${id}-help`, class: help ? 'help small' : 'hidden' }, explained),
  );

  /** @returns {{element: HTMLElement, show: (value: Value) => void, invalid: (is: boolean) => void, focus: () => void, grouped: boolean}} */
  function makeControl() {
    const { kind } = knob;
    if (kind.type === 'flag') {
      const box = h('input', {
        type: 'checkbox',
        id,
        class: 'switch',
        'aria-describedby': described,
        onchange: () => choose(box.checked),
      });
      return {
        element: box,
        show: (value) => {
          box.checked = value === true || value === 'true';
        },
        invalid: mark(box),
        focus: () => box.focus(),
        grouped: false,
      };
    }
    if (kind.type === 'choice') {
      const short =
        kind.options.length <= SIDE_BY_SIDE &&
        kind.options.reduce((sum, { label }) => sum + label.length, 0) <= SIDE_BY_SIDE_LETTERS;
      if (short) {
        const radios = segments({ name: id, label: `${id}-label`, described, options: kind.options, choose });
        return { ...radios, invalid: () => {}, grouped: true };
      }
      const select = h(
        'select',
        { id, 'aria-describedby': described, onchange: () => choose(select.value) },
        ...kind.options.map(({ value, label, help: title }) => h('option', { value, title }, label)),
      );
      return {
        element: select,
        show: (value) => {
          select.value = String(value);
        },
        invalid: mark(select),
        focus: () => select.focus(),
        grouped: false,
      };
    }
    const number = kind.type === 'integer' || kind.type === 'number';
    const read = () =>
      number && input.value.trim() !== '' && Number.isFinite(Number(input.value)) ? Number(input.value) : input.value;
    const input = h('input', {
      id,
      type: kind.type === 'integer' ? 'number' : 'text',
      inputMode: number ? 'decimal' : 'text',
      autocomplete: 'off',
      spellcheck: false,
      'aria-describedby': described,
      ...(kind.type === 'integer' ? { min: kind.min, max: kind.max, step: 1 } : {}),
      oninput: () => {
        pending = true;
        clearTimeout(timer);
        timer = setTimeout(() => choose(read()), TYPED);
      },
      onchange: () => choose(read()),
    });
    return {
      element: input,
      show: (value) => {
        if ((!pending && document.activeElement !== input) || (!pending && input.value !== String(value) && read() !== value))
          input.value = String(value);
      },
      invalid: mark(input),
      focus: () => input.focus(),
      grouped: false,
    };
  }

  /** @param {HTMLElement} field */
  function mark(field) {
    return (/** @type {boolean} */ is) => {
      if (is) field.setAttribute('aria-invalid', 'true');
      else field.removeAttribute('aria-invalid');
    };
  }

  return {
    element,
    update(state) {
      element.hidden = !isOfUse(state, knob);
      const { value, found } = standing(state, knob);
      control.show(value);
      setText(unit, found ? `${knob.unit ? `${knob.unit}, ` : ''}found` : knob.unit);
      element.classList.toggle('found', found);
      element.title = found ? 'Found from the data' : '';
      const usual = written(knob, defaultOf(state.catalog, state.settings, knob));
      if (usual !== told) {
        told = usual;
        reset.title = `Back to the default: ${usual}`;
        reset.setAttribute('aria-label', `${knob.label}: back to the default, ${usual}`);
      }
      reset.classList.toggle('away', state.settings[knob.key] === undefined);
      reset.disabled = state.settings[knob.key] === undefined;
      const wrong = state.settingsProblem?.knob === knob.key;
      problem.hidden = !wrong;
      setText(problem, wrong ? (state.settingsProblem?.message ?? '') : '');
      control.invalid(wrong);
    },
  };
}

/**
 * A choice with its options side by side.
 * @param {{name: string, label: string, described?: string, options: {value: string, label: string, help?: string}[], choose: (value: string) => void}} options
 */
export function segments({ name, label, described, options, choose }) {
  const inputs = options.map(({ value }) =>
    h('input', { type: 'radio', name, value, id: `${name}-${value}`, onchange: () => choose(value) }),
  );
  const element = h(
    'div',
    { class: 'segments', role: 'radiogroup', 'aria-labelledby': label, ...(described ? { 'aria-describedby': described } : {}) },
    ...options.map(({ value, label: text, help: title }, index) =>
      h('span', { class: 'segment' }, inputs[index], h('label', { for: `${name}-${value}`, title: title || undefined }, text)),
    ),
  );
  return {
    element,
    show: (/** @type {Value} */ value) => {
      for (const input of inputs) input.checked = input.value === String(value);
    },
    focus: () => (inputs.find(({ checked }) => checked) ?? inputs[0])?.focus(),
  };
}
