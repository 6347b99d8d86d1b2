/**
 * The runs and the baselines in one table, by validation error: a row is a run to show, to draw, to remove.
 * @module
 */
import { dashOf, inkOf } from '../charts/run_lines.js';
import { weightsOf } from '../core/weights.js';
import { mostSteps, stepsDone } from '../state/run.js';
import { epochTime, leaderboards, statusOf } from '../state/ranking.js';
import { fill, h, icon, setText } from './dom.js';
import { column, count, duration, figure, size, span } from './format.js';
import { technicalPlace } from './technical.js';

/** @import {RunActions} from '../actions/comparison.js' */
/** @import {Board, Line} from '../state/ranking.js' */
/** @import {Entry, PageStore} from '../state/shape.js' */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {number} slot @returns {SVGSVGElement} A sample of a run's lines. */
export function swatch(slot) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 26 8');
  svg.setAttribute('class', `swatch ${inkOf(slot)}`);
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', 'M1 4h24');
  line.setAttribute('stroke-dasharray', dashOf(slot).join(' '));
  svg.append(line);
  return svg;
}

/** @param {Entry} entry @returns {number | null} Completed share of its training; `null` if it does not train. */
function shareDone({ run, limit }) {
  if (!run || (run.status !== 'running' && run.status !== 'paused')) return null;
  const { step } = run.progress;
  const shares = [stepsDone(run) / mostSteps(run), step / (limit.steps ?? Infinity), run.elapsed / (limit.milliseconds ?? Infinity)];
  return Math.min(1, Math.max(...shares));
}

/** @param {Entry} entry @returns {string} Its status, in a few words. */
function standing(entry) {
  const { run, problem } = entry;
  const status = statusOf(entry);
  if (status === 'waiting') return 'waiting for a worker';
  if (status === 'failed') return (problem ?? run?.problem)?.message ?? 'failed';
  if (!run) return '';
  const { epoch, epochs, best, all_rows: again } = run.progress;
  if (status === 'running' || status === 'paused') return `${status === 'paused' ? 'paused, ' : ''}${again ? 'learns from all rows' : `epoch ${count(epoch)} of ${count(epochs)} at most`}`;
  if (run.unvalidated) return `weights after step ${count(run.unvalidated.step)}, not validated`;
  return best ? weightsOf(best, count) : 'ended inside its first epoch';
}

/** @param {number | null} milliseconds */
const seconds = (milliseconds) => (milliseconds === null ? '–' : `${figure(milliseconds / 1000, 2)} s`);

/** Heads of the columns after the name. @param {string} unit */
const heads = (unit) => [`Validation MAE${unit}`, `Test MAE${unit}`, 'Parameters', 'Time per epoch', 'Trained', 'File size'];

/**
 * @param {PageStore} store @param {RunActions} act
 * @param {{light: (id: number | null) => void}} hooks `light`: the run under the pointer.
 */
