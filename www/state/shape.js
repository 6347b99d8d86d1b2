/**
 * The shape of the page's state, and the few questions that several views ask of it.
 * @module
 */
/** @import {Catalog, Configured, Evaluation, Forecast, Gradients, Knob, Predictions, Probes, Progress, ReadOptions, SeriesOptions} from '../../pkg/unrolled.js' */
/** @import {Limit, Problem, Reading, Settings, Silence, TimedEpoch, Value} from '../core/protocol.js' */
/** @import {Build} from '../core/wasm.js' */
/** @import {Keeping} from './keeping.js' */
/** @import {Scored} from './scored.js' */
/** @import {Store} from './store.js' */

/** @typedef {{kind: 'sample' | 'file' | 'paste', id: string, name: string}} Source `id`: a sample's id; `name`: what a person calls it. */
/** @typedef {Reading & {id: string, source: Source, blob: Blob, read: ReadOptions, series: SeriesOptions}} Dataset `id`: the same for the same values under the same name, in every tab. */

/** @typedef {'ready' | 'running' | 'paused' | 'stopped' | 'finished' | 'failed'} RunStatus */
/**
 * A model that has been started.
 * @typedef {object} Run
 * @property {number} id Of its entry in the list of runs.
 * @property {RunStatus} status
 * @property {Settings} asked The settings that a person chose for it.
 * @property {Build | ''} [build] What trained it; nothing where that is not known (a model from a file).
 * @property {Configured} configured
 * @property {Progress} progress
 * @property {TimedEpoch[]} epochs
 * @property {Problem | null} problem
 * @property {Evaluation | null} validation
 * @property {Evaluation | null} test
 * @property {Forecast | null} forecast
 * @property {string} forecastProblem Why there is no forecast, or ''.
 * @property {Uint8Array | null} bytes The best weights, as a file.
 * @property {{bytes: Uint8Array, step: number, epoch: number} | null} [latest] The weights as training had them after this step, in the
 *   middle of this epoch: newer than `bytes`, and not validated.
 * @property {{step: number, epoch: number} | null} [unvalidated] Set where `bytes` are such weights.
 * @property {boolean} [loaded] Whether it comes from a file: how it was trained is not known but for its best epoch.
 * @property {boolean} [otherRows] Whether a person has said that the data are another series of the kind that it was trained on.
 * @property {number} workers How many train it now.
 * @property {number} elapsed Milliseconds of training.
 * @property {string} remark What a person should know about where it comes from.
 * @property {Gradients} [gradients] Through time, as they were read last.
 */

/**
 * What a person sees inside the run that is shown.
 * @typedef {object} Sighting
 * @property {boolean} seen Whether it is before a person's eyes: nothing is asked for otherwise.
 * @property {'' | 'layers' | 'runs'} lines What a person chose that the gradients' chart has lines for; '' nothing yet.
 * @property {number} of The run.
 * @property {number | null} window A window of the test part, or `null`: the one that the forecast is made from.
 * @property {string} chosen Which inner value, by `keyOf`; '' the first.
 * @property {Probes | null} probes All that can be seen.
 * @property {number} index Which of them is.
 * @property {Float32Array | null} values Its values.
 * @property {string} problem Why there are none, or ''.
 * @property {boolean} lost Whether that is because the worker died.
 */

/**
 * A training in the list of runs: it waits for a worker, trains, or is over.
 * @typedef {object} Entry
 * @property {number} id
 * @property {string} data The data that it belongs to, by their id.
 * @property {Settings} asked The settings that a person chose for it.
 * @property {number} slot Which colour and dash it is drawn with.
 * @property {Limit} limit Where its training ends if it has not ended before.
 * @property {boolean} [among] Whether it is one of a comparison.
 * @property {boolean} ticked Whether its forecast is drawn beside the one that is shown.
 * @property {Run | null} run Nothing before it has begun.
 * @property {Problem | null} problem Why it did not begin, or ended by itself.
 * @property {'below' | 'tab'} [apart] Where it trains, unless in the worker of the model above: in one of a comparison, or in another tab.
 */

/**
 * What a comparison is to be.
 * @typedef {object} Contest
 * @property {string[] | null} architectures `null`: those that are ticked by themselves.
 * @property {'time' | 'steps' | 'none'} budget What is the same for all.
 * @property {number} seconds
 * @property {number} steps 0: a few epochs.
 * @property {'epochs' | 'seconds'} against What the curves are drawn against.
 * @property {boolean} equal Whether all have about as many parameters as the model that the settings describe.
 */

