/**
 * What is left of the last visit: put on the page, or offered where other data have taken its place or it came late.
 * @module
 */
import { holdsAnything, leaveLate, open, setAside, sift, tellLate } from '../state/persist.js';
import { toBringBack } from '../state/run.js';

/** @import {DataActions} from './data.js' */
/** @import {ModelActions} from './model.js' */
/** @import {RunActions} from './runs.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {Found, Kept} from '../state/persist.js' */
/** @import {Dataset, PageStore} from '../state/shape.js' */

/** @param {Settings} one @param {Settings} other */
const areSame = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

/** @param {PageStore} store @param {{data: DataActions, model: ModelActions, runs: RunActions}} actions */
export function visitActions(store, { data, model, runs }) {
  /** What came after the page had begun without it. @type {Found | null} */
  let late = null;

  /** @param {Kept & {data: Dataset}} kept @param {Settings | null} settings Those of the link; nothing where it has none. */
  async function put(kept, settings) {
    const { data: dataset, run, runs: list } = kept;
    const asked = settings ?? run?.asked ?? {};
    data.put(dataset);
    runs.replaced(dataset);
    runs.resume(list, run);
    await model.replaced(dataset, asked);
    if (!run) return;
    if (!areSame(run.asked, asked)) store.set({ earlierRun: toBringBack(run, 'the model of your last visit') });
    else if (!(await model.resume(run))) await setAside({ data: null, run, runs: [] }, { run: 'its weights do not fit its settings' });
    // It had trained on in the list.
    else if (run.earlier) await runs.show(run.id);
  }

  return {
    /**
     * Puts what was kept on the page. The page starts whatever was kept: where that fails it is set aside, and the page begins
     * anew without it.
     * @param {Kept & {data: Dataset}} kept @param {Settings | null} settings Those of the link; nothing where it has none.
     */
    async open(kept, settings) {
      try {
        await put(kept, settings);
      } catch (error) {
        const why = String(/** @type {Error} */ (error)?.message ?? error);
        if (!(await setAside(kept, { data: why, run: why, runs: why }))) throw error;
        location.reload();
        await new Promise(() => {});
      }
    },

    /** The page is about other data: those of the last visit can be brought back, with their models. @param {Kept & {data: Dataset}} kept */
    remember({ data: dataset, run, runs: list }) {
      if (run) model.remember(dataset, run);
      runs.remember(dataset, list);
      store.set({ earlierData: [...store.get().earlierData, { data: dataset, trained: Boolean(run) || list.length > 0 }] });
    },

    /** The storage has answered after the page had begun. @param {Found | null} found Nothing where it refused. */
    hear(found) {
      if (!found || !holdsAnything(found)) return open(found?.aside);
      late = found;
      tellLate(found);
    },

    /** What came late takes the place of what is on the page, which can be brought back. */
    async openLate() {
      const { catalog } = store.get();
      if (!late || !catalog) return;
      const kept = await sift(late, catalog);
      late = null;
      const { data: dataset } = kept;
      if (dataset) await this.open({ ...kept, data: dataset }, null);
      open();
    },

    /** What came late is set aside. */
    async leaveLate() {
      if (late) await leaveLate(late);
      late = null;
    },
  };
}

/** @typedef {ReturnType<typeof visitActions>} VisitActions */
