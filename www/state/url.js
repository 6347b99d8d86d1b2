/**
 * Settings, seed and sample in the address, after `#`, so that a link reproduces a run and no server sees it.
 * @module
 */
import { ROLE, defaultOf } from './shape.js';

/** @import {Catalog} from '../../pkg/unrolled.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {Kept} from './records.js' */
/** @import {Source, State} from './shape.js' */

/** Key of the data's source; no knob may have it. */
const SAMPLE = 'sample';
const FILE = 'file';
/** Key of the reproducible mode; no knob may have it. */
const REPRODUCIBLE = 'reproducible';

/**
 * @typedef {object} Link
 * @property {string | null} sample
 * @property {string | null} file
 * @property {boolean | null} reproducible `null` where the link leaves it open.
 * @property {Settings} settings
 */

/** @param {string} hash @returns {Link} Every value as text; the core reads text. */
export function readLink(hash) {
  const entries = new URLSearchParams(hash.replace(/^#/, ''));
  const sample = entries.get(SAMPLE);
  const file = entries.get(FILE);
  const asked = entries.get(REPRODUCIBLE);
  // A link with only a seed promises that seed's numbers, on any machine.
  const reproducible = asked === null ? (entries.has(ROLE.seed) ? true : null) : asked === 'true';
  for (const key of [SAMPLE, FILE, REPRODUCIBLE]) entries.delete(key);
  return { sample, file, reproducible, settings: Object.fromEntries(entries) };
}

/** @param {State} state @returns {string} */
export function writeLink({ data, settings, catalog, reproducible }) {
  const entries = new URLSearchParams();
  if (data)
    entries.set(data.source.kind === 'sample' ? SAMPLE : FILE, data.source.kind === 'sample' ? data.source.id : data.source.name);
  for (const [key, value] of Object.entries(settings)) entries.set(key, String(value));
  // The seed is in every link, since a later version may have another default.
  const seed = catalog?.knobs.find(({ key }) => key === ROLE.seed);
  if (seed && !entries.has(seed.key)) entries.set(seed.key, String(seed.default));
  entries.set(REPRODUCIBLE, String(reproducible));
  return `#${entries}`;
}

/**
 * A link's settings as values of the knobs' types, and its unknown keys.
 * @param {Catalog} catalog @param {Settings} settings
 * @returns {{settings: Settings, unknown: string[]}}
 */
export function typed(catalog, settings) {
  /** @type {Settings} */
  const known = {};
  const unknown = [];
  const unneeded = [];
  for (const [key, value] of Object.entries(settings)) {
    const knob = catalog.knobs.find((candidate) => candidate.key === key);
    if (!knob) {
      unknown.push(key);
      continue;
    }
    const text = String(value);
    if ((knob.kind.type === 'integer' || knob.kind.type === 'number') && text.trim() !== '' && Number.isFinite(Number(text)))
      known[key] = Number(text);
    else if (knob.kind.type === 'flag' && (text === 'true' || text === 'false')) known[key] = text === 'true';
    else known[key] = text;
  }
  for (const knob of catalog.knobs) if (known[knob.key] === defaultOf(catalog, known, knob)) unneeded.push(knob.key);
  for (const key of unneeded) delete known[key];
  return { settings: known, unknown };
}

/** @param {Source} source @param {Link} link @returns {boolean} Whether a link names these data, or none. */
export function speaksOf(source, { sample, file }) {
  if (sample !== null) return source.kind === 'sample' && source.id === sample;
  if (file !== null) return source.kind !== 'sample' && source.name === file;
  return true;
}

/** A tab's note in its history entry. @typedef {{data?: string, shown?: number} | null} Trace */

/**
 * @param {Kept[]} kept @param {string} open The data that any tab opened last. @param {Link} link @param {Trace} trace
 * @returns {Kept | undefined} The data for this tab: its own, or else the last ones opened, if the link names them.
 */
export function chosenOf(kept, open, link, trace) {
  const fit = kept.filter(({ data }) => speaksOf(data.source, link));
  const own = fit.find(({ data }) => data.id === trace?.data);
  if (own) return { ...own, shownId: own.runs.some(({ id }) => id === trace?.shown) ? (trace?.shown ?? 0) : own.shownId };
  return fit.find(({ data }) => data.id === open) ?? fit.at(-1);
}
