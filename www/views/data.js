/**
 * Data, in short: their source, the whole series as a chart, the targets.
 * @module
 */
import { overviewChart } from '../charts/overview.js';
import { SAMPLES } from '../samples/list.js';
import { hasWeights } from '../state/run.js';
import { ROLE, shownRun } from '../state/shape.js';
import { targetOf, targetsOf, written } from '../state/targets.js';
import { fill, h, head, icon, setText, unfolder } from './dom.js';
import { count, momentsOf, percent, span } from './format.js';
import { groundsOf, isTimed, truncatedOf } from './grounds.js';
import { technicalDetails } from './technical.js';

/** @import {DataActions} from '../actions/data.js' */
/** @import {ModelActions} from '../actions/model.js' */
/** @import {Dataset, EarlierData, PageStore, State} from '../state/shape.js' */

/** The value of the chooser's entry for data other than samples. */
const OWN = ' own';
/** The value of the entry for several targets. */
const SEVERAL = ' several';

/** @param {State} state @returns {string} The extent of the series, in a line. */
function extent(state) {
  const { data } = state;
  if (!data) return '';
  const { about } = data;
  const step = about.step.unit === 'rows' ? 'in row order' : `one every ${about.step_label}`;
  return `${count(about.length)} values, ${step}, ${holes(state)}`;
}

