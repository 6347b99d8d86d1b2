/**
 * The actions on data: open a sample, a file or pasted text, correct the reading, bring back earlier data. An error leaves
 * everything as it was.
 * @module
 */
import { count } from '../charts/numbers.js';
import { assetText } from '../core/assets.js';
import { Gone, Refusal } from '../core/client.js';
import { deathOf } from '../core/errors.js';
import { faultIn } from '../state/checked.js';
import { SAMPLES } from '../samples/list.js';
import { askToLast } from '../state/keeping.js';
import { dataIdOf } from '../state/records.js';
import { hasWeights, settledList } from '../state/run.js';
import { isAutomatic, NO_PREDICTIONS, ROLE, shownRun } from '../state/shape.js';
import { listed } from '../state/targets.js';
import { tryToRead, unreadable } from './unreadable.js';

/** @import {DataWorker} from './data_worker.js' */
/** @import {ReadOptions, SeriesOptions} from '../../pkg/unrolled.js' */
/** @import {Problem, Reading} from '../core/protocol.js' */
/** @import {Dataset, EarlierData, PageStore, Run, Source} from '../state/shape.js' */

/** @param {any} error @returns {Problem} An error of the core, the browser's error on a file, or an error of the page. */
function problemOf(error) {
  const why = unreadable(error);
  return error?.problem ?? (why ? { message: why } : deathOf('trap', error));
}

/** @param {Pick<EarlierData, 'runs'>} data @returns {boolean} Whether a model was trained on them. */
const isTrained = ({ runs }) => runs.some(hasWeights);

/**
 * @typedef {object} DataActions
 * @property {(id: string) => void} fetchSample Fetches a sample that will soon be opened.
 * @property {(id: string) => Promise<void>} openSample
 * @property {(blob: Blob, source: Source) => Promise<void>} openBlob
 * @property {(change: ReadOptions) => Promise<void>} reread
 * @property {(change: SeriesOptions) => Promise<void>} regroup
 * @property {(files: ArrayLike<File>, open: (file: File) => void) => void} openFirst Opens the first of several files, and says so.
 * @property {(kept: EarlierData, others: EarlierData[]) => void} put Replaces the open data by kept ones; others can be brought back.
 * @property {(earlier: EarlierData) => void} bringBack
 */

/**
 * @param {PageStore} store
 * @param {DataWorker} worker
 * @param {{replaced: (data: Dataset, settings: import('../core/protocol.js').Settings, run: Run | null) => void}} hooks Gets the run of these data that was on show, if there was one.
 * @returns {DataActions}
 */
