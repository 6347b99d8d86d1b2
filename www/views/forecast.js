/**
 * The forecast: the verdict in a sentence, and one chart of the history, the held-out truth, its predictions, and the forecast
 * beyond the end.
 * @module
 */
import { timeChart } from '../charts/time.js';
import { drawnBeside, namesOf } from '../state/ranking.js';
import { shownRun, sightOf } from '../state/shape.js';
import { errorsOf, forecastOf, predictionsOf, rangesOf, targetOf, targetsOf, written } from '../state/targets.js';
import { fill, h, head, setText } from './dom.js';
import { saveForecast, saveModel } from './files.js';
import { swatch } from './leaderboard.js';
import { count, figure, momentsOf, percent, span, valuesOf } from './format.js';
import { groundsOf, isTimed, truncatedOf } from './grounds.js';
import { viewport } from './viewport.js';

/** @import {Forecast} from '../../pkg/unrolled.js' */
/** @import {ModelActions} from '../actions/model.js' */
/** @import {Reading} from '../charts/time.js' */
/** @import {PageStore, Run, State} from '../state/shape.js' */

/** @param {State} state @returns {{text: string, note: string}} The verdict, and its basis. */
function verdict(state) {
  const { draft, data } = state;
  const run = shownRun(state);
  if (run?.test) return { text: errorsOf(run.test, targetOf(state)).sentence, note: testNote(run, state) };
  if (run?.validation)
    return {
      text: errorsOf(run.validation, targetOf(state)).sentence,
      note: `${run.forecastProblem ? `No forecast beyond the end: ${run.forecastProblem} ` : ''}${run.status === 'running' || run.status === 'paused' ? 'So far, on the validation part. The test part is scored when training ends.' : 'On the validation part. The test part has not been scored.'}`,
    };
  if (!draft || !data) return { text: ' ', note: ' ' };
  return {
    text: `What will the next ${span(data.about, draft.horizon)} bring?`,
    note: run
      ? run.configured.settings.from_line
        ? 'The first forecast appears in a moment: that of the linear model it starts from.'
        : 'The first forecast appears after the first epoch.'
      : 'Press Train: the network learns from the training part, and its forecast appears here.',
  };
}

/** @param {Run} run @param {State} state @returns {string} The basis of a verdict on the test part. */
function testNote({ configured: { fingerprint, trained_on: known }, test }, { scored }) {
  const times = Math.max(test?.scored_times ?? 1, scored[fingerprint] ?? 0);
  const often = times > 1 ? `scored ${count(times)} times over all models, so it is no longer a fresh test` : 'scored once';
  return known ? `On the test part, ${often}. ${known}` : `On the test part, which training never saw${times > 1 ? '; ' : ', '}${often}.`;
}