/**
 * A worker that is waited for and says nothing. `who`: the subject of a sentence; `loss`: what ending it costs.
 * @typedef {Silence & {key: string, who: string, loss: string}} SilentWorker
 */

/**
 * @typedef {object} State
 * @property {Catalog | null} catalog
 * @property {Dataset | null} data
 * @property {EarlierData[]} earlierData What "Restore" brings back, the newest last.
 * @property {{name: string, share: number | null} | null} reading What is being read, and which share of it has been where that is known.
 * @property {Problem | null} dataProblem
 * @property {Settings} settings What a person chose; what is absent takes its default.
 * @property {Settings | null} earlierSettings
 * @property {Build | null} fastest The fastest build that this browser runs; `null`: it runs none.
 * @property {boolean} reproducible Whether new models are to be the same everywhere, rather than trained as fast as can be.
 * @property {Configured | null} draft What the settings give.
 * @property {Problem | null} settingsProblem
 * @property {Entry[]} runs Every training on the data, in the order in which they were asked for.
 * @property {number} shownId The run that is shown above; 0: none. `shownRun` reads it.
 * @property {{validation: Predictions | null, test: Predictions | null}} predictions Of the run that is shown.
 * @property {{run: Run, why: string} | null} earlierRun
 * @property {Entry[]} removed Runs that were taken off the list, to be brought back.
 * @property {Contest} contest
 * @property {Scored} scored How often the test part of each experiment was scored.
 * @property {'none' | 'running' | 'paused' | 'ending'} comparing Whether several are being trained side by side.
 * @property {Problem | null} runProblem A file of a model that could not be loaded, a dead worker.
 * @property {number} workers How many should train the next model; 0: as many as are fastest.
 * @property {string} shown The column that is shown where several are forecast; the first of them if it is none of them.
 * @property {number} lead Steps ahead of the predictions that are drawn; 0: the whole horizon.
 * @property {number} steps Steps of the forecast beyond the end; 0: one horizon.
 * @property {[number, number] | null} range What the forecast's chart shows.
 * @property {Sighting} inside
 * @property {Record<string, boolean>} open Which details are unfolded.
 * @property {'light' | 'dark'} theme
 * @property {Keeping} keeping How it stands with what is kept in this browser.
 * @property {string} told What a person should know of what they have just asked for, until they have read it.
 * @property {string[]} asked What a person has asked for and waits for, by the names of the buttons.
 * @property {SilentWorker[]} silent Workers that are waited for and say nothing.
 * @property {string} said The last thing said aloud to a screen reader.
 * @property {string} broken Why the page cannot compute at all, or ''.
 */

/** Data that others have taken the place of, with what was trained on them. @typedef {{data: Dataset} & Pick<State, 'runs' | 'removed' | 'shownId'>} EarlierData */

/** @typedef {Store<State>} PageStore */

/** @type {State['predictions']} */
export const NO_PREDICTIONS = { validation: null, test: null };

/** @param {Pick<State, 'theme' | 'fastest' | 'reproducible' | 'workers' | 'keeping'>} given @returns {State} */
export function initialState({ theme, fastest, reproducible, workers, keeping }) {
  return {
    catalog: null,
    data: null,
    earlierData: [],
    reading: null,
    dataProblem: null,
    settings: {},
    earlierSettings: null,
    fastest,
    reproducible,
    draft: null,
    settingsProblem: null,
    runs: [],
    shownId: 0,
    predictions: NO_PREDICTIONS,
    earlierRun: null,
    removed: [],
    scored: {},
    contest: { architectures: null, budget: 'time', seconds: 10, steps: 0, equal: false, against: 'epochs' },
    comparing: 'none',
    runProblem: null,
    workers,
    shown: '',
    lead: 0,
    steps: 0,
    range: null,
    inside: { seen: false, lines: '', of: 0, window: null, chosen: '', probes: null, index: 0, values: null, problem: '', lost: false },
    open: {},
    asked: [],
    silent: [],
    theme,
    keeping,
    told: '',
    said: '',
    broken: '',
  };
}

/** The keys that the page gives a place of their own; everything else about knobs comes from the catalog. */
export const ROLE = /** @type {const} */ ({ architecture: 'architecture', target: 'target', inputs: 'inputs', seed: 'seed', gaps: 'gaps', longestFill: 'longest_fill' });

