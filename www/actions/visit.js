/**
 * The stored records on the page: those of the last visit, those that came late, and those of other tabs.
 * @module
 */
import { mayWrite } from '../state/keeping.js';
import { holdsAnything, leaveLate, open, setAside, sift, tellLate, watchOthers } from '../state/persist.js';
import { isRecordOf } from '../state/records.js';
import { settledList, toBringBack } from '../state/run.js';
import { joined } from '../state/ranking.js';
import { isOver } from '../state/shape.js';

/** @import {DataActions} from './data.js' */
/** @import {ModelActions} from './model.js' */
/** @import {RunActions} from './comparison.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {Found} from '../state/persist.js' */
/** @import {Kept} from '../state/records.js' */
/** @import {Entry, PageStore} from '../state/shape.js' */

/** @param {Settings} one @param {Settings} other */
const areSame = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

/** @param {Entry} entry Another tab's entry. @returns {Entry} */
const fromTab = ({ apart, ...entry }) => (entry.run && !isOver(entry.run) ? { ...entry, apart: 'tab' } : entry);

/** @param {Entry} entry @returns {boolean} Whether it trains in this tab. */
const isTrainedHere = ({ apart, run }) => Boolean(run && apart !== 'tab' && !isOver(run));

/** @param {Entry} theirs @param {Entry} mine @returns {boolean} Whether another tab's record of a run is newer. */
const isNewer = ({ run: theirs }, { run: mine }) =>
  !mine || !theirs || theirs.progress.step > mine.progress.step || (theirs.progress.step === mine.progress.step && (theirs.status !== mine.status || Boolean(theirs.test) !== Boolean(mine.test)));

/** @param {PageStore} store @param {{data: DataActions, model: ModelActions, runs: RunActions}} actions */
export function visitActions(store, { data, model, runs }) {
  /** Records that came after the page had started without them. @type {Found | null} */
  let late = null;

  /** @param {Entry[]} entries @returns {Entry[]} The entries for the writing tab, or for another one, which may train them. */
  const asFound = (entries) => (mayWrite() ? settledList(entries) : entries.map(fromTab));

  /** @param {Kept} kept @param {Kept[]} others @param {Settings | null} settings The link's settings, if any. */
  async function put(kept, others, settings) {
    const run = kept.runs.find(({ id }) => id === kept.shownId)?.run;
    const asked = settings ?? run?.asked ?? {};
    runs.replaced();
    data.put({ ...kept, runs: asFound(kept.runs) }, others.map((one) => ({ ...one, runs: asFound(one.runs) })));
    await model.replaced(kept.data, asked, null);
    if (!run) return;
    if (!areSame(run.asked, asked)) store.set({ earlierRun: toBringBack(run, 'the model of your last visit') });
    else if (!(await model.resume(run))) {
      const gone = kept.runs.filter(({ id }) => id === run.id);
      store.set({ runs: store.get().runs.filter(({ id }) => id !== run.id) });
      await setAside([{ data: kept.data, runs: gone }], 'its weights do not fit its settings', false);
    }
  }

  /** Adds another tab's runs to those on the same data. Runs that it deleted go, unless they are on show or in training here. @param {Kept[]} kept @param {string[]} gone */
  function adopt(kept, gone) {
    const { data: now, runs: mine, shownId, earlierData } = store.get();
    /** @param {Entry[]} entries @param {Entry[]} theirs */
    const merged = (entries, theirs) =>
      joined(
        entries
          .filter((entry) => entry.id === shownId || isTrainedHere(entry) || !gone.some((key) => isRecordOf(key, entry)))
          .map((entry) => {
            const other = theirs.find(({ id }) => id === entry.id);
            return other && !isTrainedHere(entry) && isNewer(other, entry) ? { ...fromTab(other), slot: entry.slot, ticked: entry.ticked } : entry;
          }),
        theirs.map(fromTab),
      );
    const of = (/** @type {string | undefined} */ id) => kept.find((one) => one.data.id === id)?.runs ?? [];
    const others = kept.filter((one) => one.runs.length && one.data.id !== now?.id && !earlierData.some((earlier) => earlier.data.id === one.data.id));
    store.set({
      runs: merged(mine, of(now?.id)),
      earlierData: [...others.map((one) => ({ ...one, runs: one.runs.map(fromTab) })), ...earlierData.map((one) => ({ ...one, runs: merged(one.runs, of(one.data.id)) }))],
    });
    if (store.get().runs.find(({ id }) => id === shownId) !== mine.find(({ id }) => id === shownId)) void model.renew(shownId);
  }
  watchOthers(adopt);

  store.watch(
    (state) => [state.keeping.role],
    (role) => {
      if (role !== 'writer') return;
      // The previous tab's trainings are as it last stored them.
      const { runs: all, earlierData } = store.get();
      const left = (/** @type {Entry[]} */ entries) => entries.flatMap((entry) => (entry.apart === 'tab' ? settledList([entry]) : [entry]));
      store.set({ runs: left(all), earlierData: earlierData.map((one) => ({ ...one, runs: left(one.runs) })) });
    },
  );

  return {
    /**
     * Shows a stored record. The page starts whatever was stored: where that fails the record is set aside, and the page starts
     * without it.
     * @param {Kept} kept @param {Kept[]} others Other data, which can be brought back. @param {Settings | null} settings The link's
     *   settings, if any.
     */
    async open(kept, others, settings) {
      try {
        await put(kept, others, settings);
      } catch (error) {
        const why = String(/** @type {Error} */ (error)?.message ?? error);
        if (!(await setAside([kept], why))) throw error;
        location.reload();
        await new Promise(() => {});
      }
    },

    /** The page has other data: the stored ones can be brought back, with their models. @param {Kept[]} kept */
    remember(kept) {
      const trained = kept.map((one) => ({ ...one, runs: asFound(one.runs) }));
      store.set({ earlierData: [...trained, ...store.get().earlierData] });
    },

    /** The storage has answered after the page had started. @param {Found | null} found `null` after an error. */
    hear(found) {
      if (!found || !holdsAnything(found)) return open(found?.aside);
      late = found;
      tellLate(found);
    },

    /** Shows the late records; the present ones can be brought back. */
    async openLate() {
      const { catalog } = store.get();
      if (!late || !catalog) return;
      const { kept, open: id } = await sift(late, catalog);
      late = null;
      const chosen = kept.find((one) => one.data.id === id) ?? kept.at(-1);
      if (chosen) await this.open(chosen, kept.filter((one) => one !== chosen), null);
      open();
    },

    /** Sets the late records aside. */
    async leaveLate() {
      if (late) await leaveLate(late);
      late = null;
    },
  };
}

/** @typedef {ReturnType<typeof visitActions>} VisitActions */
