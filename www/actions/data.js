/**
 * What a person can do with data: open a sample, a file or pasted text, correct how it was read, bring back what stood
 * there before. A refusal leaves everything as it was.
 * @module
 */
import { assetText } from '../core/assets.js';
import { Gone } from '../core/client.js';
import { deathOf } from '../core/errors.js';
import { keepData } from '../state/persist.js';
import { SAMPLES } from '../samples/list.js';
import { ROLE } from '../state/shape.js';
import { listed } from '../state/targets.js';

/** @import {DataWorker} from './data_worker.js' */
/** @import {ReadOptions, SeriesOptions} from '../../pkg/unrolled.js' */
/** @import {Problem, Reading} from '../core/protocol.js' */
/** @import {Dataset, PageStore, Source} from '../state/shape.js' */

/** @param {unknown} error @returns {Problem} What is no refusal is an error of the page's own. */
const problemOf = (error) => /** @type {any} */ (error)?.problem ?? deathOf('trap', error);

/**
 * @typedef {object} DataActions
 * @property {(id: string) => void} fetchSample Has a sample fetched, because it will soon be opened.
 * @property {(id: string) => Promise<void>} openSample
 * @property {(blob: Blob, source: Source) => Promise<void>} openBlob
 * @property {(change: ReadOptions) => Promise<void>} reread
 * @property {(change: SeriesOptions) => Promise<void>} regroup
 * @property {() => void} bringBack
 */

/**
 * @param {PageStore} store
 * @param {DataWorker} worker
 * @param {{replaced: (data: Dataset, settings: import('../core/protocol.js').Settings) => void}} hooks
 * @returns {DataActions}
 */
export function dataActions(store, worker, hooks) {
  let newest = 0;
  /** The table in this worker belongs to these data; otherwise the file has to be read again. @type {{data: Dataset, holder: object} | null} */
  let inWorker = null;

  /**
   * @param {Source} source @param {() => Promise<Blob>} blob @param {ReadOptions} read @param {SeriesOptions} series
   * @param {(blob: Blob) => Promise<Reading>} [ask] @param {boolean} [same] Whether this is the same file, read otherwise.
   */
  async function take(source, blob, read, series, ask, same = false) {
    const turn = ++newest;
    worker.ready();
    store.set({ reading: source.name, dataProblem: null });
    try {
      const bytes = await blob();
      const reading = await (ask ? ask(bytes) : worker.call('read', { source: bytes, read, series }));
      if (turn !== newest) return;
      const { data: before, settings } = store.get();
      const data = { ...reading, source, blob: bytes, read, series };
      inWorker = { data, holder: worker.holder() };
      store.set({ data, reading: '', earlierData: same ? store.get().earlierData : before, range: null, draft: null });
      // What the old file's columns were called says nothing about the new one's.
      const kept = Object.fromEntries(
        Object.entries(settings).filter(([key]) => same || !before || (key !== ROLE.target && key !== ROLE.inputs)),
      );
      const { names } = data.parts;
      for (const key of [ROLE.target]) if (kept[key] && !listed(String(kept[key]), names).every((name) => names.includes(name))) delete kept[key];
      hooks.replaced(data, kept);
      void keepData(data);
    } catch (error) {
      if (turn !== newest || error instanceof Gone) return;
      store.set({ reading: '', dataProblem: { ...problemOf(error), about: source.name } });
    }
  }

  /** @param {string} id */
  const sampleOf = (id) => SAMPLES.find((candidate) => candidate.id === id) ?? SAMPLES[0];

  /** Samples that were asked for, by file. @type {Map<string, Promise<string>>} */
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
      await take(
        { kind: 'sample', id: sample.id, name: sample.name },
        async () => new Blob([await textOf(sample.file)]),
        {},
        {},
      );
    },
    async openBlob(blob, source) {
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
    bringBack() {
      const { earlierData, data, settings } = store.get();
      if (!earlierData) return;
      newest++;
      store.set({ data: earlierData, earlierData: data, dataProblem: null, reading: '', range: null, draft: null });
      const kept = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== ROLE.target && key !== ROLE.inputs));
      hooks.replaced(earlierData, kept);
      void keepData(earlierData);
    },
  };
}
