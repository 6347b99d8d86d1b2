/**
 * The shape of the page's state, and the queries that several views share.
 * @module
 */
/** @import {Catalog, Configured, Evaluation, Forecast, Gradients, Knob, Predictions, Probes, Progress, ReadOptions, SeriesOptions} from '../../pkg/unrolled.js' */
/** @import {Limit, Problem, Reading, Settings, Silence, TimedEpoch, Value} from '../core/protocol.js' */
/** @import {Build} from '../core/wasm.js' */
/** @import {Keeping} from './keeping.js' */
/** @import {Scored} from './scored.js' */
/** @import {Store} from './store.js' */

/** @typedef {{kind: 'sample' | 'file' | 'paste', id: string, name: string}} Source `id`: a sample's id; `name`: its name for a person. */
/** @typedef {Reading & {id: string, source: Source, blob: Blob, read: ReadOptions, series: SeriesOptions}} Dataset `id`: equal for equal values under the same name, in every tab. */

/** @typedef {'ready' | 'running' | 'paused' | 'stopped' | 'finished' | 'failed'} RunStatus */
/**
 * A started model.
 * @typedef {object} Run
 * @property {number} id Of its entry in the list of runs.
 * @property {RunStatus} status
 * @property {Settings} asked The settings that a person chose for it.
 * @property {Build | ''} [build] Build that trained it; '' if unknown (a model from a file).
 * @property {Configured} configured
 * @property {Progress} progress
 * @property {TimedEpoch[]} epochs
 * @property {Problem | null} problem
 * @property {Evaluation | null} validation
 * @property {Evaluation | null} test
 * @property {Forecast | null} forecast
 * @property {string} forecastProblem Why there is no forecast, or ''.
 * @property {Uint8Array | null} bytes The best weights, as a file.
 * @property {{bytes: Uint8Array, step: number, epoch: number} | null} [latest] The weights after this step, within this epoch:
 *   newer than `bytes`, and not validated.
 * @property {{step: number, epoch: number} | null} [unvalidated] Set if `bytes` are such weights.
 * @property {boolean} [loaded] Whether it comes from a file, with only its best epoch known of its training.
 * @property {boolean} [otherRows] Whether a person has said that the data are another series of the kind of its training.
 * @property {number} workers Number of workers that train it.
 * @property {number} elapsed Milliseconds of training.
 * @property {string} remark A remark on its source.
 * @property {Gradients} [gradients] The last gradients through time.
 */

/**
 * “Look inside” for the run on show.
 * @typedef {object} Sighting
 * @property {boolean} seen Whether it is in view; otherwise nothing is requested.
 * @property {'' | 'layers' | 'runs'} lines The chosen subject of the lines in the gradients' chart; '' for none.
 * @property {number} of Id of the run.
 * @property {number | null} window A window of the test part, or `null`: the forecast's input.
 * @property {string} chosen The inner value on show, by `keyOf`; '' for the first.
 * @property {Probes | null} probes All inner values.
 * @property {number} index Index of the one on show.
 * @property {Float32Array | null} values Its values.
 * @property {string} problem Why there are none, or ''.
 * @property {boolean} lost Whether the worker's death is the reason.
 */

/**
 * A training in the list of runs: it waits for a worker, trains, or has ended.
 * @typedef {object} Entry
 * @property {number} id
 * @property {string} data Id of its data.
 * @property {Settings} asked The settings that a person chose for it.
 * @property {number} slot Number of its colour and dash.
 * @property {Limit} limit Its budget.
 * @property {boolean} [among] Whether it belongs to a comparison.
 * @property {boolean} ticked Whether its forecast is also in the chart.
 * @property {Run | null} run `null` before its start.
 * @property {Problem | null} problem Why it did not begin, or failed.
 * @property {'below' | 'tab'} [apart] The place of its training, unless the worker of the model above: a worker of a comparison, or another tab.
 */

/**
 * The settings of a comparison.
 * @typedef {object} Contest
 * @property {string[] | null} architectures `null`: those ticked by default.
 * @property {'time' | 'steps' | 'none'} budget The budget, equal for all.
 * @property {number} seconds
 * @property {number} steps 0: a few epochs.
 * @property {'epochs' | 'seconds'} against The x axis of the curves.
 * @property {boolean} equal Whether all have about as many parameters as the draft.
 */

/**
 * A silent busy worker. `who`: the subject of a sentence; `loss`: the cost of ending it.
 * @typedef {Silence & {key: string, who: string, loss: string}} SilentWorker
 */

