/**
 * Accuracy: the errors of the model and of its baselines, in total and step by step.
 * @module
 */
import { stepsChart } from '../charts/steps.js';
import { shownRun } from '../state/shape.js';
import { errorsOf, targetOf } from '../state/targets.js';
import { fill, h, head, setText } from './dom.js';
import { column, count, figure, percent } from './format.js';
import { rangeTables } from './ranges.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {Evaluation, ErrorRow} from '../../pkg/unrolled.js' */
/** @import {PageStore} from '../state/shape.js' */

/** @param {ErrorRow[]} rows @param {'mae' | 'rmse' | 'mase'} measure @returns {number} The lowest of a column, for bold type. */
const lowest = (rows, measure) => Math.min(...rows.map((row) => row[measure] ?? Infinity).filter(Number.isFinite));

/**
 * The mean absolute error of the model and its baselines, for every column and for all of them.
 * @param {Evaluation} evaluation @param {string} shown @param {(name: string) => void} show
 */
function overview({ rows: all, targets, unit }, shown, show) {
  /** @param {string} name @param {ErrorRow[]} rows @param {string | null} unit @param {Node | string} label */
  const line = (name, rows, unit, label) => {
    const write = column(rows.map(({ mae }) => mae));
    return h(
      'tr',
      { class: name === shown ? 'own' : '' },
      h('th', { scope: 'row' }, label, unit ? h('span', { class: 'muted' }, `, ${unit}`) : null),
      ...all.map(({ id }) => {
        const row = rows.find((one) => one.id === id);
        const best = row && row.mae === lowest(rows, 'mae');
        return h('td', { class: best ? 'num best' : 'num' }, write(row?.mae ?? NaN));
      }),
    );
  };
  return h(
    'table',
    { class: 'table scores' },
    h('caption', { class: 'hidden' }, 'Mean absolute error of each column'),
    h(
      'thead',
      {},
      h('tr', {}, h('th', { scope: 'col' }, 'MAE of'), ...all.map(({ label }) => h('th', { scope: 'col', class: 'num' }, label))),
    ),
    h(
      'tbody',
      {},
      ...targets.map(({ name, rows, unit: own }) =>
        line(
          name,
          rows,
          own,
          h(
            'button',
            { type: 'button', class: 'link', 'aria-pressed': String(name === shown), onclick: () => show(name) },
            name,
          ),
        ),
      ),
      line('', all, unit, 'all, scaled'),
    ),
  );
}

/** @param {ErrorRow[]} rows @returns {ErrorRow[]} Those that are drawn: the model, and what it is compared with. Kept runs of earlier versions draw all. */
const drawn = (rows) => rows.filter(({ compared }) => compared !== false);

/** @param {Evaluation['targets'][number]} errors */
function scores({ rows, unit }) {
  const lines = drawn(rows);
  /** @type {['mae' | 'rmse' | 'mase', string][]} */
  const measures = [
    ['mae', `MAE${unit ? `, ${unit}` : ''}`],
    ['rmse', `RMSE${unit ? `, ${unit}` : ''}`],
    ['mase', 'MASE'],
  ];
  const write = {
    mae: column(rows.map(({ mae }) => mae)),
    rmse: column(rows.map(({ rmse }) => rmse)),
    mase: column(rows.map(({ mase }) => mase ?? 0)),
  };
  const widest = Math.max(...rows.map(({ mae }) => mae).filter(Number.isFinite));
  return h(
    'table',
    { class: 'table scores' },
    h('caption', { class: 'hidden' }, 'Errors of the model and the baselines'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'Forecast by'),
        ...measures.map(([, label]) => h('th', { scope: 'col', class: 'num' }, label)),
        h('td', {}),
      ),
    ),
    h(
      'tbody',
      {},
      ...rows.map((row) => {
        const mark = lines.includes(row) ? `mark-${lines.indexOf(row)}` : 'undrawn';
        const bar = h('span', { class: `bar ${mark}`, 'aria-hidden': 'true' });
        bar.style.inlineSize = `${(100 * row.mae) / widest}%`;
        return h(
          'tr',
          { class: row.id === 'model' ? 'own' : '', 'data-id': row.id },
          h(
            'th',
            { scope: 'row' },
            h('span', { class: `key ${mark}` }, row.label),
            h('span', { class: 'note small muted' }, row.note),
          ),
          ...measures.map(([measure]) =>
            h('td', { class: row[measure] === lowest(rows, measure) ? 'num best' : 'num' }, write[measure](row[measure] ?? NaN)),
          ),
          h('td', { class: 'bars' }, bar),
        );
      }),
    ),
  );
}

/** @param {Evaluation['targets'][number]} errors @returns {string} The range's coverage, compared with its nominal level. */
function rangeSentence({ range, unit }) {
  if (!range) return '';
  const { level, coverage, width, windows } = range;
  const test = `${count(windows)} test window${windows === 1 ? '' : 's'}`;
  return `The ${percent(level)} range covered ${percent(coverage)} of the values in ${test}; its mean width is ${figure(width, 3)}${unit ? ` ${unit}` : ''}.`;
}

