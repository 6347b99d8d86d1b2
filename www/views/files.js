/**
 * Files that a person takes away.
 * @module
 */
import { targetOf } from '../state/shape.js';
import { download, safeName } from './dom.js';

/** @import {State} from '../state/shape.js' */

/** A name in a CSV file: quoted where it must be. A leading sign would make a spreadsheet read it as a formula. @param {string} text */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {State} state The forecast as CSV, its times as the file's own clock writes them. */
export function saveForecast(state) {
  const { run, data } = state;
  if (!run?.forecast || !data) return;
  const { times, values, lower, upper } = run.forecast;
  const { step, utc } = data.about;
  const stamp = (/** @type {number} */ time) =>
    step.unit === 'rows'
      ? String(time + 1)
      : new Date(time)
          .toISOString()
          .replace('.000Z', 'Z')
          .replace('Z', utc ? 'Z' : '');
  const target = targetOf(state);
  const rows = Array.from(times, (time, index) => [stamp(time), values[index], lower[index], upper[index]].join(','));
  const head = [step.unit === 'rows' ? 'row' : utc ? 'time_utc' : 'time', cell(target), 'lower', 'upper'].join(',');
  download(new Blob([`${head}\n${rows.join('\n')}\n`], { type: 'text/csv' }), `${safeName('forecast', target)}.csv`);
}

/** @param {State} state */
export function saveModel(state) {
  const { run } = state;
  if (run?.bytes)
    download(
      new Blob([/** @type {BlobPart} */ (run.bytes)], { type: 'application/octet-stream' }),
      `${safeName('unrolled', String(run.configured.settings.architecture ?? ''), targetOf(state))}.safetensors`,
    );
}
