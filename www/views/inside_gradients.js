/**
 * The gradient through time, of the layers of the run on show or of all runs: a sentence, lines, and the norms of the recurrent
 * matrices.
 * @module
 */
import { gradientChart } from '../charts/gradient.js';
import { keyOf } from '../core/probe.js';
import { namesOf } from '../state/ranking.js';
import { linesOf, shownRun } from '../state/shape.js';
import { fill, h, setText } from './dom.js';
import { count, figure } from './format.js';
import { swatch } from './leaderboard.js';

/** @import {Gradients, GradientTrace} from '../../pkg/unrolled.js' */
/** @import {InsideActions} from '../actions/inside.js' */
/** @import {PageStore} from '../state/shape.js' */

/** @param {GradientTrace} trace @returns {{x: number[], y: number[]}} Norms at the middle of their steps, from 1. */
const stepped = ({ first, stride, norms }) => ({ x: norms.map((_, k) => first + k * stride + (stride + 1) / 2), y: norms });

/** @param {GradientTrace[]} traces @returns {GradientTrace | undefined} The trace of the lowest layer with a carried state, or the input's. */
const lowest = (traces) => traces.find((trace, place) => place > 0 && trace.carried && trace.norms.length > 1) ?? traces[0];

/** @param {PageStore} store @param {InsideActions} act */
export function gradientsView(store, act) {
  const sentence = h('p', { class: 'inside-sentence' });
  const flow = h('div', { class: 'gradient', 'aria-hidden': 'true' });
  const flowLegend = h('p', { class: 'legend small' });
  const by = h(
    'select',
    { id: 'inside-by', onchange: () => act.draw(by.value === 'runs' ? 'runs' : 'layers') },
    h('option', { value: 'layers' }, 'the layers of this run'),
    h('option', { value: 'runs' }, 'all runs'),
  );
  const byBox = h('div', { class: 'cluster inline' }, h('label', { for: 'inside-by' }, 'Lines for'), by);
  const flowTable = h('table', { class: 'table' });
  const norms = h('table', { class: 'table' });
  const normsFold = h(
    'details',
    { class: 'fold small' },
    h('summary', {}, 'Norms of the recurrent matrices'),
    h('p', { class: 'muted' }, 'A matrix with a spectral norm below 1 shrinks every signal at each step; above 1 it can make signals grow. Gates and nonlinear units decide the rest.'),
    h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Norms of the recurrent matrices' }, norms),
  );
  const element = h(
    'div',
    { class: 'stack inside-gradients', hidden: true },
    h('div', { class: 'figure-head' }, h('h3', {}, 'The gradient through time'), byBox),
    sentence,
    h('figure', { class: 'figure' }, flow, h('figcaption', {}, flowLegend)),
    h(
      'details',
      { class: 'fold small' },
      h('summary', {}, 'As a table'),
      h('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'The gradient through time as a table' }, flowTable),
    ),
    normsFold,
  );
  const flows = gradientChart(flow);
  let seen = false;
  let stale = false;
  /** The requested animation frame. */
  let frame = 0;

  /** Draws with the next frame while in view: a reading out of view is not drawn. */
  function soon() {
    stale = true;
    if (!seen || frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      stale = false;
      draw();
    });
  }

  /** @returns {{id: number, slot: number, name: string, gradients: Gradients}[]} Runs with gradients. */
  function comparable() {
    const { runs, catalog } = store.get();
    if (!catalog) return [];
    const names = namesOf(runs, catalog);
    return runs.flatMap(({ id, slot, run }) => (run?.gradients?.traces.length ? [{ id, slot, name: names.get(id) ?? '', gradients: run.gradients }] : []));
  }

  function draw() {
    const state = store.get();
    const found = shownRun(state)?.gradients;
    const runs = comparable();
    element.hidden = !found && !runs.length;
    if (element.hidden) return;
    by.value = linesOf(state);
    byBox.hidden = !found || runs.length < 2;
    const all = !found || (!byBox.hidden && by.value === 'runs');
    const whose = all ? runs.find(({ id }) => id === state.shownId)?.name : '';
    setText(sentence, found ? [whose, found.sentence].filter(Boolean).join(': ') : '');
    sentence.hidden = !found;
    /** @type {{name: string, slot: number, trace: GradientTrace}[]} */
    const list = all
      ? runs.flatMap(({ name, slot, gradients }) => {
          const trace = lowest(gradients.traces);
          return trace ? [{ name: `${name}: ${trace.group.toLowerCase()}, ${trace.label}`, slot, trace }] : [];
        })
      : found.traces.map((trace, slot) => ({ name: keyOf(trace), slot, trace }));
    const windows = new Set((all ? runs.map(({ gradients }) => gradients) : [found]).map((gradients) => gradients.windows));
    const steps = Math.max(...list.map(({ trace }) => trace.first + trace.norms.length * trace.stride));
    flows.set(
      list.map(({ slot, trace }) => ({ slot, ...stepped(trace) })),
      steps,
    );
    fill(
      flowLegend,
      ...list.map(({ name, slot }) => h('span', { class: 'key-run' }, swatch(slot), name)),
      h('span', { class: 'muted' }, `Norm of the loss’s gradient at each step of the window, oldest first: mean over ${[...windows].map(count).join(' or ')} training windows. Zeros are not drawn.`),
    );
    fill(
      flowTable,
      h('thead', {}, h('tr', {}, ...['With respect to', 'First step', 'Middle', 'Last step', 'Read first ÷ read last'].map((label, k) => h('th', { scope: 'col', class: k ? 'num' : '' }, label)))),
      h(
        'tbody',
        {},
        ...list.map(({ name, trace: { norms: at, ratio } }) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, name),
            ...[at[0], at[at.length >> 1], at[at.length - 1], ratio].map((value) => h('td', { class: 'num' }, figure(value, 2))),
          ),
        ),
      ),
    );
    normsFold.hidden = !found?.matrices.length;
    fill(
      norms,
      h('thead', {}, h('tr', {}, ...['Matrix', 'Spectral norm', 'Frobenius norm'].map((label, k) => h('th', { scope: 'col', class: k ? 'num' : '' }, label)))),
      h(
        'tbody',
        {},
        ...(found?.matrices ?? []).map((matrix) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, keyOf(matrix)),
            ...[matrix.spectral, matrix.frobenius].map((value) => h('td', { class: 'num' }, figure(value, 3))),
          ),
        ),
      ),
    );
  }

  const undo = store.watch(
    (state) => [shownRun(state)?.gradients, linesOf(state), state.runs.length, ...state.runs.map(({ run }) => run?.gradients)],
    soon,
  );
  return {
    element,
    /** @param {boolean} visible */
    see(visible) {
      seen = visible;
      if (stale) soon();
    },
    stop() {
      undo();
      cancelAnimationFrame(frame);
      flows.destroy();
    },
  };
}
