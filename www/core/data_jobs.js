/**
 * The data worker's calls: from a file's bytes to a regular series.
 * @module
 */
import { bytesOf } from './drive.js';
import { coreError, problemOf } from './errors.js';

/** @import {ReadOptions, SeriesOptions} from '../../pkg/unrolled.js' */
/** @import {Reading, WorkerMessage} from './protocol.js' */

/** Bytes in one call of the core: large enough for speed, small enough for visible progress. */
const CHUNK = 1 << 20;
/** Rows of the preview. */
const PREVIEW_ROWS = 12;

/**
 * @param {any} core The required classes of the package.
 * @param {(message: WorkerMessage) => void} post
 */
export function dataJobs({ CsvReader }, post) {
  /** @type {any} The last table, kept until another is complete. */
  let table = null;

  /** @param {any} from @param {SeriesOptions} options @returns {{value: Reading, transfer: Transferable[]}} */
  function reading(from, options) {
    const series = from.series(options);
    const about = series.about();
    const understood = from.understood();
    const parts = series.to_parts();
    const times = series.times();
    const preview = from.preview(0, PREVIEW_ROWS);
    // After a trap nothing is freed: the worker ends, and its memory with it.
    series.free();
    const value = { understood, preview, about, parts, times };
    return { value, transfer: [times.buffer, ...parts.columns.map((/** @type {Float64Array} */ column) => column.buffer)] };
  }

  return {
    /** @param {{source: Blob, read: ReadOptions, series: SeriesOptions}} request */
    async read({ source, read, series }) {
      const reader = new CsvReader(read, source.size);
      for (let at = 0; at < source.size || at === 0; at += CHUNK) {
        reader.push(await bytesOf(source.slice(at, at + CHUNK)));
        post({ type: 'reading', bytes: Math.min(at + CHUNK, source.size), total: source.size });
      }
      const found = reader.finish();
      try {
        const result = reading(found, series);
        table?.free();
        table = found;
        return result;
      } catch (error) {
        if (problemOf(error)) found.free();
        throw error;
      }
    },

    /** @param {{series: SeriesOptions}} request */
    regroup({ series }) {
      if (!table) throw coreError('Read the file again first.', 'state');
      return reading(table, series);
    },
  };
}
