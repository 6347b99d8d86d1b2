/**
 * Train: the main button, the learning curve, and the progress in numbers.
 * @module
 */
import { curveChart } from '../charts/curve.js';
import { weightsOf } from '../core/weights.js';
import { mostSteps, stepsDone } from '../state/run.js';
import { isStale, shownRun } from '../state/shape.js';
import { fill, h, head, setText } from './dom.js';
import { count, duration, figure, percent } from './format.js';
import { truncatedOf } from './grounds.js';
import { mainButton } from './main_button.js';
import { technicalPlace } from './technical.js';
import { workersView } from './workers.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {PageStore, Run, State} from '../state/shape.js' */

/** @param {Run} run @returns {string} */
function left(run) {
  const done = stepsDone(run);
  if (!run.elapsed || !done) return '–';
  return duration((run.elapsed / done) * (mostSteps(run) - done));
}

/** @param {Run} run @returns {string} A sentence on which weights of the training are in use. */
function whichWeights({ progress: { best, step }, unvalidated }) {
  if (unvalidated) return ` Weights after step ${count(unvalidated.step)}, inside epoch ${count(unvalidated.epoch)}, not validated.`;
  if (best) return ` W${weightsOf(best, count).slice(1)}.`;
  return step ? ` Weights after step ${count(step)}.` : '';
}

/** @param {Run} run @returns {string} The number of its epochs. */
function epochsOf({ progress, loaded }) {
  if (!loaded) return `${count(progress.epoch)} of ${count(progress.epochs)}`;
  if (!progress.best) return 'loaded';
  return progress.best.epoch ? `${count(progress.best.epoch)}, loaded` : 'the linear model, loaded';
}

/** @param {Run | null} run @returns {string} What its network adds to the linear model that it starts from, once training has ended. */
function gain(run) {
  const { line, added, best } = run?.progress ?? {};
  if (!line || !added || !best) return '';
  const alone = `Validation loss of the linear model it starts from: ${figure(line, 3)}`;
  return added.share ? `${alone}; with ${percent(added.share)} of what the network adds: ${figure(best.validation, 3)}.` : `${alone}. The network adds nothing to it.`;
}

/** @param {State} state @returns {string} The state of the training, in a sentence. */
export function stateSentence(state) {
  const { draft, settingsProblem, asked } = state;
  const run = shownRun(state);
  // Pending actions come first, since they are not done yet and not forgotten.
  if (asked.length) return `${asked.map((name) => `“${name}”`).join(', ')} ${asked.length === 1 ? 'waits' : 'wait'} until the worker is free.`;
  if (settingsProblem) return settingsProblem.message;
  if (!run) return draft ? 'Ready. Training runs in this tab and continues in the background.' : 'Getting ready …';
  const { progress, validation } = run;
  const model = validation?.rows.find(({ id }) => id === 'model');
  const last = validation?.rows.find(({ id }) => id === 'last');
  const unit = validation?.unit ? ` ${validation.unit}` : '';
  const judged =
    model && last
      ? `Validation error ${figure(model.mae, 3)}${unit} (repeating the last value: ${figure(last.mae, 3)}${unit}).`
      : '';
  const now = progress.all_rows ? `${progress.why} ${judged}` : judged;
  if (run.status === 'running') return now || 'Training the first epoch.';
  if (run.status === 'failed') return run.problem?.message ?? 'Training failed.';
  const stale = isStale(state) ? ' Settings changed. Train again to use them.' : '';
  if (run.status === 'finished') return `Finished. ${progress.why}${stale}`;
  if (run.status === 'stopped') return `${run.remark || 'Stopped.'}${whichWeights(run)}${stale}`;
  return `Paused. ${now}${stale}`;
}

/**
 * @param {HTMLElement} root @param {PageStore} store @param {ModelActions} act
 * @returns {() => void}
 */