/** @param {HTMLElement} root @param {PageStore} store @param {ModelActions} act @returns {() => void} */
export function errorsView(root, store, act) {
  const intro = h('p', { class: 'lead' });
  const together = h('div', { class: 'together stack' });
  const left = h('div', { class: 'stack' });
  const box = h('div', { class: 'steps', 'aria-hidden': 'true' });
  const table = h('table', { class: 'table' });
  const summary = h(
    'details',
    { class: 'fold small' },
    h('summary', {}, 'As a table'),
    h('div', { class: 'scroll tall', tabIndex: 0, role: 'region', 'aria-label': 'Errors at each step' }, table),
  );
  const judge = h('button', { type: 'button', class: 'button', onclick: () => void act.judge() }, 'Score the test part now');
  const figureBox = h(
    'figure',
    { class: 'figure' },
    h('figcaption', { class: 'small muted' }, 'Mean absolute error at each step of the horizon'),
    box,
    summary,
  );
  const grid = h('div', { class: 'errors-grid' }, left, figureBox);
  root.append(head('errors', 'Accuracy'), intro, together, grid);

  /** @type {ReturnType<typeof stepsChart> | null} */ let chart = null;
  let ids = '';
  /** Fills the table, during training only if it is in view. */
  function fillTable() {
    const evaluation = shownRun(store.get())?.test ?? shownRun(store.get())?.validation;
    if (!evaluation || !summary.open) return;
    const { rows } = errorsOf(evaluation, targetOf(store.get()));
    const write = column(rows.flatMap(({ per_step_mae: errors }) => errors));
    fill(
      table,
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Step'),
          ...rows.map(({ label }) => h('th', { scope: 'col', class: 'num' }, label)),
        ),
      ),
      h(
        'tbody',
        {},
        ...Array.from({ length: evaluation.horizon }, (_, step) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, count(step + 1)),
            ...rows.map((row) => h('td', { class: 'num' }, write(row.per_step_mae[step]))),
          ),
        ),
      ),
    );
  }
  summary.addEventListener('toggle', fillTable);
  const undo = [
    store.watch(
      (state) => [shownRun(state)?.test ?? shownRun(state)?.validation, shownRun(state)?.status, targetOf(state)],
      (evaluation, status, shown) => {
        root.hidden = !evaluation;
        if (!evaluation) return;
        setText(
          intro,
          evaluation.part === 'test'
            ? `On the test part: ${count(evaluation.windows)} windows, each forecast ${count(evaluation.horizon)} steps ahead, none of them used in training.`
            : `On the validation part${status === 'running' ? ', while it trains' : ''}: ${count(evaluation.windows)} windows, each forecast ${count(evaluation.horizon)} steps ahead. ${status === 'running' || status === 'paused' ? 'The test part is scored when training ends.' : 'The test part has not been scored.'}`,
        );
        const errors = errorsOf(evaluation, shown);
        const several = evaluation.targets.length > 1;
        together.hidden = !several;
        if (several) {
          fill(
            together,
            h('p', {}, `${evaluation.sentence} ${evaluation.order}`),
            h(
              'div',
              { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Errors of each column' },
              overview(evaluation, errors.name, (name) => store.set({ shown: name })),
            ),
            h(
              'p',
              { class: 'small muted' },
              'σ: the standard deviation of each column in the training part. Validation uses the mean squared error in σ.',
            ),
            h('h3', {}, errors.name),
          );
        }
        const open = evaluation.part === 'validation' && status !== 'running';
        fill(
          left,
          scores(errors),
          errors.absent?.length ? h('p', { class: 'small muted' }, errors.absent.join(' ')) : null,
          evaluation.order && !several ? h('p', { class: 'small' }, evaluation.order) : null,
          errors.range ? h('p', { class: 'small range' }, rangeSentence(errors)) : null,
          ...rangeTables(errors, Boolean(left.querySelector('.ranges details[open]'))),
          h(
            'p',
            { class: 'small muted' },
            'MAE: mean absolute error. RMSE: root mean squared error, which weighs large errors more. MASE: MAE divided by the MAE of the seasonal baseline on the training part. “Perhaps by chance”: a sign-flip test over blocks of windows cannot rule out chance at 5 %. Baselines are fitted to the training part; the statistical ones then read all rows before each horizon, not its window alone.',
          ),
          open ? h('p', {}, judge) : null,
        );
        const lines = drawn(errors.rows);
        const now = lines.map(({ id }) => id).join();
        if (now !== ids) {
          chart?.destroy();
          chart = stepsChart(
            box,
            lines.map(({ id }) => id),
          );
          ids = now;
        }
        chart?.set(lines);
        fillTable();
      },
    ),
  ];
  return () => {
    for (const stop of undo) stop();
    chart?.destroy();
  };
}