/** @param {State} state @returns {string} Its missing values, in a line. */
function holes(state) {
  const { data } = state;
  if (!data) return '';
  const { about, understood } = data;
  const filled = state.draft?.filled;
  const targets = targetsOf(state);
  const missing = understood.columns.reduce((sum, { name, missing }) => sum + (targets.includes(name) ? missing : 0), 0);
  const parts = [
    about.missing_steps
      ? `${span(about, about.missing_steps)} missing in ${count(about.gap_count)} ${about.gap_count === 1 ? 'gap' : 'gaps'}`
      : 'no gaps',
    missing ? `${count(missing)} empty ${missing === 1 ? 'cell' : 'cells'}` : '',
    filled ? `${count(filled)} filled` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

/** @param {EarlierData} earlier @param {Dataset | null} now @returns {string} The name of data to bring back. */
function calledEarlier({ data, runs }, now) {
  const same = now && data.source.name === now.source.name && data.source.kind === now.source.kind;
  return `${data.source.name}${same ? ' as read before' : ''}${runs.some(hasWeights) ? ' and its model' : ''}`;
}

/**
 * @param {HTMLElement} root @param {PageStore} store @param {{data: DataActions, model: ModelActions}} actions
 * @returns {() => void}
 */
export function dataView(root, store, { data: act, model }) {
  const chooser = h('select', {
    id: 'source',
    onchange: () => {
      if (chooser.value !== OWN) void act.openSample(chooser.value);
    },
  });
  const file = h('input', {
    type: 'file',
    id: 'file',
    class: 'hidden',
    accept: '.csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values',
    onchange: () => {
      act.openFirst(file.files ?? [], (chosen) => void act.openBlob(chosen, { kind: 'file', id: '', name: chosen.name }));
      file.value = '';
    },
  });
  const target = h('select', { id: 'target', onchange: () => chooseOne(target.value) });
  const many = h('option', { value: SEVERAL });
  const list = h('div', { class: 'choices' });
  const several = h('fieldset', { class: 'several', hidden: true }, h('legend', { class: 'hidden' }, 'Columns to forecast'), list);
  /** Whether the list is open although a single column is chosen. */
  let opened = false;

  /** @param {string} name */
  function chooseOne(name) {
    opened = name === SEVERAL;
    if (!opened) return void model.set({ [ROLE.target]: written([name]) });
    showTargets();
    list.querySelector('input')?.focus();
  }

  /** Makes the ticked columns the targets, at least one. */
  function chooseTicked() {
    const boxes = [...list.querySelectorAll('input')];
    const names = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    if (!names.length) return showTargets();
    opened = true;
    void model.set({ [ROLE.target]: written(names) });
  }

  function showTargets() {
    const targets = targetsOf(store.get());
    const open = opened || targets.length > 1;
    several.hidden = !open;
    setText(many, targets.length > 1 ? `${targets.length} columns` : 'Several columns …');
    target.value = open ? SEVERAL : targets[0];
    for (const box of list.querySelectorAll('input')) box.checked = targets.includes(box.value);
  }

  const line = h('p', { class: 'extent' });
  const period = h('p', { class: 'muted small' });
  const message = h('div', { class: 'message', role: 'status' });
  const chart = h('div', { class: 'overview', 'aria-hidden': 'true' });
  const details = unfolder({
    label: 'How it was read',
    controls: 'data-detail',
    open: () => Boolean(store.get().open.data),
    toggle: () => store.set({ open: { ...store.get().open, data: !store.get().open.data } }),
  });

  root.append(
    head('data', 'Data', details.button),
    h(
      'div',
      { class: 'row' },
      h('div', { class: 'grow' }, h('label', { class: 'hidden', for: 'source' }, 'Data'), chooser),
      h(
        'div',
        { class: 'filepick' },
        file,
        h('label', { for: 'file', class: 'button' }, icon('M8 11V2.5m0 0L4.5 6M8 2.5L11.5 6M2.5 11v2.5h11V11'), 'Open a CSV'),
      ),
    ),
    chart,
    h('div', {}, line, period),
    h(
      'div',
      { class: 'knob beside' },
      h('label', { class: 'label', for: 'target' }, 'Column to forecast'),
      h('div', { class: 'field' }, target),
    ),
    several,
    message,
  );

  /** @type {ReturnType<typeof overviewChart> | null} */ let overview = null;
  /** @type {unknown[]} */ let drawn = [];

  const undo = [
    store.watch(
      (state) => [state.data, state.reading],
      (data, reading) => {
        const samples = SAMPLES.map(({ id, name }) => h('option', { value: id }, name));
        const own = data && data.source.kind !== 'sample' ? h('option', { value: OWN }, data.source.name) : null;
        fill(chooser, own, ...samples);
        chooser.value = data?.source.kind === 'sample' ? data.source.id : own ? OWN : SAMPLES[0].id;
        root.setAttribute('aria-busy', String(Boolean(reading)));
        if (!data) return;
        const moment = momentsOf(data.about);
        setText(period, `${moment(data.about.start)} to ${moment(data.about.end)}`);
        const { names } = data.parts;
        fill(
          target,
          ...names.map((name) => h('option', { value: name }, name)),
          names.length > 1 ? many : null,
        );
        fill(
          list,
          ...names.map((name) =>
            h('label', { class: 'check' }, h('input', { type: 'checkbox', value: name, onchange: chooseTicked }), name),
          ),
        );
        opened = false;
      },
    ),
    store.watch(
      (state) => [state.data, targetOf(state), state.draft, shownRun(state)?.configured, written(targetsOf(state))],
      (data, name, draft, ..._) => {
        showTargets();
        setText(line, extent(store.get()));
        if (!data) return;
        const timed = isTimed(data);
        if (drawn[0] !== data) {
          overview?.destroy();
          overview = overviewChart(chart, {
            timed,
            grounds: () => groundsOf(store.get(), { short: true }),
            cuts: () => truncatedOf(store.get()),
            range: () => store.get().range,
            onRange: (range) => store.set({ range }),
          });
        }
        if (drawn[0] !== data || drawn[1] !== name) overview?.set(data.times, data.parts.columns[data.parts.names.indexOf(name)]);
        else if (drawn[2] !== draft) overview?.redraw();
        drawn = [data, name, draft];
      },
    ),
    store.watch(
      (state) => [state.range],
      () => overview?.redraw(),
    ),
    store.watch((state) => [state.open.data], details.update),
    store.watch(
      (state) => [state.dataProblem, state.reading, state.data, state.earlierData, state.draft, state.settings[ROLE.gaps]],
      (problem, reading, data, earlier, draft, gaps) => {
        const back = earlier.map((one) =>
          h('button', { type: 'button', class: 'link', onclick: () => act.bringBack(one) }, `Restore ${calledEarlier(one, data)}`),
        );
        message.classList.toggle('bad', Boolean(problem));
        if (reading)
          return fill(message, h('p', {}, `Reading ${reading.name} …${reading.share === null ? '' : ` ${percent(reading.share)}`}`));
        if (problem) {
          return fill(
            message,
            h('p', {}, h('strong', {}, problem.about ?? 'The file'), ' was not opened. ', problem.message),
            technicalDetails(problem.technical),
            h('p', { class: 'muted' }, data ? 'The data opened before are unchanged.' : ''),
          );
        }
        const notes = [...(data?.understood.notes ?? []), ...(data?.about.notes ?? [])];
        const warnings = notes.filter(({ level }) => level === 'warning').length;
        const [question, ...more] = notes.filter(({ level }) => level === 'question');
        const said = [
          more.length ? `${more.length} more ${more.length === 1 ? 'question' : 'questions'}` : '',
          warnings ? `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : '',
        ].filter(Boolean);
        const own =
          data && data.source.kind !== 'sample' ? 'Your data stays in this browser.' : 'Or drop or paste your own data anywhere.';
        const see = h(
          'button',
          { type: 'button', class: 'link', onclick: () => store.set({ open: { ...store.get().open, data: true } }) },
          `${said.join(', ')} about this file`,
        );
        // The offer is short; the reasons, with numbers, are under “How it was read”.
        const toFill = gaps === undefined ? draft?.suggested.gaps : undefined;
        fill(
          message,
          // Questions are asked here at once, and also under “How it was read”.
          question ? h('p', {}, question.message) : null,
          question
            ? h(
                'p',
                { class: 'buttons' },
                ...question.choices.map(({ label, options }) =>
                  h('button', { type: 'button', class: 'button quiet', onclick: () => void act.reread(options) }, label),
                ),
              )
            : null,
          toFill && toFill !== 'leave'
            ? h(
                'p',
                {},
                'Short gaps cost many windows. ',
                h(
                  'button',
                  { type: 'button', class: 'link', onclick: () => void model.set({ [ROLE.gaps]: toFill }) },
                  'Fill short gaps',
                ),
              )
            : null,
          h('p', { class: 'extra' }, said.length ? see : question ? null : own, ...back),
        );
      },
    ),
  ];
  return () => {
    for (const stop of undo) stop();
    overview?.destroy();
  };
}
