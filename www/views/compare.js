/**
 * Compare: the architectures, the budget, one button, the learning curves on one chart, and the results.
 * @module
 */
import { curvesChart } from '../charts/curves.js';
import { contestants, stepsOf } from '../state/contest.js';
import { weightsOf } from '../core/weights.js';
import { namesOf, statusOf } from '../state/ranking.js';
import { differenceView } from './difference.js';
import { fill, h, head, setText } from './dom.js';
import { count, duration, figure } from './format.js';
import { segments } from './knob.js';
import { leaderboardView, swatch } from './leaderboard.js';

/** @import {Curve} from '../charts/curves.js' */
/** @import {RunActions} from '../actions/comparison.js' */
/** @import {Catalog} from '../../pkg/unrolled.js' */
/** @import {Contest, PageStore, State} from '../state/shape.js' */

/** Resolution of epochs on the axis of seconds. */
const MILLISECONDS = 1000;

/** @type {{value: Contest['budget'], label: string, help: string}[]} */
const BUDGETS = [
  { value: 'time', label: 'equal time', help: 'Each trains for this many seconds; reports and pauses do not count.' },
  { value: 'steps', label: 'equal steps', help: 'Each takes this many optimiser steps, on the same windows in the same order.' },
  { value: 'none', label: 'no limit', help: 'Each trains until its epochs are done or its patience ends.' },
];

/** @param {State} state @returns {string} Progress of the comparison. */
function progressSentence({ runs, comparing }) {
  if (comparing === 'none') return '';
  const open = runs.filter((entry) => !entry.run || entry.apart === 'below').filter((entry) => ['waiting', 'running', 'paused'].includes(statusOf(entry)));
  const training = open.filter(({ run }) => run).length;
  const waiting = open.length - training;
  const left = open.reduce((sum, { run, limit }) => sum + Math.max(0, (limit.milliseconds ?? Infinity) - (run?.elapsed ?? 0)), 0);
  return [
    comparing === 'paused' ? 'Paused.' : comparing === 'ending' ? 'Ending the runs.' : `${count(training)} training.`,
    waiting ? `${count(waiting)} waiting for a worker.` : '',
    Number.isFinite(left) && left ? `About ${duration(left / Math.min(open.length, navigator.hardwareConcurrency || 1))} left.` : '',
  ].join(' ');
}

/** @param {State} state @returns {string} Expected duration of the comparison, if known. */
function estimate(state) {
  const { contest } = state;
  const many = contestants(state).length;
  if (contest.budget !== 'time' || !many) return '';
  const rounds = Math.ceil(many / (navigator.hardwareConcurrency || 1));
  return `about ${duration(rounds * contest.seconds * MILLISECONDS)}`;
}

/** @param {State} state @returns {Curve[]} */
function curvesOf({ runs, contest }) {
  return runs.flatMap(({ id, slot, run }) => {
    const line = run?.progress.line ?? null;
    // The linear model that it starts from stands before its first epoch.
    const all = [...(line === null ? [] : [{ epoch: 0, spent: 0, validation: line }]), ...(run?.epochs ?? [])];
    const epochs = all.filter(({ spent }) => contest.against === 'epochs' || spent !== undefined);
    if (!epochs.length) return [];
    const x = epochs.map(({ epoch, spent }) => (contest.against === 'epochs' ? epoch : (spent ?? 0) / MILLISECONDS));
    return [{ id, slot, x, y: epochs.map(({ validation }) => validation) }];
  });
}

