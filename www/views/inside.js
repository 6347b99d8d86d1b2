/**
 * Look inside: any inner value that the model names, as a map of colours and as lines, and the gradient through time. The model
 * lists its values.
 * @module
 */
import { heatChart } from '../charts/heat.js';
import { tracesChart } from '../charts/traces.js';
import { keyOf } from '../core/probe.js';
import { shownRun } from '../state/shape.js';
import { fill, h, head, setText } from './dom.js';
import { count, figure, momentsOf } from './format.js';
import { isTimed } from './grounds.js';
import { gradientsView } from './inside_gradients.js';
import { hasBegun, invitation } from './inside_invitation.js';
import { swatch } from './leaderboard.js';

/** @import {Probe} from '../../pkg/unrolled.js' */
/** @import {InsideActions} from '../actions/inside.js' */
/** @import {ModelActions} from '../actions/model.js' */
/** @import {PageStore, Sighting} from '../state/shape.js' */

/** Number of units drawn as lines by default, and largest number. */
const FIRST_LINES = 3;
const MOST_LINES = 8;
/** Largest number of cells of a table: more cannot be read. */
const MOST_ROWS = 400;

/** @typedef {{about: Probe, values: Float32Array, times: Float64Array, x: number[], y: number[], shown: [number, number]}} Shown */

/**
 * Places of columns and rows.
 * @param {Sighting} inside @returns {Shown | null}
 */
function laidOut({ probes, index, values }) {
  const about = probes?.probes[index];
  if (!probes || !about || !values || values.length !== about.rows * about.columns) return null;
  const { times, past } = probes;
  const step = times.length > 1 ? (times[times.length - 1] - times[0]) / (times.length - 1) : 1;
  /** Border of a step, placed so that the step lies in the middle. @param {number} at */
  const border = (at) => (at < times.length ? times[at] : times[times.length - 1] + step * (at - times.length + 1)) - step / 2;
  /** @param {number} many @param {number} first @param {number} stride */
  const inTime = (many, first, stride) => Array.from({ length: many + 1 }, (_, k) => border(first + k * stride));
  const counted = (/** @type {number} */ many) => Array.from({ length: many + 1 }, (_, k) => k + 0.5);
  const weights = about.kind === 'weights';
  const x = weights ? counted(about.columns) : inTime(about.columns, about.first, about.stride);
  const y = about.kind === 'looks' ? inTime(about.rows, about.first_row, about.row_stride) : counted(about.rows);
  const end = /** @type {number} */ (x.at(-1));
  return { about, values, times, x, y, shown: weights ? [x[0], end] : [Math.min(x[0], border(0)), Math.max(end, border(past.length))] };
}

/** @param {Shown} shown @returns {[number, number]} The values at the ends of the palette. */
function ends({ about: { bounds, kind, reach } }) {
  // Colour shows how open a gate is; attention, shared among many steps, needs a palette that fits it.
  if (bounds === 'unit' && kind === 'units') return [0, 1];
  return [bounds === 'positive' || bounds === 'unit' ? 0 : -reach, reach || 1];
}