/** @param {HTMLElement} root @param {PageStore} store @param {ModelActions} act @returns {() => void} */
export function forecastView(root, store, act) {
  const headline = h('span', { class: 'headline' });
  const detail = h('span', { class: 'detail' });
  const sentence = h('p', { class: 'verdict' }, headline, ' ', detail);
  const note = h('p', { class: 'muted small verdict-note' });
  const readout = h('p', { class: 'readout', 'aria-live': 'off' });
  const box = h('div', {
    class: 'hero-chart',
    tabIndex: 0,
    role: 'group',
    'aria-roledescription': 'chart',
    'aria-label': 'History and forecast',
    'aria-describedby': 'hero-summary hero-keys',
  });
  const measured = h('span', {});
  const range = h('span', {});
  const band = h('span', { class: 'key key-band' }, h('span', {}, 'forecast', range));
  const beside = h('span', { class: 'run-keys' });
  const summary = h('p', { class: 'hidden', id: 'hero-summary' });
  const lead = h('input', { id: 'lead', type: 'number', min: 1, class: 'short', onchange: () => void act.look(within(lead)) });
  const steps = h('input', {
    id: 'steps',
    type: 'number',
    min: 1,
    class: 'short',
    onchange: () => void act.reach(within(steps)),
  });
  const shown = h('select', { id: 'shown', onchange: () => store.set({ shown: shown.value }) });
  const shownBox = h('div', { class: 'cluster inline', hidden: true }, h('label', { for: 'shown' }, 'Column shown'), shown);
  const leadUnit = h('span', { class: 'unit' });
  // One hour ahead any model's prediction is close to the truth, so the legend names the lead.
  const said = h('span', {});
  const stepsUnit = h('span', { class: 'unit' });
  const save = h(
    'button',
    { type: 'button', class: 'button quiet', onclick: () => saveForecast(store.get()) },
    'Forecast as CSV',
  );
  const keepModel = h('button', { type: 'button', class: 'button quiet', onclick: () => saveModel(store.get()) }, 'Save model');
  const loadable =
    'A model saved here, or a PyTorch state dict of one recurrent module and one nn.Linear (safetensors)';
  const file = h('input', {
    type: 'file',
    id: 'model-file',
    class: 'hidden',
    accept: '.safetensors',
    onchange: () => {
      const [chosen] = file.files ?? [];
      if (chosen) void act.load(chosen, chosen.name);
      file.value = '';
    },
  });
  const table = h('table', { class: 'table' });
  const tableFold = h(
    'details',
    { class: 'fold', ontoggle: () => fillTable() },
    h('summary', {}, 'The forecast as a table'),
    h('div', { class: 'scroll tall', tabIndex: 0, role: 'region', 'aria-label': 'The forecast as a table' }, table),
  );
  const view = viewport(store, box, { valueAt: (clientX) => chart?.valueAt(clientX) ?? 0, pointedAt: () => chart?.pointedAt() ?? null, read });

  root.append(
    h('div', { class: 'hero-head' }, head('forecast', 'Forecast'), h('div', { class: 'hero-words' }, sentence, note)),
    h('div', { class: 'toolbar above', role: 'group', 'aria-label': 'View of the chart' }, shownBox, ...view.buttons, readout),
    h(
      'figure',
      { class: 'figure' },
      box,
      summary,
      h(
        'figcaption',
        { class: 'legend small' },
        h('span', { class: 'key key-measured' }, measured),
        h('span', { class: 'key key-model' }, h('span', {}, 'predicted ', said)),
        band,
        beside,
        h(
          'span',
          { class: 'muted', id: 'hero-keys' },
          h('span', { class: 'by-touch' }, 'Drag to pan, pinch to zoom.'),
          h('span', { class: 'by-mouse' }, 'Drag to zoom, double-click to reset. After a click, the wheel zooms too.'),
          h('span', { class: 'by-mouse' }, ' Keys: arrows read values, Shift and arrows pan, + and − zoom, 0 resets.'),
        ),
      ),
    ),
    h(
      'div',
      { class: 'toolbar below' },
      h('div', { class: 'cluster inline' }, h('label', { for: 'steps' }, 'Forecast'), steps, stepsUnit),
      h('div', { class: 'cluster inline' }, h('label', { for: 'lead' }, 'Predictions'), lead, leadUnit),
      h(
        'div',
        { class: 'cluster' },
        save,
        keepModel,
        h('div', { class: 'filepick' }, file, h('label', { for: 'model-file', class: 'button quiet', title: loadable }, 'Load model')),
      ),
    ),
    tableFold,
  );

  /** @type {ReturnType<typeof timeChart> | null} */ let chart = null;
  /** @type {{write: (value: number | null | undefined) => string, moment: (time: number) => string}} */
  let words = { write: String, moment: String };
  /** @type {unknown} */ let drawn = null;
  /** The last state of the forecast's length. @type {{data: unknown, ahead: number, chosen: number}} */
  let before = { data: null, ahead: 0, chosen: 0 };

  const several = () => targetsOf(store.get()).length > 1;

  /** @param {HTMLInputElement} input */
  const within = (input) => Math.round(Math.min(Number(input.max) || Infinity, Math.max(1, Number(input.value) || 1)));

  /** @param {Reading | null} reading */
  function tell(reading) {
    if (!reading) return setText(readout, ' ');
    const { write, moment } = words;
    const parts = [`${moment(reading.time)}`];
    if (reading.measured !== null) parts.push(`measured ${write(reading.measured)}`);
    else if (reading.forecast === null) parts.push('missing');
    if (reading.predicted !== null) parts.push(`predicted ${write(reading.predicted)}`);
    if (reading.forecast !== null) {
      const banded = Number.isFinite(reading.lower ?? NaN);
      parts.push(`forecast ${write(reading.forecast)}${banded ? `, between ${write(reading.lower)} and ${write(reading.upper)}` : ''}`);
    }
    setText(readout, parts.join('   ·   '));
  }

  /** @param {number} by */
  function read(by) {
    readout.setAttribute('aria-live', 'polite');
    tell(chart?.moveCursor(by) ?? null);
  }
  box.addEventListener('blur', () => readout.setAttribute('aria-live', 'off'));
  /** Updates the table while it is unfolded. */
  function fillTable() {
    const forecast = shownForecast(store.get());
    if (!tableFold.open) return;
    if (!forecast) return fill(table, h('tbody', {}, h('tr', {}, h('td', { class: 'muted' }, 'There is no forecast yet.'))));
    const { write, moment } = words;
    const { runs, catalog } = store.get();
    const others = drawnBeside(store.get());
    const names = catalog ? namesOf(runs, catalog) : new Map();
    const ranges = rangesOf(forecast);
    const bounds = ranges.flatMap(({ lower, upper }) => [lower, upper]);
    fill(
      table,
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Time'),
          ...[several() ? targetOf(store.get()) : 'Forecast', ...ranges.flatMap(({ level }) => [`${percent(level)} range from`, 'to']), ...others.map(({ id }) => names.get(id) ?? '')].map((label) =>
            h('th', { scope: 'col', class: 'num' }, label),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        ...Array.from(forecast.times, (time, index) =>
          h(
            'tr',
            {},
            h('td', {}, moment(time)),
            ...[forecast.values, ...bounds, ...others.map(({ run }) => ofShown(store.get(), run)?.values ?? [])].map((values) => h('td', { class: 'num' }, write(values[index]))),
          ),
        ),
      ),
    );
  }

  const undo = [
    store.watch(
      (state) => [written(targetsOf(state)), targetOf(state)],
      (_, name) => {
        const targets = targetsOf(store.get());
        shownBox.hidden = targets.length < 2;
        fill(shown, ...targets.map((target) => h('option', { value: target }, target)));
        shown.value = name;
      },
    ),
    store.watch(
      (state) => [shownRun(state)?.test, shownRun(state)?.validation, state.draft, state.data, Boolean(shownRun(state)), targetOf(state), state.scored],
      () => {
        const { text, note: rests } = verdict(store.get());
        const [first, rest] = cut(text);
        setText(headline, first);
        setText(detail, rest);
        setText(note, rests);
      },
    ),
    store.watch(
      (state) => [state.data, targetOf(state)],
      (data, target) => {
        if (!data) return;
        const column = data.understood.columns.find(({ name }) => name === target);
        words = { write: valuesOf(column), moment: momentsOf(data.about) };
        chart?.destroy();
        chart = timeChart(box, {
          timed: isTimed(data),
          grounds: () => groundsOf(store.get(), { short: false }),
          others: () => drawnBeside(store.get()).map(({ slot, run }) => ({ slot, times: [], values: [], ...ofShown(store.get(), run) })),
          cuts: () => truncatedOf(store.get()),
          onRange: view.show,
          onCursor: tell,
        });
        chart.setMeasured(data.times, data.parts.columns[data.parts.names.indexOf(target)]);
        setText(measured, `${target}, measured`);
        drawn = null;
        tell(null);
      },
    ),
    store.watch(
      (state) => [state.draft, state.data, state.settingsProblem],
      (draft, data, problem) => {
        if ((draft || problem) && data && !store.get().range) view.goBack();
      },
    ),
    store.watch(
      (state) => [state.data, sightOf(state).steps, state.steps],
      (data, ahead, chosen) => {
        const earlier = before;
        before = { data, ahead, chosen };
        const { range } = store.get();
        if (!data || !range || earlier.data !== data || earlier.ahead === ahead) return;
        // A forecast of a new length is brought into view if a person chose it, or was looking at the previous one.
        if (earlier.chosen !== chosen || range[1] > data.times[data.times.length - 1]) view.goBack();
      },
    ),
    store.watch(
      (state) => [
        state.data,
        targetOf(state),
        state.draft,
        shownRun(state)?.configured,
        state.predictions,
        shownRun(state)?.forecast,
        state.range,
        state.theme,
      ],
      () => {
        const { predictions, range: at, data } = store.get();
        const run = shownRun(store.get());
        if (!chart || !data || !at) return;
        const name = targetOf(store.get());
        if (drawn !== predictions) chart.setPredictions([predictions.validation, predictions.test].map((all) => run && predictionsOf(run.configured, all, name)));
        chart.setForecast(shownForecast(store.get()));
        drawn = predictions;
        chart.setRange(at);
        chart.draw();
      },
    ),
    store.watch(
      (state) => [drawnBeside(state), state.catalog],
      (others, catalog) => {
        const names = catalog ? namesOf(store.get().runs, catalog) : new Map();
        fill(beside, ...others.map(({ id, slot }) => h('span', { class: 'key-run' }, swatch(slot), names.get(id) ?? '')));
        chart?.draw();
        fillTable();
      },
    ),
    store.watch(
      (state) => [shownRun(state)?.configured, state.draft, state.data, state.lead, state.steps],
      (configured, draft, data, chosenLead, chosenSteps) => {
        const horizon = (configured ?? draft)?.horizon;
        if (!horizon || !data) return;
        lead.max = String(horizon);
        lead.value = String(Math.min(horizon, chosenLead || horizon));
        steps.value = String(chosenSteps || horizon);
        setText(leadUnit, `${plural(data.about.step_label, Number(lead.value))} ahead`);
        setText(said, `${span(data.about, Number(lead.value))} ahead`);
        setText(stepsUnit, `${plural(data.about.step_label, Number(steps.value))} ahead`);
      },
    ),
    store.watch(
      (state) => [shownRun(state)?.forecast, state.data, targetOf(state), shownRun(state)?.test, shownRun(state)?.bytes],
      (all, data, name, _, bytes) => {
        save.disabled = !all;
        keepModel.disabled = !bytes;
        if (!data) return;
        const forecast = shownForecast(store.get());
        const { write, moment } = words;
        fillTable();
        if (!forecast) {
          setText(range, '');
          setText(
            summary,
            `${count(data.about.length)} values from ${moment(data.about.start)} to ${moment(data.about.end)}. There is no forecast yet.`,
          );
          return;
        }
        const last = forecast.times.length - 1;
        setText(range, rangeWords(forecast, store.get()));
        band.classList.toggle('bare', !forecast.lower);
        const { lower, upper } = forecast;
        // The range ends with the horizon; the forecast may continue.
        const banded = lower && upper && Number.isFinite(lower[last]);
        const between = banded ? `, between ${write(lower[last])} and ${write(upper[last])}` : '';
        setText(
          summary,
          `${count(data.about.length)} values from ${moment(data.about.start)} to ${moment(data.about.end)}. The forecast${several() ? ` of ${name}` : ''} begins at ${moment(forecast.times[0])} with ${write(forecast.values[0])} and ends at ${moment(forecast.times[last])} with ${write(forecast.values[last])}${between}.${forecast.no_range && ` ${forecast.no_range}`} The table below lists all values.`,
        );
      },
    ),
  ];
  return () => {
    for (const stop of undo) stop();
    chart?.destroy();
  };
}

