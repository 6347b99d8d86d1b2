/**
 * What a person can do with the model above. Here: which run is shown (that of the data, an earlier one, one of the list, one
 * from a file) and how much of what it says. `training.js` trains it, `settings.js` has what the next one is to be.
 * @module
 */
import { bytesOf } from '../core/drive.js';
import { askToLast, keepRun } from '../state/persist.js';
import { newId, newRun, settled, toBringBack, withWeights } from '../state/run.js';
import { isAutomatic, sightOf } from '../state/shape.js';
import { deathRecord } from './deaths.js';
import { asTrained, differing, settingsActions } from './settings.js';
import { trainingActions } from './training.js';
import { turns } from './turns.js';
import { tryToRead, unreadable } from './unreadable.js';

/** @import {Settings} from '../core/protocol.js' */
/** @import {Dataset, PageStore, Run} from '../state/shape.js' */
/** @import {SilenceActions} from './silence.js' */

/** @param {PageStore} store @param {SilenceActions} silence */
export function modelActions(store, silence) {
  const inTurn = turns((asked) => store.set({ asked }));
  const deaths = deathRecord(store);
  const { worker, judge, setRun, told, measured, restored, keep, pauseNow, actions: training } = trainingActions(store, inTurn, silence, deaths);
  const { call, attempt, configure, restore } = worker;
  /** The run that belongs to data which is put aside. @type {WeakMap<object, Run>} */
  const putAside = new WeakMap();
  /** @type {Dataset | null} */ let opened = null;
  /** The file of a model that was trained on other rows than those of the data. @type {{blob: Blob, name: string} | null} */ let refused = null;

  /** @param {number} lead Steps ahead of the predictions that are drawn. */
  async function look(lead) {
    store.set({ lead });
    const { run } = store.get();
    if (!run?.validation) return;
    const validation = await attempt(() => call('predictions', { part: 'validation', lead }));
    const test = run.test ? await attempt(() => call('predictions', { part: 'test', lead })) : null;
    if (validation) setRun({ predictions: { validation, test: test ?? null } }, run.id);
  }

  /** @param {number} steps Of the forecast. */
  async function reach(steps) {
    const { run } = store.get();
    store.set({ steps });
    if (!run?.forecast) return;
    const forecast = await attempt(() => call('forecast', { steps }));
    if (forecast) setRun({ forecast, forecastProblem: '' }, run.id);
    else store.set({ steps: 0 });
  }

  /** What a run of the list predicts is asked of its weights once more. @param {Run} run */
  async function drawn({ configured: { horizon } }) {
    const { lead, steps } = store.get();
    await look(Math.min(lead || horizon, horizon));
    if (steps) await reach(steps);
    keep();
  }

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
    const loaded = await attempt(() => call('load', { bytes, settings: store.get().settings, otherRows }));
    refused = loaded ? null : { blob, name };
    if (!loaded) return;
    const { run, earlierRun } = store.get();
    const asked = differing(store.get(), loaded.configured.settings);
    store.set({
      run: {
        ...newRun(newId(), loaded.configured, loaded.progress, asked, ''),
        status: 'stopped',
        bytes,
        loaded: true,
        otherRows,
        remark: [`Loaded from ${name}.`, loaded.configured.trained_on].filter(Boolean).join(' '),
      },
      earlierRun: toBringBack(run, 'the model before this one') ?? earlierRun,
      runProblem: null,
    });
    setRun({ asked: await withoutAutomatic(asked, loaded.configured.settings) });
    const report = await attempt(() => call('report', { sight: sightOf(store.get()) }));
    if (report) setRun({ ...told(report), bytes });
    await judge();
    keep();
  }

  return {
    ...training,
    ...settingsActions(store, configure),
    look,
    reach,
    ask: worker.ask,
    ready: worker.ready,
    deaths,

    /** Data were replaced: the run of the old data is put aside, and the one of the new data, if any, is back. */
    replaced: inTurn(async (/** @type {Dataset} */ data, /** @type {Settings} */ settings) => {
      const { run } = store.get();
      if (opened && run) putAside.set(opened, run);
      opened = data;
      const back = putAside.get(data) ?? null;
      store.set({
        settings: back ? back.asked : settings,
        draft: null,
        settingsProblem: null,
        run: null,
        earlierRun: null,
        runProblem: null,
        shown: '',
        lead: 0,
        steps: 0,
      });
      await worker.open(data);
      await configure();
      if (back && (await restore(withWeights(back)))) await restored(back);
      keepRun(store.get().run);
    }),

    /** Data of the last visit that others have taken the place of: their model comes back with them. @param {Dataset} data @param {Run} run */
    remember(data, run) {
      putAside.set(data, withWeights(settled(run)));
    },

    bringBackRun: inTurn(async () => {
      await pauseNow();
      const { earlierRun, run } = store.get();
      if (!earlierRun || !(await restore(earlierRun.run))) return;
      store.set({
        earlierRun: toBringBack(run, 'the newer model'),
        settings: earlierRun.run.asked,
        runProblem: null,
      });
      asTrained(store, earlierRun.run);
      await configure();
      await measured();
      keep();
    }, 'Bring back'),

    /**
     * A run of the list takes the place of the one that is shown: its weights are loaded, and what they predicted is drawn.
     * `earlier`: it trains on elsewhere, and is shown as it stands now.
     */
    show: inTurn(async (/** @type {Run} */ next, /** @type {boolean} */ earlier) => {
      await pauseNow();
      const { settings } = store.get();
      const remark = 'It trains on below; this is how it stood, and how it ends will be shown here.';
      if (!(await restore(earlier ? { ...next, earlier, remark } : next))) return;
      store.set({ settings: next.asked, earlierSettings: settings, runProblem: null });
      asTrained(store, next);
      await configure();
      await measured();
      await drawn(next);
    }, 'Show'),

    /** A run that is shown as it stood earlier, if it still is, is shown as it is by now. */
    renew: inTurn(async (/** @type {Run} */ next) => {
      const { run } = store.get();
      if (run?.id === next.id && run.earlier && (await restore(next))) await drawn(next);
    }),

    /** A model from a file. */
    load: inTurn((/** @type {Blob} */ blob, /** @type {string} */ name) => load(blob, name, false), 'Open'),

    /** The same that was refused because it was trained on other rows: a person says that these are another series of its kind. */
    loadOnOtherRows: inTurn(async () => {
      if (refused) await load(refused.blob, refused.name, true);
    }, 'Open'),

    /** The model of the last visit. @returns {Promise<boolean>} Whether it is there. */
    resume: inTurn(async (/** @type {Run} */ run) => {
      if (!(await restore(withWeights(run)))) return false;
      setRun({ remark: 'This is the model of your last visit.' });
      await restored(run);
      keep();
      return true;
    }),
  };
}

/** @typedef {ReturnType<typeof modelActions>} ModelActions */