export function trainView(root, store, act) {
  const main = mainButton(store, act, { class: 'button main' });
  const step = h(
    'button',
    { type: 'button', class: 'button', title: 'One optimiser step', onclick: () => void act.step() },
    'One step',
  );
  const stop = h(
    'button',
    { type: 'button', class: 'button', title: 'Ends training and scores the test part', onclick: () => void act.stop() },
    'Stop',
  );
  const reset = h(
    'button',
    { type: 'button', class: 'button', title: 'Discards the weights', onclick: () => void act.reset() },
    'Reset',
  );
  const sentence = h('p', { class: 'sentence' });
  const gained = h('p', { class: 'small gain', hidden: true });
  const extra = h('p', { class: 'small extra' });
  const technical = technicalPlace();
  const workers = workersView(store, act);
  const cut = h('p', { class: 'small cut', hidden: true });
  const box = h('div', { class: 'curve', 'aria-hidden': 'true' });
  const summary = h('p', { class: 'hidden', id: 'curve-summary' });
  const facts = ['Epoch', 'Time left', 'Training loss', 'Validation loss', 'Gradient norm', 'Steps clipped'].map((label) => ({
    label,
    value: h('dd', {}, '–'),
  }));
  const several = h(
    'button',
    {
      type: 'button',
      class: 'link unfold',
      onclick: () => {
        const compare = document.getElementById('compare');
        compare?.scrollIntoView({ block: 'start' });
        compare?.focus({ preventScroll: true });
      },
    },
    'Compare several',
  );
  const forcedKey = h('span', { class: 'key key-forced', hidden: true }, 'validation, teacher-forced');
  root.append(
    head('train', 'Train', several),
    h('div', { class: 'buttons' }, main.element, step, stop, reset),
    sentence,
    h(
      'figure',
      { class: 'figure', 'aria-label': 'Learning curve', 'aria-describedby': 'curve-summary' },
      h(
        'figcaption',
        { class: 'legend small' },
        h('span', { class: 'key key-train' }, 'training'),
        h('span', { class: 'key key-model' }, 'validation'),
        forcedKey,
        h('span', { class: 'key key-last' }, 'last value'),
        h('span', { class: 'muted' }, 'loss by epoch'),
      ),
      box,
      summary,
    ),
    h('dl', { class: 'facts' }, ...facts.map(({ label, value }) => h('div', {}, h('dt', {}, label), value))),
    gained,
    cut,
    workers.said,
    extra,
    technical.element,
    workers.element,
  );

  const curve = curveChart(box);
  const undo = [
    main.stop,
    workers.stop,
    store.watch(
      (state) => [shownRun(state)?.status, Boolean(state.draft) && !state.settingsProblem],
      (status, ready) => {
        step.disabled = status === 'running' || !ready;
        stop.disabled = status !== 'running' && status !== 'paused';
        reset.disabled = !status;
        root.dataset.status = status ?? 'ready';
      },
    ),
    store.watch(
      (state) => [shownRun(state), state.draft, state.settingsProblem, state.reproducible, state.asked],
      (run, ..._) => {
        const state = store.get();
        setText(sentence, stateSentence(state));
        sentence.classList.toggle('bad', run?.status === 'failed');
        const progress = run?.progress;
        const values =
          run && progress
            ? [
                epochsOf(run),
                run.status === 'running' && run.elapsed ? `≤ ${left(run)}` : '–',
                figure(progress.loss, 3),
                figure(progress.validation ?? progress.best?.validation, 3),
                run.loaded ? '–' : figure(progress.gradient_norm, 3),
                run.loaded ? '–' : percent(progress.clipped_share),
              ]
            : facts.map(() => '–');
        facts.forEach(({ value }, index) => setText(value, values[index]));
      },
    ),
    store.watch(
      (state) => [shownRun(state)?.epochs, shownRun(state)?.progress],
      (epochs = [], progress) => {
        const run = shownRun(store.get());
        const now =
          progress && (run?.status === 'running' || run?.status === 'paused') && progress.step
            ? { epoch: progress.step / progress.steps_per_epoch, loss: progress.loss }
            : null;
        const line = progress?.line ?? null;
        const start = line !== null && progress?.best?.epoch === 0 ? { epoch: 0, validation: line } : null;
        const best = start ?? epochs.find(({ epoch }) => epoch === progress?.best?.epoch);
        curve.set(epochs, now, best ? { epoch: best.epoch, loss: best.validation } : null, line);
        const said = gain(run);
        gained.hidden = !said;
        setText(gained, said);
        const last = epochs.at(-1);
        const forced = last?.validation_forced ?? null;
        forcedKey.hidden = forced === null;
        setText(
          summary,
          last
            ? `After ${count(last.epoch)} epoch${last.epoch === 1 ? '' : 's'}: training loss ${figure(last.train, 3)}, validation loss ${figure(last.validation, 3)}${best ? ` (lowest: ${figure(best.validation, 3)} ${best.epoch ? `at epoch ${count(best.epoch)}` : 'of the linear model it starts from'})` : ''}. ${forced === null ? '' : `Teacher-forced validation loss: ${figure(forced, 3)}. `}Repeating the last value: ${figure(last.naive_validation, 3)}.`
            : run?.loaded
              ? 'The loaded file holds no learning curve.'
              : 'No epoch has been trained yet.',
        );
      },
    ),
    store.watch(
      (state) => [truncatedOf(state)],
      (truncated) => {
        cut.hidden = !truncated;
        const marks = truncated?.starts.length ? ' In the charts, long marks show where the state begins, short marks where the gradient is cut.' : '';
        setText(cut, truncated ? `${truncated.sentence}${marks}` : '');
      },
    ),
    store.watch(
      (state) => [state.earlierRun, state.runProblem, shownRun(state), state.draft, state.reproducible, state.settingsProblem],
      (earlier, problem, run, ..._) => {
        extra.classList.toggle('bad', Boolean(problem));
        fill(
          extra,
          problem ? `${problem.message} ` : null,
          problem?.code === 'other-rows'
            ? h('button', { type: 'button', class: 'link', onclick: () => void act.loadOnOtherRows() }, 'Use it on this series anyway')
            : null,
          earlier
            ? h('button', { type: 'button', class: 'link', onclick: () => void act.bringBackRun() }, `Restore ${earlier.why}`)
            : null,
          run && run.status !== 'running' && isStale(store.get())
            ? h(
                'button',
                { type: 'button', class: 'link', onclick: () => void act.settingsOfRun() },
                'Back to this model’s settings',
              )
            : null,
        );
        const { settingsProblem } = store.get();
        technical.set((problem ?? run?.problem ?? settingsProblem)?.technical);
      },
    ),
  ];
  return () => {
    for (const stopWatching of undo) stopWatching();
    curve.destroy();
  };
}