export function leaderboardView(store, act, { light }) {
  const headRow = h('tr', {});
  const table = h('table', { class: 'table board' }, h('caption', { class: 'hidden' }, 'Runs and baselines, lowest validation error first'), h('thead', {}, headRow));
  const all = h('input', {
    type: 'checkbox',
    'aria-label': 'Draw all forecasts',
    onchange: () =>
      act.tick(
        store.get().runs.map(({ id }) => id),
        all.checked,
      ),
  });
  const element = h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Leaderboard' }, table);

  /** @param {EventTarget | null} target */
  const point = (target) => light(Number(/** @type {Element | null} */ (target)?.closest('tr[data-run]')?.getAttribute('data-run')) || null);
  table.addEventListener('pointerover', ({ target }) => point(target));
  table.addEventListener('focusin', ({ target }) => point(target));
  // Nothing moves under a pointer or a focus: rows change their places once both have left.
  table.addEventListener('pointerleave', () => {
    light(null);
    update();
  });
  table.addEventListener('focusout', () => setTimeout(update));

  /** @typedef {{row: HTMLTableRowElement, update: (line: Line, board: Board, widest: number, write: (value: number | null) => string) => void}} Row */
  /** @type {Map<string, Row>} */
  let rows = new Map();
  /** @type {Map<string, HTMLTableSectionElement>} */
  let bodies = new Map();

  /** @param {Line} line @returns {Row} */
  function makeRow({ entry, key }) {
    const rank = h('td', { class: 'num rank' });
    const cells = heads('').map(() => h('td', { class: 'num' }));
    const bar = h('span', { class: `bar ${entry ? inkOf(entry.slot) : ''}`, 'aria-hidden': 'true' });
    const note = h('span', { class: 'note small muted' });
    const bars = h('td', { class: 'bars' }, bar);
    if (!entry) {
      const label = h('span', {});
      const row = h('tr', { class: 'rule', 'data-rule': key }, rank, h('th', { scope: 'row' }, h('span', { class: 'name' }, label), note), cells[0], bars, ...cells.slice(1), h('td', {}), h('td', {}));
      return {
        row,
        update({ label: text, note: words, rank: place, validation, test }, _, widest, write) {
          setText(label, text);
          row.title = words;
          note.hidden = true;
          setText(rank, String(place ?? ''));
          [write(validation), write(test), '–', '–', '–', '–'].forEach((value, index) => setText(cells[index], value));
          bar.style.inlineSize = `${(100 * (validation ?? 0)) / widest}%`;
        },
      };
    }
    const { id, slot } = entry;
    const name = h('button', { type: 'button', class: 'link', onclick: () => void act.show(id) });
    const shown = h('span', { class: 'shown small' }, 'shown above');
    const technical = technicalPlace();
    const done = h('progress', { max: 1, 'aria-hidden': 'true' });
    const tick = h('input', { type: 'checkbox', onchange: () => act.tick([id], tick.checked) });
    const remove = h('button', { type: 'button', class: 'reset', onclick: () => void act.remove(id) }, icon('M4 4l8 8M12 4l-8 8'));
    const row = h(
      'tr',
      {
        'data-run': String(id),
        // The name is the button; the rest of the row works for a pointer too.
        onclick: (/** @type {MouseEvent} */ { target }) => {
          if (!(/** @type {Element} */ (target).closest('button, input, details'))) void act.show(id);
        },
      },
      rank,
      h('th', { scope: 'row' }, h('span', { class: 'name' }, swatch(slot), name, shown), note, technical.element, done),
      cells[0],
      bars,
      ...cells.slice(1),
      h('td', { class: 'tick' }, tick),
      h('td', { class: 'tick' }, remove),
    );
    return {
      row,
      update(line, _, widest, write) {
        const now = /** @type {Entry} */ (line.entry);
        const { run } = now;
        const status = statusOf(now);
        const isShown = store.get().shownId === id;
        row.dataset.status = status;
        row.dataset.steps = String(run?.progress.step ?? 0);
        row.dataset.spent = String(run?.elapsed ?? 0);
        row.classList.toggle('own', isShown);
        row.classList.toggle('showable', Boolean(run?.bytes) && !isShown);
        if (isShown) name.setAttribute('aria-current', 'true');
        else name.removeAttribute('aria-current');
        setText(name, line.label);
        name.disabled = !run?.bytes;
        name.title = isShown ? 'Its forecast is shown above' : 'Show its forecast above and load its weights';
        shown.hidden = !isShown;
        setText(note, standing(now));
        technical.set((now.problem ?? run?.problem)?.technical);
        note.classList.toggle('bad', status === 'failed');
        note.classList.toggle('muted', status !== 'failed');
        const share = shareDone(now);
        done.hidden = share === null;
        done.value = share ?? 0;
        setText(rank, String(line.rank ?? ''));
        const parameters = run?.configured.parameters.total;
        [
          write(line.validation),
          write(line.test),
          parameters === undefined ? '–' : count(parameters),
          seconds(epochTime(run)),
          run?.elapsed ? duration(run.elapsed) : '–',
          run?.bytes ? size(run.bytes.byteLength) : '–',
        ].forEach((value, index) => setText(cells[index], value));
        bar.style.inlineSize = `${(100 * (line.validation ?? 0)) / widest}%`;
        bar.hidden = line.validation === null;
        tick.checked = now.ticked;
        tick.disabled = !run?.forecast;
        tick.setAttribute('aria-label', `${line.label}: draw its forecast`);
        remove.title = status === 'running' || status === 'waiting' ? 'Cancel' : 'Remove';
        remove.setAttribute('aria-label', `${line.label}: ${remove.title.toLowerCase()}`);
      },
    };
  }

  /** @param {Board} board @returns {string} The common settings of its runs. */
  function titleOf({ about }) {
    const { data } = store.get();
    if (!about || !data) return 'Not started yet';
    const { horizon, windows, target } = about.configured;
    return `${target}, ${span(data.about, horizon)} ahead: ${count(windows.validation)} validation windows, ${count(windows.test)} test windows`;
  }

  /** @param {Element} parent @param {Element[]} children Elements, moved only when the order changes. */
  function order(parent, children) {
    const now = [...parent.children];
    if (now.length === children.length && now.every((child, index) => child === children[index])) return;
    const moves = now.some((child) => !children.includes(child)) || children.some((child) => !now.includes(child));
    // While a pointer is on a row, new rows come at the end and removed ones go.
    if (table.matches(':hover') || table.contains(document.activeElement)) {
      if (!moves) return;
      for (const child of now) if (!children.includes(child)) child.remove();
      for (const child of children) if (!now.includes(child)) parent.append(child);
      return;
    }
    parent.replaceChildren(...children);
  }

  function update() {
    const { runs, catalog } = store.get();
    if (!catalog) return;
    const boards = leaderboards(runs, catalog);
    const units = new Set(boards.flatMap(({ about }) => (about?.validation ? [about.validation.unit ?? ''] : [])));
    const unit = units.size === 1 ? [...units][0] : '';
    const labels = heads(unit && `, ${unit}`);
    if (headRow.children.length === 0 || headRow.dataset.unit !== unit) {
      headRow.dataset.unit = unit;
      fill(
        headRow,
        h('th', { scope: 'col', class: 'num rank' }, h('span', { class: 'hidden' }, 'Rank')),
        h('th', { scope: 'col' }, 'Forecast by'),
        h('th', { scope: 'col', class: 'num' }, labels[0]),
        h('td', { class: 'bars' }),
        ...labels.slice(1).map((label) => h('th', { scope: 'col', class: 'num' }, label)),
        h('th', { scope: 'col', class: 'tick' }, h('label', { class: 'draw' }, all, 'Draw')),
        h('td', {}),
      );
    }
    all.checked = runs.length > 0 && runs.every(({ ticked }) => ticked);
    /** @type {typeof rows} */
    const nextRows = new Map();
    /** @type {typeof bodies} */
    const nextBodies = new Map();
    for (const board of boards) {
      const numbers = board.lines.flatMap(({ validation, test }) => [validation, test].filter((x) => x !== null));
      const write = column(numbers);
      const widest = Math.max(...board.lines.map(({ validation }) => validation ?? 0)) || 1;
      const body = bodies.get(board.key) ?? h('tbody', {});
      nextBodies.set(board.key, body);
      const elements = board.lines.map((line) => {
        const key = `${board.key} ${line.key}`;
        const row = rows.get(key) ?? makeRow(line);
        nextRows.set(key, row);
        row.update(line, board, widest, (value) => write(value ?? NaN));
        return row.row;
      });
      if (boards.length > 1) {
        const key = `${board.key} title`;
        const row = rows.get(key) ?? { row: h('tr', { class: 'group' }, h('th', { scope: 'rowgroup', colSpan: 11 })), update() {} };
        nextRows.set(key, row);
        setText(row.row.cells[0], titleOf(board));
        elements.unshift(row.row);
      }
      order(body, elements);
    }
    rows = nextRows;
    bodies = nextBodies;
    const sections = [...bodies.values()];
    for (const body of table.tBodies) if (!sections.includes(body)) body.remove();
    sections.forEach((body, index) => {
      if (table.tBodies[index] !== body) table.insertBefore(body, table.tBodies[index] ?? null);
    });
    element.hidden = !runs.length;
  }

  const stop = store.watch((state) => [state.runs, state.shownId, state.catalog], update);
  return { element, stop };
}
