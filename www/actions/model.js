/**
 * What a person can do with the model above. Here: which run is shown (that of the data, an earlier one, one of the list, one
 * from a file) and how much of what it says. `training.js` trains it, `settings.js` has what the next one is to be.
 * @module
 */
import { bytesOf } from '../core/drive.js';
import { askToLast } from '../state/keeping.js';
import { newId, newRun, toBringBack, withWeights } from '../state/run.js';
import { isAutomatic, isOver, shownRun, sightOf } from '../state/shape.js';
import { deathRecord } from './deaths.js';
import { asTrained, differing, settingsActions } from './settings.js';
import { trainingActions } from './training.js';
import { turns } from './turns.js';
import { tryToRead, unreadable } from './unreadable.js';

/** @import {Settings} from '../core/protocol.js' */
/** @import {Dataset, PageStore, Run} from '../state/shape.js' */
/** @import {RunList} from './run_list.js' */
/** @import {SilenceActions} from './silence.js' */

/** @param {PageStore} store @param {RunList} list @param {SilenceActions} silence */
export function modelActions(store, list, silence) {
  const inTurn = turns((asked) => store.set({ asked }));
  const deaths = deathRecord(store);
  const { worker, judge, setRun, measured, restored, pauseNow, actions: training } = trainingActions(store, list, inTurn, silence, deaths);
  const { call, attempt, configure, restore } = worker;
  /** The file of a model that was trained on other rows than those of the data. @type {{blob: Blob, name: string} | null} */
  let refused = null;
  /** The weights that the worker was given last. @type {Run['bytes']} */
  let given = null;
  /** Whether newer ones are on their way to it. */
  let renewing = false;

  /** Asks what the run that is shown predicts: it is not kept, because its weights give it again. */
  async function predict() {
    const run = shownRun(store.get());
    if (!run?.validation) return;
    const lead = Math.min(sightOf(store.get()).lead, run.configured.horizon);
    const validation = await attempt(() => call('predictions', { part: 'validation', lead }));
    const test = run.test ? await attempt(() => call('predictions', { part: 'test', lead })) : null;
    if (validation && store.get().shownId === run.id) store.set({ predictions: { validation, test: test ?? null } });
  }

  /** @param {number} lead Steps ahead of the predictions that are drawn. */
  async function look(lead) {
    store.set({ lead });
    await predict();
  }

  /** @param {number} steps Of the forecast. */
  async function reach(steps) {
    const run = shownRun(store.get());
    store.set({ steps });
    if (!run?.forecast) return;
    const forecast = await attempt(() => call('forecast', { steps }));
    if (forecast) setRun({ forecast, forecastProblem: '' }, run.id);
    else store.set({ steps: 0 });
  }

  /** Puts a run above, with what it predicts. @param {Run} run @returns {Promise<boolean>} */
  async function bring(run) {
    if (!(await restore(run))) return false;
    given = run.bytes;
    await predict();
    const { lead, steps } = store.get();
    if (lead > run.configured.horizon) store.set({ lead: run.configured.horizon });
    if (steps) await reach(steps);
    return true;
  }

  /** @returns {Run | null} The run that is shown, where it trains elsewhere or has ended there with other weights than the worker was given. */
  function followed() {
    const { shownId } = store.get();
    const entry = list.find(shownId);
    const run = entry?.run;
    return run?.bytes && run.bytes !== given && (entry?.apart || isOver(run)) ? run : null;
  }

  /** A run that is shown while it trains elsewhere is followed: what its weights predict by now. @param {number} id */
  async function renew(id) {
    if (renewing || store.get().shownId !== id || !followed()) return;
    renewing = true;
    await inTurn(async () => {
      renewing = false;
      const run = followed();
      if (store.get().shownId === id && run) await bring(run);
    })();
  }
  store.watch(
    (state) => [list.find(state.shownId)?.apart ? followed() : null],
    (run) => {
      if (run) void renew(run.id);
    },
  );

  /**
   * A saved model names every setting. Those that are chosen to fit the data are left to that where it chooses the same.
   * @param {Settings} asked @param {Settings} resolved What they are to be. @returns {Promise<Settings>}
   */
  async function withoutAutomatic(asked, resolved) {
    const automatic = store.get().catalog?.knobs.filter(isAutomatic).map(({ key }) => key) ?? [];
    const chosen = Object.fromEntries(Object.entries(asked).filter(([key]) => !automatic.includes(key)));
    store.set({ settings: chosen });
    const fits = (await configure()) ? store.get().draft?.settings : undefined;
    const pinned = Object.fromEntries(Object.entries(asked).filter(([key]) => automatic.includes(key) && fits?.[key] !== resolved[key]));
    const settings = { ...chosen, ...pinned };
    store.set({ settings });
    if (Object.keys(pinned).length) await configure();
    return settings;
  }

  /** @param {Blob} blob @param {string} name @param {boolean} otherRows Whether the data are another series of the kind that it was trained on. */
  async function load(blob, name, otherRows) {
    askToLast();
    let bytes;
    try {
      await tryToRead(blob);
      bytes = await bytesOf(blob);
    } catch (error) {
      const why = unreadable(error);
      if (!why) throw error;
      store.set({ runProblem: { message: `${name} was not opened. ${why}` } });
      return;
    }
    const id = newId();
    const loaded = await attempt(() => call('load', { run: id, bytes, settings: store.get().settings, otherRows }));
    refused = loaded ? null : { blob, name };
    if (!loaded) return;
    const { earlierRun } = store.get();
    const run = shownRun(store.get());
    const asked = differing(store.get(), loaded.configured.settings);
    const remark = [`Loaded from ${name}.`, loaded.configured.trained_on].filter(Boolean).join(' ');
    const next = { ...newRun(id, loaded.configured, loaded.progress, asked, ''), bytes, loaded: true, otherRows, remark };
    list.show(id, { ...next, status: 'stopped' }, { earlierRun: toBringBack(run, 'the model before this one') ?? earlierRun, runProblem: null });
    setRun({ asked: await withoutAutomatic(asked, loaded.configured.settings) });
    const report = await attempt(() => call('report', { sight: sightOf(store.get()) }));
    if (report) list.take(id, report, { bytes });
    await judge();
  }

  return {
    ...training,
    ...settingsActions(store, configure),
    look,
    reach,
    ask: worker.ask,
    ready: worker.ready,
    deaths,

    /** Data were replaced; the run of these data that was shown before, if any, is back. */
    replaced: inTurn(async (/** @type {Dataset} */ data, /** @type {Settings} */ settings, /** @type {Run | null} */ back) => {
      store.set({
        settings: back ? back.asked : settings,
        draft: null,
        settingsProblem: null,
        earlierRun: null,
        runProblem: null,
        shown: '',
        lead: 0,
        steps: 0,
      });
      await worker.open(data);
      await configure();
      if (back && (await bring(withWeights(back)))) await restored(back);
    }),

    bringBackRun: inTurn(async () => {
      await pauseNow();
      const { earlierRun } = store.get();
      const run = shownRun(store.get());
      if (!earlierRun || !(await bring(earlierRun.run))) return;
      store.set({
        earlierRun: toBringBack(run, 'the newer model'),
        settings: earlierRun.run.asked,
        runProblem: null,
      });
      asTrained(store, earlierRun.run);
      await configure();
      await measured();
    }, 'Restore'),

    /** A run of the list takes the place of the one that is shown: its weights are loaded, and what they predict is drawn. */
    show: inTurn(async (/** @type {number} */ id) => {
      await pauseNow();
      const { settings } = store.get();
      const next = list.find(id)?.run;
      if (!next || !(await bring(next))) return;
      store.set({ settings: next.asked, earlierSettings: settings, runProblem: null });
      asTrained(store, next);
      await configure();
      await measured();
    }, 'Show'),

    renew,

    /** A model from a file. */
    load: inTurn((/** @type {Blob} */ blob, /** @type {string} */ name) => load(blob, name, false), 'Open'),

    /** The same that was refused because it was trained on other rows: a person says that these are another series of its kind. */
    loadOnOtherRows: inTurn(async () => {
      if (refused) await load(refused.blob, refused.name, true);
    }, 'Open'),

    /** The model of the last visit. @returns {Promise<boolean>} Whether it is there. */
    resume: inTurn(async (/** @type {Run} */ run) => {
      if (!(await bring(withWeights(run)))) return false;
      setRun({ remark: 'This is the model of your last visit.' });
      await restored(run);
      return true;
    }),
  };
}

/** @typedef {ReturnType<typeof modelActions>} ModelActions */