/**
 * @typedef {object} State
 * @property {Catalog | null} catalog
 * @property {Dataset | null} data
 * @property {EarlierData[]} earlierData Data that “Restore” brings back, the newest last.
 * @property {{name: string, share: number | null} | null} reading The file being read, and the share that has been read, if known.
 * @property {Problem | null} dataProblem
 * @property {Settings} settings A person's settings; absent ones have their defaults.
 * @property {Settings | null} earlierSettings
 * @property {Build | null} fastest The fastest build that this browser runs; `null`: none.
 * @property {boolean} reproducible Whether new models are reproducible everywhere, rather than trained as fast as possible.
 * @property {Configured | null} draft Configuration of the present settings.
 * @property {Problem | null} settingsProblem
 * @property {Entry[]} runs Every training on the data, in the order of their start.
 * @property {number} shownId Id of the run on show; 0: none. `shownRun` reads it.
 * @property {{validation: Predictions | null, test: Predictions | null}} predictions Predictions of the run on show.
 * @property {{run: Run, why: string} | null} earlierRun
 * @property {Entry[]} removed Runs taken off the list, which can be brought back.
 * @property {Contest} contest
 * @property {Scored} scored Number of test scorings of each experiment.
 * @property {'none' | 'running' | 'paused' | 'ending'} comparing State of the comparison.
 * @property {Problem | null} runProblem A model file that failed to load, or a worker's death.
 * @property {number} workers Number of workers for the next model; 0: the fastest number.
 * @property {string} shown The target on show, where there are several; any other name means the first.
 * @property {number} lead Steps ahead of the predictions that are drawn; 0: the whole horizon.
 * @property {number} steps Steps of the forecast beyond the end; 0: one horizon.
 * @property {[number, number] | null} range Range of the forecast's chart.
 * @property {{value: number | null, words: string}} crossing A value whose chance of being crossed is asked for, and the answer.
 * @property {Sighting} inside
 * @property {Record<string, boolean>} open The unfolded details.
 * @property {'light' | 'dark'} theme
 * @property {Keeping} keeping Status of the browser's storage.
 * @property {string} told A remark on a person's last action, until they have read it.
 * @property {string[]} asked Pending actions, by the names of their buttons.
 * @property {SilentWorker[]} silent Silent busy workers.
 * @property {string} said The last thing said aloud to a screen reader.
 * @property {string} broken Why the page cannot compute at all, or ''.
 */

/** Replaced data, with their runs. @typedef {{data: Dataset} & Pick<State, 'runs' | 'removed' | 'shownId'>} EarlierData */

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
    crossing: { value: null, words: '' },
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

/** The knobs with a special place on the page; everything else about knobs comes from the catalog. */
export const ROLE = /** @type {const} */ ({ architecture: 'architecture', target: 'target', inputs: 'inputs', seed: 'seed', gaps: 'gaps', longestFill: 'longest_fill' });

/**
 * A knob's default: that of the chosen architecture, or else its own.
 * @param {Catalog | null} catalog @param {Settings} settings @param {Knob} knob @returns {Value}
 */
export function defaultOf(catalog, settings, knob) {
  const chosen = settings[ROLE.architecture] ?? catalog?.knobs.find(({ key }) => key === ROLE.architecture)?.default;
  return (catalog && choicesOf(catalog).find(({ id }) => id === chosen))?.defaults[knob.key] ?? knob.default;
}

/** @param {Catalog} catalog @returns {Catalog['architectures']} What can be chosen to be trained: the automatic choice first, then each architecture. */
export const choicesOf = ({ automatic, architectures }) => [automatic, ...architectures];

/** @param {Knob} knob @returns {boolean} Whether its default is automatic: the core chooses a value for the data. */
export const isAutomatic = ({ kind, default: usual }) => (kind.type === 'integer' && usual === 0) || (kind.type === 'text' && usual === '');

/** @param {State} state @param {Knob} knob @returns {Value} The knob's value: chosen, or its default. */
export function valueOf(state, knob) {
  return state.settings[knob.key] ?? defaultOf(state.catalog, state.settings, knob);
}

/** @param {State} state @returns {string} The chosen architecture. */
export function architectureOf({ settings, draft, catalog }) {
  const knob = catalog?.knobs.find(({ key }) => key === ROLE.architecture);
  return String(settings[ROLE.architecture] ?? draft?.settings[ROLE.architecture] ?? knob?.default ?? '');
}

/**
 * Whether these settings use a knob: its condition holds, and the architecture reads it or no architecture lists it.
 * @param {State} state @param {Knob} knob @returns {boolean}
 */
export function isOfUse(state, knob) {
  const { catalog } = state;
  if (!catalog) return false;
  const owners = choicesOf(catalog).filter(({ knobs }) => knobs.includes(knob.key));
  if (owners.length && !owners.some(({ id }) => id === architectureOf(state))) return false;
  if (!knob.when) return true;
  const [key, values] = knob.when;
  const other = catalog.knobs.find((candidate) => candidate.key === key);
  return !other || values.includes(String(valueOf(state, other)));
}

/** Remarks on runs that train elsewhere. */
const REMARKS = {
  below: 'It is training below; this view follows its reports.',
  tab: 'It is training in another tab; this view follows its kept state.',
};
/** Runs that train elsewhere, in the form for display. @type {WeakMap<Run, Run>} */
const elsewhere = new WeakMap();

/** @param {Pick<State, 'runs' | 'shownId'>} state @returns {Run | null} The run on show. One that trains elsewhere cannot be paused or stopped here, and is shown as stopped. */
export function shownRun({ runs, shownId }) {
  const entry = runs.find(({ id }) => id === shownId);
  const run = entry?.run;
  if (!run || !entry.apart || isOver(run)) return run ?? null;
  const shown = elsewhere.get(run) ?? { ...run, status: 'stopped', remark: REMARKS[entry.apart] };
  elsewhere.set(run, shown);
  return shown;
}

/** @param {Run} run @returns {boolean} Whether its training has ended, so that only a new model can be trained. */
export function isOver({ status }) {
  return status === 'finished' || status === 'stopped' || status === 'failed';
}

/** @param {State} state @returns {Build | null} Build of the next model. */
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

/** @param {State} state @returns {'layers' | 'runs'} Subject of the lines in the gradients' chart; by default all runs during a comparison and after it. */
export function linesOf(state) {
  const { runs, inside, comparing } = state;
  // Without a run on show there are no layers.
  if (!shownRun(state)) return 'runs';
  return inside.lines || (comparing !== 'none' || runs.at(-1)?.among ? 'runs' : 'layers');
}
