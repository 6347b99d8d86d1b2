/**
 * Data in detail: the rows of the file, their interpretation, and a correction for each part of it. Everything from the file is
 * text and stays text.
 * @module
 */
import { SAMPLES } from '../samples/list.js';
import { ROLE } from '../state/shape.js';
import { listed, targetsOf, written } from '../state/targets.js';
import { builtFrom } from './built.js';
import { fill, h } from './dom.js';
import { count, momentsOf, size, valuesOf } from './format.js';
import { knobView } from './knob.js';

/** @import {DataActions} from '../actions/data.js' */
/** @import {ModelActions} from '../actions/model.js' */
/** @import {ColumnUnderstood, Note, ReadOptions, SeriesOptions} from '../../pkg/unrolled.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {Dataset, PageStore, State} from '../state/shape.js' */

/** The value of the entry that leaves a question to the core. */
const FOUND = '';
/** The value of the entry for all series of a file together. */
const ALL = 'all';

/** @type {Record<string, string>} */
const ENCODINGS = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16, little-endian',
  'utf-16be': 'UTF-16, big-endian',
  'windows-1252': 'Windows-1252 (Latin 1)',
};
/** @type {Record<string, string>} */
const DELIMITERS = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar', ' ': 'space' };
/** @type {Record<string, string>} */
const DECIMALS = { '.': 'point', ',': 'comma' };
/** @type {Record<string, string>} */
const HEADERS = { true: 'first row', false: 'none' };
/** @type {Record<string, string>} */
const ORDERS = { ymd: 'year, month, day', dmy: 'day, month, year', mdy: 'month, day, year' };
/** @type {Record<string, string>} */
const DUPLICATES = { mean: 'use their mean', first: 'use the first', last: 'use the last' };

/**
 * A labelled chooser; its first entry is the automatic choice.
 * @param {string} id @param {string} label @param {Record<string, string>} options @param {string | undefined} chosen @param {string | null} found
 * @param {(value: string | undefined) => void} choose
 */
function chooser(id, label, options, chosen, found, choose) {
  const select = h(
    'select',
    { id, onchange: () => choose(select.value === FOUND ? undefined : select.value) },
    found === null ? null : h('option', { value: FOUND }, `${options[found] ?? (found || 'none')} (found)`),
    ...Object.entries(options).map(([value, text]) => h('option', { value }, text)),
  );
  select.value = chosen ?? (found === null ? Object.keys(options)[0] : FOUND);
  return h('div', { class: 'knob' }, h('label', { class: 'label', for: id }, label), h('div', { class: 'field' }, select));
}

/** @param {string} id @param {string} label @param {string} value @param {string} placeholder @param {(value: string) => void} choose */
function entry(id, label, value, placeholder, choose) {
  const input = h('input', {
    type: 'text',
    id,
    value,
    placeholder,
    autocomplete: 'off',
    spellcheck: false,
    onchange: () => choose(input.value.trim()),
  });
  return h('div', { class: 'knob' }, h('label', { class: 'label', for: id }, label), h('div', { class: 'field' }, input));
}

/** @param {Note} note @param {(options: ReadOptions) => void} choose */
function noteItem({ level, message, rows, choices }, choose) {
  const where = rows.length
    ? ` (${rows.length === 1 ? 'line' : 'lines'} ${rows.slice(0, 6).map(count).join(', ')}${rows.length > 6 ? ' …' : ''})`
    : '';
  const name = { info: 'Note', warning: 'Warning', question: 'Question' }[level];
  return h(
    'li',
    { class: `note-item note-${level}` },
    h('span', { class: 'note-level' }, name),
    h(
      'div',
      {},
      h('p', {}, message, h('span', { class: 'muted' }, where)),
      choices.length
        ? h(
            'p',
            { class: 'buttons' },
            ...choices.map(({ label, options }) =>
              h('button', { type: 'button', class: 'button quiet', onclick: () => choose(options) }, label),
            ),
          )
        : null,
    ),
  );
}

/** @param {Dataset} data */
function rawRows({ preview, understood }) {
  return h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'The first rows of the file' },
    h(
      'table',
      { class: 'table raw' },
      h('caption', { class: 'hidden' }, 'The first rows of the file, unchanged'),
      h('thead', {}, h('tr', {}, ...understood.columns.map(({ name }) => h('th', { scope: 'col' }, name)))),
      h(
        'tbody',
        {},
        ...preview.map((row) => h('tr', {}, ...understood.columns.map((_, index) => h('td', {}, row[index] ?? '')))),
      ),
    ),
  );
}

