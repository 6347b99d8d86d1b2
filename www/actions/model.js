/**
 * The actions on the model above. This file decides which run is shown (that of the data, an earlier one, one of the list, one from
 * a file) and how much of its results. `training.js` trains it, `settings.js` holds the next one's settings.
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
  const { worker, judge, measured, restored, pauseNow, actions: training } = trainingActions(store, list, inTurn, silence, deaths);
  const { call, attempt, configure, restore } = worker;
  /** The refused file of a model trained on other rows than the data's. @type {{blob: Blob, name: string} | null} */
  let refused = null;
  /** The worker's last weights. @type {Run['bytes']} */
  let given = null;
  /** Whether newer ones are being sent. */
  let renewing = false;

  /** Asks for the predictions of the run on show, which are not stored since its weights give them again. */
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
    // Another run may be on show by now, and the forecast may be its own.
    if (store.get().shownId !== run.id) return;
    if (forecast) list.changeRun(run.id, { forecast, forecastProblem: '' });
    else store.set({ steps: 0 });
  }

  /** Shows a run with its predictions. @param {Run} run @returns {Promise<boolean>} */
  async function bring(run) {
    if (!(await restore(run))) return false;
    given = run.bytes;
    await predict();
    const { lead, steps } = store.get();
    if (lead > run.configured.horizon) store.set({ lead: run.configured.horizon });
    if (steps) await reach(steps);
    return true;
  }

  /** @returns {Run | null} The run on show, if it trains elsewhere or has ended there with newer weights than the worker's. */
  function followed() {
    const { shownId } = store.get();
    const entry = list.find(shownId);
    const run = entry?.run;
    return run?.bytes && run.bytes !== given && (entry?.apart || isOver(run)) ? run : null;
  }

  /** Updates the predictions of a run on show that trains elsewhere. @param {number} id */
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
   * A saved model names every setting. Automatic settings stay automatic where that gives the same value.
   * @param {Settings} asked @param {Settings} resolved Their resolved values. @returns {Promise<Settings>}
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

  /** @param {Blob} blob @param {string} name @param {boolean} otherRows Whether the data are another series of the kind of its training. */
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
    list.changeRun(id, { asked: await withoutAutomatic(asked, loaded.configured.settings) });
    const report = await attempt(() => call('report', { sight: sightOf(store.get()) }));
    if (report) list.take(id, report, { bytes });
    await judge(id);
  }

  return {
    ...training,
    ...settingsActions(store, configure),
    look,
    reach,
    ask: worker.ask,
    ready: worker.ready,
    deaths,

    /** Data were replaced; their earlier run on show, if any, comes back. */
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

    /** Shows a run of the list: loads its weights and draws their predictions. */
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

    /** Loads a model from a file. */
    load: inTurn((/** @type {Blob} */ blob, /** @type {string} */ name) => load(blob, name, false), 'Open'),

    /** Loads the refused model, since a person says that the data are another series of its kind. */
    loadOnOtherRows: inTurn(async () => {
      if (refused) await load(refused.blob, refused.name, true);
    }, 'Open'),

    /** The model of the last visit. @returns {Promise<boolean>} Whether it could be restored. */
    resume: inTurn(async (/** @type {Run} */ run) => {
      if (!(await bring(withWeights(run)))) return false;
      list.changeRun(run.id, { remark: 'This is the model of your last visit.' });
      await restored(run);
      return true;
    }),
  };
}

/** @typedef {ReturnType<typeof modelActions>} ModelActions */