/**
 * A knob's default: that of the architecture which the settings choose, or else its own.
 * @param {Catalog | null} catalog @param {Settings} settings @param {Knob} knob @returns {Value}
 */
export function defaultOf(catalog, settings, knob) {
  const chosen = settings[ROLE.architecture] ?? catalog?.knobs.find(({ key }) => key === ROLE.architecture)?.default;
  return catalog?.architectures.find(({ id }) => id === chosen)?.defaults[knob.key] ?? knob.default;
}

/** @param {Knob} knob @returns {boolean} Whether its default is no value but a word that the core chooses one to fit the data. */
export const isAutomatic = ({ kind, default: usual }) => (kind.type === 'integer' && usual === 0) || (kind.type === 'text' && usual === '');

/** @param {State} state @param {Knob} knob @returns {Value} The knob's value: chosen, or its default. */
export function valueOf(state, knob) {
  return state.settings[knob.key] ?? defaultOf(state.catalog, state.settings, knob);
}

/** @param {State} state @returns {string} The architecture that the settings choose. */
export function architectureOf({ settings, draft, catalog }) {
  const knob = catalog?.knobs.find(({ key }) => key === ROLE.architecture);
  return String(settings[ROLE.architecture] ?? draft?.settings[ROLE.architecture] ?? knob?.default ?? '');
}

/**
 * Whether a knob is of use under these settings: its condition holds, and the architecture reads it or no architecture
 * claims it.
 * @param {State} state @param {Knob} knob @returns {boolean}
 */
export function isOfUse(state, knob) {
  const { catalog } = state;
  if (!catalog) return false;
  const owners = catalog.architectures.filter(({ knobs }) => knobs.includes(knob.key));
  if (owners.length && !owners.some(({ id }) => id === architectureOf(state))) return false;
  if (!knob.when) return true;
  const [key, values] = knob.when;
  const other = catalog.knobs.find((candidate) => candidate.key === key);
  return !other || values.includes(String(valueOf(state, other)));
}

/** Said of a run that trains elsewhere. */
const REMARKS = {
  below: 'It is training below; this view follows its reports.',
  tab: 'It is training in another tab; this view follows its kept state.',
};
/** Runs that train elsewhere, as they are shown. @type {WeakMap<Run, Run>} */
const elsewhere = new WeakMap();

/** @param {Pick<State, 'runs' | 'shownId'>} state @returns {Run | null} The run above. One that trains elsewhere cannot be paused or stopped here: it is shown as one that has stopped. */
export function shownRun({ runs, shownId }) {
  const entry = runs.find(({ id }) => id === shownId);
  const run = entry?.run;
  if (!run || !entry.apart || isOver(run)) return run ?? null;
  const shown = elsewhere.get(run) ?? { ...run, status: 'stopped', remark: REMARKS[entry.apart] };
  elsewhere.set(run, shown);
  return shown;
}

/** @param {Run} run @returns {boolean} Whether its training is over: only a new model can be trained then. */
export function isOver({ status }) {
  return status === 'finished' || status === 'stopped' || status === 'failed';
}

/** @param {State} state @returns {Build | null} What trains the next model. */
export function buildOf({ fastest, reproducible }) {
  return fastest && reproducible ? 'plain' : fastest;
}

/** @param {State} state @returns {boolean} Whether the settings have changed since the run was started. */
export function isStale(state) {
  const { draft } = state;
  const run = shownRun(state);
  if (!run || !draft) return false;
  return Boolean(run.build && run.build !== buildOf(state)) || JSON.stringify(run.configured.settings) !== JSON.stringify(draft.settings);
}

/** @param {State} state @returns {import('../core/protocol.js').Sight} */
export function sightOf(state) {
  const { lead, steps, draft } = state;
  const horizon = shownRun(state)?.configured.horizon ?? draft?.horizon ?? 1;
  return { lead: lead || horizon, steps: steps || horizon };
}

/** @param {State} state @returns {'layers' | 'runs'} What the gradients' chart has lines for: of itself, all runs during a comparison and after it. */
export function linesOf(state) {
  const { runs, inside, comparing } = state;
  // Without a run that is shown there are no layers to be drawn.
  if (!shownRun(state)) return 'runs';
  return inside.lines || (comparing !== 'none' || runs.at(-1)?.among ? 'runs' : 'layers');
}
