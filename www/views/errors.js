/**
 * How far off: the model beside the simple rules that it has to beat, over all and step by step.
 * @module
 */
import { stepsChart } from '../charts/steps.js';
import { fill, h, head, setText } from './dom.js';
import { column, count } from './format.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {Evaluation, ErrorRow} from '../../pkg/unrolled.js' */
/** @import {PageStore} from '../state/shape.js' */

/** @param {ErrorRow[]} rows @param {'mae' | 'rmse' | 'mase'} measure @returns {number} The lowest of a column, to be set in bold. */
const lowest = (rows, measure) => Math.min(...rows.map((row) => row[measure] ?? Infinity));

/** @param {Evaluation} evaluation */
function scores({ rows, unit }) {
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
  const widest = Math.max(...rows.map(({ mae }) => mae));
  return h(
    'table',
    { class: 'table scores' },
    h('caption', { class: 'hidden' }, 'Errors of the model and of the simple rules'),
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
      ...rows.map((row, place) => {
        const bar = h('span', { class: `bar mark-${place % 5}`, 'aria-hidden': 'true' });
        bar.style.inlineSize = `${(100 * row.mae) / widest}%`;
        return h(
          'tr',
          { class: row.id === 'model' ? 'own' : '', 'data-id': row.id },
          h(
            'th',
            { scope: 'row' },
            h('span', { class: `key mark-${place % 5}` }, row.label),
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

/** @param {HTMLElement} root @param {PageStore} store @param {ModelActions} act @returns {() => void} */
export function errorsView(root, store, act) {
  const intro = h('p', { class: 'lead' });
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
  root.append(head('errors', 'How far off'), intro, grid);

  /** @type {ReturnType<typeof stepsChart> | null} */ let chart = null;
  let ids = '';
  /** A table that nobody looks at is not kept up while training. */
  function fillTable() {
    const evaluation = store.get().run?.test ?? store.get().run?.validation;
    if (!evaluation || !summary.open) return;
    const write = column(evaluation.rows.flatMap(({ per_step_mae: errors }) => errors));
    fill(
      table,
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Step'),
          ...evaluation.rows.map(({ label }) => h('th', { scope: 'col', class: 'num' }, label)),
        ),
      ),
      h(
        'tbody',
        {},
        ...Array.from({ length: evaluation.horizon }, (_, step) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, String(step + 1)),
            ...evaluation.rows.map((row) => h('td', { class: 'num' }, write(row.per_step_mae[step]))),
          ),
        ),
      ),
    );
  }
  summary.addEventListener('toggle', fillTable);
  const undo = [
    store.watch(
      (state) => [state.run?.test ?? state.run?.validation, state.run?.status],
      (evaluation, status) => {
        root.hidden = !evaluation;
        if (!evaluation) return;
        setText(
          intro,
          evaluation.part === 'test'
            ? `On the test part: ${count(evaluation.windows)} windows, each forecast ${count(evaluation.horizon)} steps ahead, none of them used in training.`
            : `On the validation part, while it trains: ${count(evaluation.windows)} windows, each forecast ${count(evaluation.horizon)} steps ahead. The test part is scored when training ends.`,
        );
        const open = evaluation.part === 'validation' && status !== 'running';
        fill(
          left,
          scores(evaluation),
          h(
            'p',
            { class: 'small muted' },
            'MAE: mean distance from the truth. RMSE: the same, with large misses weighing more. MASE: MAE as a multiple of what “same as a season ago” has on the training part.',
          ),
          open ? h('p', {}, judge) : null,
        );
        const now = evaluation.rows.map(({ id }) => id).join();
        if (now !== ids) {
          chart?.destroy();
          chart = stepsChart(
            box,
            evaluation.rows.map(({ id }) => id),
          );
          ids = now;
        }
        chart?.set(evaluation.rows);
        fillTable();
      },
    ),
  ];
  return () => {
    for (const stop of undo) stop();
    chart?.destroy();
  };
}