/** @param {HTMLElement} root @param {PageStore} store @param {InsideActions} act @param {ModelActions} model @returns {() => void} */
export function insideView(root, store, act, model) {
  const which = h('select', { id: 'inside-which', onchange: () => act.choose(which.value) });
  const over = h(
    'select',
    { id: 'inside-over', onchange: () => act.look(over.value === 'last' ? null : Number(number.value) - 1) },
    h('option', { value: 'last' }, 'the window of the forecast'),
    h('option', { value: 'test' }, 'a window of the test part'),
  );
  const number = h('input', {
    id: 'inside-number',
    type: 'number',
    class: 'short',
    min: 1,
    value: '1',
    'aria-label': 'Window number',
    onchange: () => act.look(Math.round(Math.min(Number(number.max) || 1, Math.max(1, Number(number.value) || 1))) - 1),
  });
  const readout = h('p', { class: 'readout', 'aria-live': 'off' });
  const said = h('span', {});
  const askAgain = h('button', { type: 'button', class: 'link', onclick: () => act.askAgain() }, 'Ask again');
  const problem = h('p', { class: 'small', role: 'status' }, said, ' ', askAgain);
  const waiting = h('p', { class: 'muted' });
  const map = h('div', {
    class: 'heat',
    tabIndex: 0,
    role: 'group',
    'aria-roledescription': 'chart',
    'aria-label': 'Inner values',
    'aria-describedby': 'inside-summary inside-keys',
  });
  const summary = h('p', { class: 'hidden', id: 'inside-summary' });
  const scale = h('span', { class: 'heat-scale', 'aria-hidden': 'true' });
  const [low, high] = [h('span', {}), h('span', {})];
  const axes = h('span', { class: 'muted' });
  const keys = h('span', { class: 'muted', id: 'inside-keys' });
  const traces = h('div', { class: 'traces', 'aria-hidden': 'true' });
  const tracesLegend = h('p', { class: 'legend small' });
  const tracesFigure = h('figure', { class: 'figure' }, traces, h('figcaption', {}, tracesLegend));
  const table = h('table', { class: 'table' });
  const tableFold = h(
    'details',
    { class: 'fold small', ontoggle: () => fillTable() },
    h('summary', {}, 'These lines as a table'),
    h('div', { class: 'scroll tall', tabIndex: 0, role: 'region', 'aria-label': 'These lines as a table' }, table),
  );
  const none = h('p', { class: 'muted inside-none' }, 'This model has no states, gates or attention weights to draw over time.');
  const values = h(
    'div',
    { class: 'stack inside-values' },
    h(
      'div',
      { class: 'toolbar above' },
      h('div', { class: 'cluster inline' }, h('label', { for: 'inside-which' }, 'Show'), which),
      h('div', { class: 'cluster inline' }, h('label', { for: 'inside-over' }, 'over'), over, number),
    ),
    h(
      'figure',
      { class: 'figure' },
      map,
      summary,
      readout,
      h('figcaption', { class: 'legend small' }, h('span', { class: 'heat-legend' }, low, scale, high), axes, keys),
    ),
    tracesFigure,
    tableFold,
  );

  const invite = invitation(store, model);
  const gradients = gradientsView(store, act);
  const grid = h('div', { class: 'inside-grid' }, h('div', {}, none, waiting, problem, values), gradients.element);
  root.append(head('inside', 'Look inside'), invite.element, grid);

  /** @type {ReturnType<typeof heatChart> | null} */ let heat = null;
  /** @type {ReturnType<typeof tracesChart> | null} */ let lines = null;
  /** @type {Shown | null} */ let shown = null;
  /** Units that a person picked, by the inner value. @type {Map<string, number[]>} */
  const picked = new Map();
  let made = '';
  let listed = '';

  const moment = (/** @type {number} */ time) => {
    const { data } = store.get();
    return data ? momentsOf(data.about)(time) : String(time);
  };

  /** @returns {number[]} Rows drawn as lines. */
  function units() {
    if (!shown || shown.about.kind !== 'units') return [];
    const { about } = shown;
    const chosen = picked.get(keyOf(about)) ?? Array.from({ length: FIRST_LINES }, (_, k) => k);
    return chosen.filter((row) => row < about.rows);
  }

  /** @param {number} row */
  function pick(row) {
    if (!shown || shown.about.kind !== 'units' || row < 0) return;
    const now = units();
    const next = now.includes(row) ? now.filter((unit) => unit !== row) : [...now, row].slice(-MOST_LINES);
    picked.set(keyOf(shown.about), next);
    heat?.redraw();
    drawLines();
  }

  /** Times of the first and the last step in one column or row. @param {number} first @param {number} stride @param {number} k */
  function moments(first, stride, k) {
    const times = /** @type {Shown} */ (shown).times;
    const from = moment(times[Math.min(times.length - 1, first + k * stride)]);
    return stride === 1 ? from : `${from} to ${moment(times[Math.min(times.length - 1, first + (k + 1) * stride - 1)])}`;
  }

  /** @param {{row: number, column: number} | null} cell */
  function tell(cell) {
    if (!cell || !shown) return setText(readout, ' ');
    const { about, values: all } = shown;
    const { row, column } = cell;
    const value = row < 0 ? null : all[column * about.rows + row];
    if (about.kind === 'weights') {
      setText(readout, value === null ? ' ' : `from unit ${column + 1} to unit ${row + 1}: ${figure(value, 3)}`);
      return;
    }
    const when = moments(about.first, about.stride, column);
    if (value === null) {
      const some = units().map((one) => `${about.row} ${one + 1}: ${figure(all[column * about.rows + one], 3)}`);
      setText(readout, [when, ...some].join('   ·   '));
    } else if (about.kind === 'looks') {
      setText(readout, `reading step ${when}; attended to ${moments(about.first_row, about.row_stride, row)}: ${figure(value, 3)}`);
    } else setText(readout, `${when}   ·   ${about.row} ${row + 1}: ${figure(value, 3)}`);
  }

  function drawLines() {
    tracesFigure.hidden = tableFold.hidden = shown?.about.kind !== 'units';
    if (!shown || !lines || tracesFigure.hidden) return;
    const { about, values: all, x } = shown;
    const rows = units();
    const middles = x.slice(1).map((to, k) => (to + x[k]) / 2);
    lines.set({
      x: middles,
      shown: shown.shown,
      bounds: about.bounds === 'unit' ? ends(shown) : null,
      lines: rows.map((row) => middles.map((_, column) => all[column * about.rows + row])),
    });
    fill(
      tracesLegend,
      ...rows.map((row, slot) => h('span', { class: 'key-run' }, swatch(slot), `${about.row} ${row + 1}`)),
      h('span', { class: 'muted' }, rows.length ? 'Click a row of the map, or press Enter on it, to draw or remove its line.' : 'Click a row of the map, or press Enter on it, to draw its line.'),
    );
    fillTable();
  }

  /** Updates the table while it is unfolded. */
  function fillTable() {
    if (!tableFold.open || !shown || shown.about.kind !== 'units') return;
    const { about, values: all } = shown;
    const rows = units();
    const each = about.row[0].toUpperCase() + about.row.slice(1);
    fill(
      table,
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Time'), ...rows.map((row) => h('th', { scope: 'col', class: 'num' }, `${each} ${row + 1}`)))),
      h(
        'tbody',
        {},
        ...Array.from({ length: Math.min(MOST_ROWS, about.columns) }, (_, column) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, moments(about.first, about.stride, column)),
            ...rows.map((row) => h('td', { class: 'num' }, figure(all[column * about.rows + row], 3))),
          ),
        ),
      ),
    );
  }

  function drawValues() {
    const { inside, data } = store.get();
    shown = laidOut(inside);
    none.hidden = !inside.probes || inside.probes.probes.length > 0;
    values.hidden = !inside.probes || !inside.probes.probes.length;
    waiting.hidden = Boolean(inside.probes || inside.problem);
    setText(waiting, shownRun(store.get()) ? 'Reading the network …' : 'Choose a run in the table below, after its first epoch, to see its inner values here.');
    setText(said, inside.problem);
    askAgain.hidden = !inside.lost;
    problem.hidden = !inside.problem;
    if (!shown || !data) return;
    const { about } = shown;
    const timed = isTimed(data);
    const kind = `${about.kind}, ${timed}, ${data.about.start}`;
    if (kind !== made) {
      heat?.destroy();
      lines?.destroy();
      made = kind;
      heat = heatChart(map, {
        timed: about.kind === 'weights' ? null : timed,
        rowsTimed: about.kind === 'looks',
        marked: units,
        onCursor: tell,
        onPick: pick,
      });
      lines = tracesChart(traces, { timed });
    }
    const [from, to] = ends(shown);
    heat?.set({ ...shown, rows: about.rows, columns: about.columns, low: from, high: to });
    scale.dataset.from = from < 0 ? 'below' : 'zero';
    setText(low, figure(from, 2));
    setText(high, `${figure(to, 2)}${about.kind === 'looks' ? ' and more' : ''}`);
    const across = { units: `rows: ${about.row}s; columns: time`, looks: 'columns: reading step; rows: step attended to', weights: 'columns: from unit; rows: to unit' };
    setText(axes, across[about.kind]);
    setText(keys, 'Keys: arrows read cells.');
    map.setAttribute('aria-label', `${keyOf(about)}, as a heat map`);
    setText(
      summary,
      `${keyOf(about)}: ${count(about.rows)} rows and ${count(about.columns)} columns, ${across[about.kind]}. The values lie between ${figure(about.least, 3)} and ${figure(about.most, 3)}.`,
    );
    tell(null);
    drawLines();
  }

  map.addEventListener('keydown', (event) => {
    if (!shown || !heat) return;
    const { rows, columns } = shown.about;
    const cell = heat.cell();
    if (event.key === 'Enter' || event.key === ' ') {
      if (cell) pick(cell.row);
      event.preventDefault();
      return;
    }
    const down = shown.about.kind === 'looks' ? -1 : 1;
    const by = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-down, 0], ArrowDown: [down, 0] })[event.key];
    if (!by) return;
    event.preventDefault();
    readout.setAttribute('aria-live', 'polite');
    const within = (/** @type {number} */ value, /** @type {number} */ many) => Math.min(many - 1, Math.max(0, value));
    if (cell && cell.row >= 0) heat.moveTo(within(cell.row + by[0], rows), within(cell.column + by[1], columns));
    else heat.moveTo(0, 0);
  });
  map.addEventListener('blur', () => readout.setAttribute('aria-live', 'off'));

  const undo = [
    invite.stop,
    gradients.stop,
    store.watch(
      (state) => [hasBegun(state), state.inside.probes, state.inside.window],
      (begun, probes, window) => {
        grid.hidden = !begun;
        over.value = window === null ? 'last' : 'test';
        number.hidden = window === null;
        if (!probes) return;
        number.max = String(probes.count);
        if (window !== null) number.value = String(window + 1);
        const now = probes.probes.map(keyOf).join('\n');
        if (now === listed) return;
        listed = now;
        const groups = [...new Set(probes.probes.map(({ group }) => group))];
        fill(
          which,
          ...groups.map((group) =>
            h(
              'optgroup',
              { label: group },
              ...probes.probes
                .filter((probe) => probe.group === group)
                .map((probe) => h('option', { value: keyOf(probe) }, probe.label)),
            ),
          ),
        );
      },
    ),
    store.watch(
      (state) => [state.inside.probes, state.inside.values, state.inside.index, state.inside.problem, state.data, Boolean(shownRun(state))],
      (probes, _values, index, ..._) => {
        const about = probes?.probes[index];
        if (about) which.value = keyOf(about);
        drawValues();
      },
    ),
  ];
  let near = false;
  /** A tab in the background is out of view, wherever the page is scrolled to. */
  const look = () => {
    const visible = near && !document.hidden;
    act.see(visible);
    gradients.see(visible);
  };
  document.addEventListener('visibilitychange', look);
  const eyes = new IntersectionObserver(
    (entries) => {
      near = /** @type {IntersectionObserverEntry} */ (entries.at(-1)).isIntersecting;
      look();
    },
    { rootMargin: '200px' },
  );
  eyes.observe(root);
  return () => {
    for (const stop of undo) stop();
    eyes.disconnect();
    document.removeEventListener('visibilitychange', look);
    heat?.destroy();
    lines?.destroy();
  };
}
