/**
 * Downloads.
 * @module
 */
import { shownRun } from '../state/shape.js';
import { rangesOf } from '../state/targets.js';
import { download, safeName } from './dom.js';
import { exact } from './format.js';

/** @import {State} from '../state/shape.js' */

/** A name in a CSV file: quoted where it must be. A leading sign would make a spreadsheet read it as a formula. @param {string} text */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {State} state Saves the forecast as CSV, with times in the file's own clock. */
export function saveForecast(state) {
  const { data } = state;
  const run = shownRun(state);
  if (!run?.forecast || !data) return;
  const { times, values } = run.forecast;
  const { step, utc } = data.about;
  const stamp = (/** @type {number} */ time) =>
    step.unit === 'rows'
      ? exact(time + 1)
      : new Date(time)
          .toISOString()
          .replace('.000Z', 'Z')
          .replace('Z', utc ? 'Z' : '');
  const { targets } = run.configured;
  const each = targets.map((_, target) => target * times.length);
  // Without a range there are no columns for it, and beyond the horizon its cells are empty.
  const ranges = rangesOf(run.forecast);
  const columns = [values, ...ranges.flatMap(({ lower, upper }) => [lower, upper])];
  const rows = Array.from(times, (time, index) =>
    [stamp(time), ...each.flatMap((first) => columns.map((of) => exact(of[first + index])))].join(','),
  );
  // Of several targets each names its bounds.
  const bounds = ranges.flatMap(({ level }) => ['lower', 'upper'].map((bound) => `${bound}_${exact(Math.round(1e6 * level) / 1e4)}`));
  const names = targets.flatMap((name) => [name, ...bounds.map((bound) => (targets.length > 1 ? `${name} ${bound}` : bound))]);
  const head = [step.unit === 'rows' ? 'row' : utc ? 'time_utc' : 'time', ...names.map(cell)].join(',');
  download(new Blob([`${head}\n${rows.join('\n')}\n`], { type: 'text/csv' }), `${safeName('forecast', called(targets))}.csv`);
}

/** @param {string[]} targets @returns {string} The targets' part of a file name. */
const called = (targets) => (targets.length > 1 ? `${targets.length} columns` : targets[0]);

/** @param {State} state */
export function saveModel(state) {
  const run = shownRun(state);
  if (run?.bytes)
    download(
      new Blob([/** @type {BlobPart} */ (run.bytes)], { type: 'application/octet-stream' }),
      `${safeName('unrolled', String(run.configured.settings.architecture ?? ''), called(run.configured.targets))}.safetensors`,
    );
}