/** @param {HTMLElement} root @param {PageStore} store @param {RunActions} act @returns {() => void} */
export function compareView(root, store, act) {
  const lead = h('p', { class: 'lead' });
  const boxes = h('div', { class: 'ticks', role: 'group', 'aria-labelledby': 'contestants-label' });
  const start = h('button', { type: 'button', class: 'button strong', onclick: () => act.compare() });
  const pause = h('button', {
    type: 'button',
    class: 'button',
    onclick: () => (store.get().comparing === 'paused' ? act.goOn() : act.pause()),
  });
  const stop = h(
    'button',
    { type: 'button', class: 'button', title: 'Ends the running trainings and removes the waiting runs', onclick: () => act.stop() },
    'End now',
  );
  const sentence = h('p', { class: 'small muted' });
  const budget = segments({
    name: 'budget',
    label: 'budget-label',
    options: BUDGETS,
    choose: (value) => act.set({ budget: /** @type {Contest['budget']} */ (value) }),
  });
  const amount = h('input', {
    id: 'budget-amount',
    type: 'number',
    min: 1,
    class: 'short',
    'aria-label': 'Training budget of each run',
    onchange: () => {
      const value = Math.round(Math.min(1e6, Math.max(1, Number(amount.value) || 1)));
      act.set(store.get().contest.budget === 'time' ? { seconds: value } : { steps: value });
    },
  });
  const unit = h('span', { class: 'unit' });
  const budgetHelp = h('p', { class: 'small muted budget-help' });
  const equal = h('input', { type: 'checkbox', id: 'equal', onchange: () => act.set({ equal: equal.checked }) });
  const equalLabel = h('span', { class: 'small muted' });
  const against = segments({
    name: 'against',
    label: 'against-label',
    options: [
      { value: 'epochs', label: 'epochs' },
      { value: 'seconds', label: 'seconds' },
    ],
    choose: (value) => act.set({ against: /** @type {Contest['against']} */ (value) }),
  });
  const box = h('div', { class: 'curves', 'aria-hidden': 'true' });
  const legend = h('span', { class: 'legend' });
  const summary = h('p', { class: 'hidden', id: 'curves-summary' });
  const figureBox = h(
    'figure',
    { class: 'figure', 'aria-label': 'Learning curves of all runs', 'aria-describedby': 'curves-summary' },
    h(
      'div',
      { class: 'figure-head' },
      h('span', { class: 'small muted', id: 'against-label' }, 'Validation loss by'),
      against.element,
    ),
    box,
    h('figcaption', { class: 'small' }, legend),
    summary,
  );
  const chart = curvesChart(box);
  const board = leaderboardView(store, act, { light: chart.light });
  const clear = h('button', { type: 'button', class: 'link small', onclick: () => act.clear() }, 'Remove all but the shown run');
  const note = h(
    'p',
    { class: 'small muted board-note' },
    'Sorted by validation MAE, baselines included. The test part is scored once, when a run ends, and does not affect the order. ',
    clear,
  );
  const back = h('button', { type: 'button', class: 'link small', onclick: () => act.bringBackRemoved() });
  const difference = differenceView(store);
  root.append(
    head('compare', 'Compare'),
    lead,
    h(
      'div',
      { class: 'compare-grid' },
      h(
        'div',
        { class: 'stack' },
        h(
          'div',
          { class: 'choice' },
          h(
            'div',
            { class: 'labels' },
            h('span', { class: 'label', id: 'contestants-label' }, 'Architectures'),
            h('button', { type: 'button', class: 'button quiet', onclick: () => act.set({ architectures: store.get().catalog?.architectures.map(({ id }) => id) ?? [] }) }, 'All'),
            h('button', { type: 'button', class: 'button quiet', onclick: () => act.set({ architectures: [] }) }, 'None'),
          ),
          boxes,
        ),
        h(
          'div',
          { class: 'choice' },
          h('span', { class: 'label', id: 'budget-label' }, 'Each trains'),
          h('div', { class: 'budget' }, budget.element, h('span', { class: 'field' }, amount, unit)),
          budgetHelp,
        ),
        h('label', { class: 'check', for: 'equal' }, equal, h('span', {}, 'Equal parameters ', equalLabel)),
        h('div', { class: 'buttons' }, start, pause, stop),
        sentence,
      ),
      figureBox,
    ),
    board.element,
    note,
    h('p', {}, back),
    difference.element,
  );

  /** @type {HTMLInputElement[]} */ let ticks = [];
  /** @param {Catalog} catalog */
  function build(catalog) {
    ticks = catalog.architectures.map(({ id }) =>
      h('input', {
        type: 'checkbox',
        value: id,
        onchange: () => act.set({ architectures: ticks.filter(({ checked }) => checked).map(({ value }) => value) }),
      }),
    );
    fill(
      boxes,
      ...catalog.architectures.map(({ label, summary: title }, index) => h('label', { class: 'check', title }, ticks[index], label)),
    );
  }

  const undo = [
    board.stop,
    difference.stop,
    store.watch(
      (state) => [state.catalog],
      (catalog) => catalog && build(catalog),
    ),
    store.watch(
      (state) => [state.contest, state.draft, state.catalog, state.comparing, state.settings, state.settingsProblem],
      (contest, draft, ..._) => {
        const state = store.get();
        const { comparing } = state;
        const chosen = contestants(state);
        const workers = navigator.hardwareConcurrency || 1;
        setText(
          lead,
          `Train several architectures on the same data, split, windows, seed and settings, ${workers === 1 ? 'one at a time' : `${workers} at a time`}. Every training, here or above, is listed as a run.`,
        );
        for (const tick of ticks) tick.checked = chosen.includes(tick.value);
        budget.show(contest.budget);
        const byTime = contest.budget === 'time';
        /** @type {HTMLElement} */ (amount.parentElement).hidden = contest.budget === 'none';
        if (document.activeElement !== amount) amount.value = String(byTime ? contest.seconds : stepsOf(state));
        setText(unit, byTime ? 'seconds' : `steps${draft ? `, ${figure(stepsOf(state) / draft.steps_per_epoch, 2)} epochs` : ''}`);
        setText(budgetHelp, BUDGETS.find(({ value }) => value === contest.budget)?.help ?? '');
        equal.checked = contest.equal;
        setText(equalLabel, draft ? `(hidden units chosen to come nearest to ${count(draft.parameters.total)})` : '');
        const takes = estimate(state);
        setText(start, `Compare ${count(chosen.length)}${takes && comparing === 'none' ? `, ${takes}` : ''}`);
        start.disabled = !draft || !chosen.length || comparing !== 'none' || Boolean(state.settingsProblem);
        pause.hidden = stop.hidden = comparing === 'none';
        pause.disabled = stop.disabled = comparing === 'ending';
        setText(pause, comparing === 'paused' ? 'Continue' : 'Pause');
      },
    ),
    store.watch(
      (state) => [progressSentence(state)],
      (text) => setText(sentence, text),
    ),
    store.watch(
      (state) => [state.runs.length, state.contest.against, ...state.runs.flatMap(({ run }) => [run?.epochs, run?.progress.line])],
      () => {
        const state = store.get();
        const curves = curvesOf(state);
        against.show(state.contest.against);
        const first = state.runs.find(({ run }) => run?.epochs.length)?.run?.epochs[0];
        const withLast = chart.set(curves, first?.naive_validation ?? null, state.contest.against === 'epochs');
        const names = state.catalog ? namesOf(state.runs, state.catalog) : new Map();
        fill(
          legend,
          ...curves.map(({ id, slot }) => h('span', { class: 'key-run' }, swatch(slot), names.get(id) ?? '')),
          withLast && curves.length > 0 && h('span', { class: 'key key-last' }, 'last value'),
          !curves.length && h('span', { class: 'muted' }, 'No run has finished an epoch.'),
        );
        const lowest = state.runs.flatMap(({ id, run }) => {
          const best = run?.progress.best;
          return best ? [`${names.get(id)}: ${figure(best.validation, 3)}, ${weightsOf(best)}`] : [];
        });
        setText(summary, curves.length ? `Lowest validation loss. ${lowest.join('; ')}.` : 'No run has finished an epoch.');
      },
    ),
    store.watch(
      (state) => [state.runs.length, state.removed.length],
      (many, removed) => {
        note.hidden = !many;
        clear.hidden = many < 2;
        back.hidden = !removed;
        setText(back, removed === 1 ? 'Restore the removed run' : `Restore the ${count(removed)} removed runs`);
      },
    ),
  ];
  return () => {
    for (const stopWatching of undo) stopWatching();
    chart.destroy();
  };
}
