/**
 * The quality of the ranges on the test part, of the model and of the seasonal naive forecast: over all steps, and step by step.
 * @module
 */
import { h } from './dom.js';
import { column, count, percent } from './format.js';

/** @import {Evaluation, RangeRow} from '../../pkg/unrolled.js' */

/** @param {string} measure @param {string | null} unit */
const inUnit = (measure, unit) => (unit ? `${measure}, ${unit}` : measure);

/** @param {string} label @param {string} caption @param {string[]} heads The first is of a row's name. @param {Node[]} rows */
const table = (label, caption, heads, rows) =>
  h(
    'div',
    { class: 'scroll tall', tabIndex: 0, role: 'region', 'aria-label': label },
    h(
      'table',
      { class: 'table' },
      h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, ...heads.map((head, at) => h('th', { scope: 'col', class: at ? 'num' : '' }, head)))),
      h('tbody', {}, ...rows),
    ),
  );

/** @param {string} name @param {string[]} cells @param {string} [kind] */
const line = (name, cells, kind = '') => h('tr', { class: kind }, h('th', { scope: 'row' }, name), ...cells.map((cell) => h('td', { class: 'num' }, cell)));

/** @param {RangeRow[]} rows @param {string | null} unit */
function overall(rows, unit) {
  const write = { width: column(rows.map(({ width }) => width)), score: column(rows.map(({ score }) => score)) };
  return table(
    'Ranges on the test part',
    'Coverage, mean width and interval score of the ranges on the test part',
    ['Range', 'covered', inUnit('mean width', unit), inUnit('interval score', unit)],
    rows.map(({ id, label, level, coverage, width, score }) =>
      line(`${percent(level)}, ${label}`, [percent(coverage), write.width(width), write.score(score)], id === 'model' ? 'own' : ''),
    ),
  );
}

/** @param {RangeRow[]} rows Of one level. @param {string | null} unit */
function bySteps(rows, unit) {
  const all = (/** @type {(row: RangeRow) => number[]} */ of) => column(rows.flatMap(of));
  const write = { width: all((row) => row.per_step_width), score: all((row) => row.per_step_score) };
  return table(
    'Ranges at each step',
    'Coverage, mean width and interval score at each step of the horizon',
    ['Step', ...rows.flatMap(({ label }) => [`${label}: covered`, inUnit('mean width', unit), inUnit('interval score', unit)])],
    (rows[0]?.per_step_coverage ?? []).map((_, step) =>
      line(
        count(step + 1),
        rows.flatMap((row) => [percent(row.per_step_coverage[step]), write.width(row.per_step_width[step]), write.score(row.per_step_score[step])]),
      ),
    ),
  );
}

/**
 * @param {Evaluation['targets'][number]} errors Of the target on show. @param {boolean} open Whether its steps are unfolded.
 * @returns {Node[]} Nothing where there is no range; of records from before there were several levels, nothing either.
 */
export function rangeTables({ range, ranges = [], unit }, open) {
  if (!range || !ranges.length) return [];
  const steps = h(
    'details',
    { class: 'fold small', open },
    h('summary', {}, `The ${percent(range.level)} ranges step by step`),
    bySteps(ranges.filter(({ level }) => level === range.level), unit),
  );
  return [
    h('div', { class: 'ranges stack' }, overall(ranges, unit), steps),
    h(
      'p',
      { class: 'small muted' },
      'Each forecast of the test part has the ranges that its past errors give. Covered: the share of the true values inside, which should be the level. Interval score: the width, and what a true value lies outside times 2 / (1 − level); the lower the better.',
    ),
  ];
}