/** @param {Dataset | null} data @returns {boolean} Whether there are missing values to fill. */
const anyMissing = (data) =>
  Boolean(data && (data.about.missing_steps || data.understood.columns.some(({ missing }) => missing)));

/**
 * @param {HTMLElement} root @param {PageStore} store @param {{data: DataActions, model: ModelActions}} actions
 * @returns {() => void}
 */
export function dataDetailView(root, store, { data: act, model }) {
  const rows = h('div', {});
  const reading = h('div', { class: 'knobs wide' });
  const filling = h('div', { class: 'knobs wide' });
  const notes = h('ul', { class: 'notes' });
  const columns = h('div', {});
  root.append(
    h(
      'div',
      { class: 'drawer-grid' },
      h('div', { class: 'stack' }, h('h3', {}, 'The first rows'), rows, h('h3', {}, 'Columns'), columns),
      h('div', { class: 'stack' }, h('h3', {}, 'How it was read'), reading, filling, notes),
    ),
  );

  /** @param {Dataset} data */
  function readControls({ understood, read, series, about }) {
    const { time } = understood;
    const names = understood.columns.map(({ name }) => name);
    const change = (/** @type {keyof ReadOptions} */ key) => (/** @type {string | undefined} */ value) =>
      void act.reread({ [key]: value });
    const { series: several } = understood;
    const seriesOptions = several && {
      ...Object.fromEntries(several.labels.map(({ label, rows }, index) => [String(index), `${label} (${count(rows)} rows)`])),
      [ALL]: 'the mean of all',
    };
    const chosenSeries =
      read.series === undefined ? undefined : read.series.length ? String(several?.chosen ?? FOUND) : ALL;
    const timeOptions = Object.fromEntries([[' none', 'none: number the rows'], ...names.map((name) => [`=${name}`, name])]);
    const chosenTime =
      read.time_columns === undefined ? undefined : read.time_columns.length ? `=${read.time_columns[0]}` : ' none';
    return [
      chooser('read-encoding', 'Encoding', ENCODINGS, read.encoding, understood.encoding, change('encoding')),
      chooser('read-delimiter', 'Delimiter', DELIMITERS, read.delimiter, understood.delimiter, change('delimiter')),
      chooser('read-decimal', 'Decimal mark', DECIMALS, read.decimal, understood.decimal, change('decimal')),
      chooser(
        'read-header',
        'Column names',
        HEADERS,
        read.header === undefined ? undefined : String(read.header),
        String(understood.header),
        (value) => void act.reread({ header: value === undefined ? undefined : value === 'true' }),
      ),
      chooser(
        'read-time',
        'Time',
        { ...timeOptions, ...(time ? { [time.columns.join(' + ')]: `${time.columns.join(' + ')}, ${time.format}` } : {}) },
        chosenTime,
        time ? time.columns.join(' + ') : ' none',
        (value) =>
          void act.reread({
            time_columns:
              value === undefined ? undefined : value.startsWith('=') ? [value.slice(1)] : value === ' none' ? [] : time?.columns,
          }),
      ),
      several && seriesOptions
        ? chooser('read-series', 'Series', seriesOptions, chosenSeries, '0', (value) =>
            void act.reread({ series: value === undefined ? undefined : value === ALL ? [] : several.labels[Number(value)].picks }),
          )
        : null,
      time && time.date_order
        ? chooser('read-order', 'Date order', ORDERS, read.date_order, time.date_order, change('date_order'))
        : null,
      time
        ? null
        : entry(
            'read-start',
            'First time',
            read.start ?? '',
            'such as 2013-01-01 06:00',
            (value) => void act.reread({ start: value || undefined, step: value ? (read.step ?? '1 hour') : undefined }),
          ),
      time
        ? null
        : entry(
            'read-step',
            'One row every',
            read.step ?? '',
            'such as 1 hour',
            (value) => void act.reread({ step: value || undefined }),
          ),
      entry(
        'read-missing',
        'Read as missing',
        (read.missing ?? understood.columns.map(({ sentinel }) => sentinel).filter((value) => value !== null)).join('; '),
        'such as -9999',
        (value) =>
          void act.reread({
            missing: value
              ? value
                  .split(/[;\s]+/)
                  .map(Number)
                  .filter(Number.isFinite)
              : [],
          }),
      ),
      about.duplicates.conflicting || about.duplicates.exact || series.duplicates
        ? chooser(
            'series-duplicates',
            'Duplicate times',
            DUPLICATES,
            series.duplicates,
            null,
            (value) => void act.regroup({ duplicates: /** @type {SeriesOptions['duplicates']} */ (value) }),
          )
        : null,
    ];
  }

  /** @param {State} state @returns {Set<string>} */
  const inputsOf = (state) => new Set(listed(String(state.settings[ROLE.inputs] ?? ''), state.data?.parts.names ?? []));

  /** @param {Dataset} data @param {ColumnUnderstood} column */
  function columnRow(data, { name, kind, min, mean, max, missing, note, examples }) {
    const state = store.get();
    const usable = data.parts.names.includes(name);
    const isTarget = targetsOf(state).includes(name);
    const box =
      usable && !isTarget
        ? h('input', {
            type: 'checkbox',
            checked: inputsOf(state).has(name),
            'aria-label': `Use ${name} as an input`,
            onchange: () => {
              const chosen = inputsOf(store.get());
              if (box?.checked) chosen.add(name);
              else chosen.delete(name);
              // Targets are always inputs; the list includes them, so that it is complete.
              const targets = targetsOf(store.get());
              const list = data.parts.names.filter((candidate) => chosen.has(candidate) && !targets.includes(candidate));
              void model.set({ [ROLE.inputs]: list.length ? written([...targets, ...list]) : '' });
            },
          })
        : null;
    const numbers = kind === 'number' || kind === 'constant';
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name, note ? h('span', { class: 'note small muted' }, note) : null),
      h('td', {}, kind),
      ...(numbers
        ? [min, mean, max].map((value) => h('td', { class: 'num' }, valuesOf({ min, max })(value)))
        : [h('td', { colSpan: 3, class: 'muted' }, examples.slice(0, 2).join(', '))]),
      h('td', { class: 'num' }, missing ? count(missing) : ''),
      h('td', { class: 'tick' }, isTarget ? 'target' : box),
    );
  }

  const undo = [
    builtFrom(store, (catalog) => {
      const knobs = catalog.knobs.filter(({ key }) => key === ROLE.gaps || key === ROLE.longestFill);
      const views = knobs.map((knob) =>
        knobView(knob, 'data', { set: (change) => void model.set(/** @type {Settings} */ (change)) }, { help: true }),
      );
      fill(filling, ...views.map(({ element }) => element));
      return [
        store.watch(
          (state) => [state.settings, state.draft, state.settingsProblem, state.data],
          () => {
            const state = store.get();
            for (const view of views) view.update(state);
            filling.hidden = !anyMissing(state.data) && state.settings[ROLE.gaps] === undefined;
          },
        ),
      ];
    }),
    store.watch(
      (state) => [Boolean(state.open.data)],
      (open) => {
        root.hidden = !open;
      },
    ),
    store.watch(
      (state) => [state.data, state.open.data],
      (data, open) => {
        if (!data || !open) return;
        const { understood, about } = data;
        const moment = momentsOf(about);
        const sample = SAMPLES.find(({ id }) => data.source.kind === 'sample' && id === data.source.id);
        fill(
          rows,
          rawRows(data),
          h(
            'p',
            { class: 'small muted' },
            `${size(understood.bytes)}, ${count(understood.rows)} rows of ${count(understood.columns.length)} columns${understood.time ? `, ${moment(understood.time.first)} to ${moment(understood.time.last)}` : ''}. ${understood.time?.why ?? ''}`,
          ),
          sample ? h('p', { class: 'small' }, sample.about) : null,
        );
        fill(reading, ...readControls(data));
        const all = [...understood.notes, ...about.notes];
        const rank = { question: 0, warning: 1, info: 2 };
        fill(
          notes,
          ...all
            .sort((one, other) => rank[one.level] - rank[other.level])
            .map((note) => noteItem(note, (options) => void act.reread(options))),
        );
      },
    ),
    store.watch(
      (state) => [state.data, state.open.data, state.draft?.suggested.why, state.settings[ROLE.inputs], written(targetsOf(state))],
      (data, open, why, ..._) => {
        if (!data || !open) return;
        fill(
          columns,
          why ? h('p', { class: 'small muted' }, why) : null,
          h(
            'div',
            { class: 'scroll tall', tabIndex: 0, role: 'region', 'aria-label': 'Columns' },
            h(
              'table',
              { class: 'table' },
              h(
                'thead',
                {},
                h(
                  'tr',
                  {},
                  h('th', { scope: 'col' }, 'Name'),
                  h('th', { scope: 'col' }, 'Kind'),
                  ...['Lowest', 'Mean', 'Highest', 'Missing'].map((label) => h('th', { scope: 'col', class: 'num' }, label)),
                  h('th', { scope: 'col' }, 'Input'),
                ),
              ),
              h('tbody', {}, ...data.understood.columns.map((column) => columnRow(data, column))),
            ),
          ),
        );
      },
    ),
  ];
  return () => {
    for (const stop of undo) stop();
  };
}