export function dataActions(store, worker, hooks) {
  let newest = 0;
  /** The data of the table in this worker; for other data the file has to be read again. @type {{data: Dataset, holder: object} | null} */
  let inWorker = null;

  /**
   * @param {Source} source @param {() => Promise<Blob>} blob @param {ReadOptions} read @param {SeriesOptions} series
   * @param {(blob: Blob) => Promise<Reading>} [ask] @param {boolean} [same] Whether this is the same file with other options.
   */
  async function take(source, blob, read, series, ask, same = false) {
    const turn = ++newest;
    worker.ready();
    // Notices about the data before are out of date; those of the page's own start are not.
    const told = store.get().data ? '' : store.get().told;
    store.set({ reading: { name: source.name, share: null }, dataProblem: null, told });
    try {
      const bytes = await blob();
      await tryToRead(bytes);
      const reading = await (ask ? ask(bytes) : worker.call('read', { source: bytes, read, series }));
      if (turn !== newest) return;
      const { data: before, settings } = store.get();
      const found = { ...reading, source, blob: bytes, read, series };
      const fault = faultIn('data', { ...found, id: '' });
      // It could not be displayed or stored either.
      if (fault) throw new Refusal({ message: `This page cannot show its contents (${fault}).` });
      const data = { ...found, id: dataIdOf(found) };
      inWorker = { data, holder: worker.holder() };
      const run = shownRun(store.get());
      replace({ data, runs: [], removed: [], shownId: 0 }, putAside(same));
      // The old file's column names mean nothing for the new one.
      const kept = Object.fromEntries(
        Object.entries(settings).filter(([key]) => same || !before || (key !== ROLE.target && key !== ROLE.inputs)),
      );
      const { names } = data.parts;
      // Settings of a model from a file do not apply to the next data.
      const { catalog } = store.get();
      if (!same && run?.loaded)
        for (const knob of catalog?.knobs.filter(isAutomatic) ?? []) if (kept[knob.key] === run.asked[knob.key]) delete kept[knob.key];
      if (kept[ROLE.target] && !listed(String(kept[ROLE.target]), names).every((name) => names.includes(name))) delete kept[ROLE.target];
      hooks.replaced(data, kept, null);
    } catch (error) {
      if (turn !== newest || error instanceof Gone) return;
      store.set({ reading: null, dataProblem: { ...problemOf(error), about: source.name } });
    }
  }

  /**
   * The open data are put aside; earlier ones stay if a model was trained on them, since it comes back with them.
   * @param {boolean} same Whether the same file with other options replaces them. @returns {EarlierData[]}
   */
  function putAside(same) {
    const { data, earlierData, runs, removed, shownId } = store.get();
    if (!data || (same && !isTrained({ runs }))) return earlierData;
    return [...earlierData.filter(isTrained), { data, runs: settledList(runs), removed, shownId }];
  }

  /** @param {EarlierData} next Data whose runs are shown once a worker holds them. @param {EarlierData[]} earlierData */
  function replace({ data, runs, removed }, earlierData) {
    store.set({ data, runs, removed, shownId: 0, predictions: NO_PREDICTIONS, earlierData, dataProblem: null, reading: null, range: null, draft: null });
  }

  /** @param {string} id */
  const sampleOf = (id) => SAMPLES.find((candidate) => candidate.id === id) ?? SAMPLES[0];

  /** Requested samples, by file. @type {Map<string, Promise<string>>} */
  const texts = new Map();
  /** @param {string} file */
  function textOf(file) {
    let text = texts.get(file);
    if (!text) {
      text = assetText(file);
      texts.set(file, text);
      text.catch(() => texts.delete(file));
    }
    return text;
  }

  return {
    fetchSample: (id) => void textOf(sampleOf(id).file),
    async openSample(id) {
      const sample = sampleOf(id);
      const opened = take(
        { kind: 'sample', id: sample.id, name: sample.name },
        async () => new Blob([await textOf(sample.file)]),
        {},
        {},
      );
      const told = `There is no sample “${id}”; “${sample.name}” was opened instead.`;
      if (id && sample.id !== id) store.set({ told: [store.get().told, told].filter(Boolean).join(' '), said: told });
      await opened;
    },
    async openBlob(blob, source) {
      askToLast();
      await take(source, async () => blob, {}, {});
    },
    async reread(change) {
      const { data } = store.get();
      if (!data) return;
      const read = { ...data.read, ...change };
      for (const key of /** @type {(keyof ReadOptions)[]} */ (Object.keys(read))) if (read[key] === undefined) delete read[key];
      await take(data.source, async () => data.blob, read, data.series, undefined, true);
    },
    async regroup(change) {
      const { data } = store.get();
      if (!data) return;
      const series = { ...data.series, ...change };
      const held = inWorker?.data === data && inWorker.holder === worker.holder();
      const ask = held ? () => worker.call('regroup', { series }) : undefined;
      await take(data.source, async () => data.blob, data.read, series, ask, true);
    },
    openFirst(files, open) {
      const [first, ...others] = Array.from(files);
      if (!first) return;
      open(first);
      const told = `Only the first of ${count(others.length + 1)} files was opened: ${first.name}.`;
      if (others.length) store.set({ told, said: told });
    },
    put(kept, others) {
      newest++;
      replace(kept, [...others, ...putAside(false)]);
    },
    bringBack(earlier) {
      const { settings } = store.get();
      newest++;
      replace(
        earlier,
        putAside(false).filter((one) => one !== earlier),
      );
      const kept = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== ROLE.target && key !== ROLE.inputs));
      hooks.replaced(earlier.data, kept, earlier.runs.find(({ id }) => id === earlier.shownId)?.run ?? null);
    },
  };
}
