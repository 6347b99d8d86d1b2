/**
 * The data worker's calls: bytes of a file to a regular series.
 * @module
 */
import { refusalOf } from './errors.js';

/** @import {ReadOptions, SeriesOptions} from '../../pkg/unrolled.js' */
/** @import {Reading, WorkerMessage} from './protocol.js' */

/** Bytes handed to the core at a time: large enough to be fast, small enough that progress is seen. */
const CHUNK = 1 << 20;
/** Milliseconds that a piece of a file may take to come from where it lies: a drive that sleeps wakes up in that time. */
const DISK = 30_000;
/** Rows shown as they stand in the file. */
const PREVIEW_ROWS = 12;

/** @param {string} code @param {string} message */
const refused = (code, message) => Object.assign(new Error(message), { name: 'UnrolledError', code });

/** @param {Blob} piece @returns {Promise<Uint8Array>} Its bytes; a drive that is gone need not say so. */
async function bytesOf(piece) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const late = new Promise((_, reject) => {
    const why = `Nothing of the file has come for ${DISK / 1000} seconds: see whether the drive or the network that it lies on is still there.`;
    timer = setTimeout(() => reject(refused('file', why)), DISK);
  });
  try {
    return new Uint8Array(await Promise.race([piece.arrayBuffer(), late]));
  } catch (error) {
    // The browser's own word on the file; nothing has happened to the core.
    if (!(error instanceof DOMException)) throw error;
    throw refused('file', 'It could not be read to its end: it has been changed, moved or deleted since it was chosen. Choose it again.');
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {any} core The classes of the package that this needs.
 * @param {(message: WorkerMessage) => void} post
 */
export function dataJobs({ CsvReader }, post) {
  /** @type {any} The table read last; kept until another has been read whole. */
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
        if (refusalOf(error)) found.free();
        throw error;
      }
    },

    /** @param {{series: SeriesOptions}} request */
    regroup({ series }) {
      if (!table) throw refused('state', 'Read the file again first.');
      return reading(table, series);
    },
  };
}