/**
 * The range in the legend: its nominal level and its coverage of the test part, or the reason why there is none.
 * @param {Forecast} forecast Of the target on show. @param {State} state
 */
function rangeWords({ lower, level, no_range: none, note, measured }, state) {
  if (!lower) return `. ${[none, note].filter(Boolean).join(' ')}`;
  const { test } = shownRun(state) ?? {};
  // The test part is scored after the forecast is made.
  const of = test ? errorsOf(test, targetOf(state)) : null;
  const held = of?.range ?? measured[0];
  const unit = of?.unit ? ` ${of.unit}` : '';
  const words = held
    ? `covered ${percent(held.coverage)} of the test values in ${count(held.windows)} windows, mean width ${figure(held.width, 3)}${unit}`
    : 'coverage unknown until the test part is scored';
  return ` and ${percent(level)} range (${words})${note ? `. ${note}` : ''}`;
}

/** @param {State} state */
const shownForecast = (state) => ofShown(state, shownRun(state));

/** @param {State} state @param {Run | null} run @returns {Forecast | null} Its forecast of the target on show. */
const ofShown = (state, run) => run && forecastOf(run.configured, run.forecast, targetOf(state));

/** A sentence cut at its colon into headline and rest. @param {string} sentence @returns {[string, string]} */
function cut(sentence) {
  const at = sentence.indexOf(': ');
  if (at < 0) return [sentence, ''];
  const rest = sentence.slice(at + 2);
  return [`${sentence.slice(0, at)}.`, rest.charAt(0).toUpperCase() + rest.slice(1)];
}

/** @param {string} label Of one step. @param {number} [count] @returns {string} */
const plural = (label, count = 2) => (/^\d/.test(label) ? `× ${label}` : count === 1 ? label : `${label}s`);
