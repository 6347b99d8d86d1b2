/**
 * Derived values of the list of runs: their names, their leaderboards, and the differences of two.
 * @module
 */
import { ROLE, choicesOf, defaultOf, isAutomatic } from './shape.js';
import { targetOf } from './targets.js';

/** @import {Catalog, ErrorRow, Evaluation, Knob} from '../../pkg/unrolled.js' */
/** @import {Value} from '../core/protocol.js' */
/** @import {Entry, Run, State} from './shape.js' */

/** Number of differences in a run's name. */
const MOST_NAMED = 2;

/** @typedef {'waiting' | Run['status']} EntryStatus */

/** @param {Entry} entry @returns {EntryStatus} */
export function statusOf({ run, problem }) {
  if (problem) return 'failed';
  return run?.status ?? 'waiting';
}

/** @param {Entry} entry @returns {Record<string, Value>} Its settings, resolved if possible. */
const settingsOf = ({ run, asked }) => run?.configured.settings ?? asked;

/** @param {Entry} entry @param {Catalog} catalog @returns {string} */
function architectureOf(entry, { knobs }) {
  const usual = knobs.find(({ key }) => key === ROLE.architecture)?.default ?? '';
  return String(settingsOf(entry)[ROLE.architecture] ?? usual);
}

/** @param {Catalog} catalog @param {string} key @param {Value | undefined} value @returns {string} A knob's value for display. */
function written({ knobs }, key, value) {
  const kind = knobs.find((knob) => knob.key === key)?.kind;
  if (value === undefined || value === '') return '–';
  if (kind?.type === 'choice') return kind.options.find((option) => option.value === value)?.label ?? String(value);
  if (kind?.type === 'flag') return value === true || value === 'true' ? 'on' : 'off';
  return String(value);
}

/** @param {Catalog} catalog @param {string} key @param {string} architecture @returns {boolean} Whether an architecture reads a knob; all read the knobs that none lists. */
function reads(catalog, key, architecture) {
  const owners = choicesOf(catalog).filter(({ knobs }) => knobs.includes(key));
  return !owners.length || owners.some(({ id }) => id === architecture);
}

/**
 * A knob's values in two runs. The settings of a run that has not begun are not resolved; values that the data will choose are then
 * unknown, and count as equal.
 * @param {Entry} one @param {Entry} other @param {Catalog} catalog
 * @returns {(knob: Knob) => (Value | undefined)[]}
 */
function valuesOf(one, other, catalog) {
  const both = [one, other].map((entry) => ({ settings: settingsOf(entry), architecture: architectureOf(entry, catalog), resolved: Boolean(entry.run) }));
  const resolved = both.every((entry) => entry.resolved);
  return (knob) => {
    const values = both.map(({ settings, architecture }) => (reads(catalog, knob.key, architecture) ? (settings[knob.key] ?? defaultOf(catalog, settings, knob)) : undefined));
    const isOpen = !resolved && isAutomatic(knob) && values.some((value) => value === knob.default);
    return isOpen ? [knob.default, knob.default] : values;
  };
}

/**
 * The knobs that differ between two runs. A knob that only one of them reads is “–” for the other.
 * @param {Entry} one @param {Entry} other @param {Catalog} catalog
 * @returns {{key: string, label: string, one: string, other: string}[]}
 */
export function differences(one, other, catalog) {
  const values = valuesOf(one, other, catalog);
  return catalog.knobs
    .map((knob) => {
      const [first, second] = values(knob).map((value) => written(catalog, knob.key, value));
      return { key: knob.key, label: knob.label, one: first, other: second };
    })
    .filter((row) => row.one !== row.other);
}

/**
 * The names of the runs: the architecture, and the differences from the first run with the same one.
 * @param {Entry[]} entries @param {Catalog} catalog @returns {Map<number, string>} By the entry's number.
 */
export function namesOf(entries, catalog) {
  /** @type {Map<string, Entry>} */
  const firsts = new Map();
  /** @type {Map<string, number>} */
  const times = new Map();
  return new Map(
    entries.map((entry) => {
      const id = architectureOf(entry, catalog);
      const label = choicesOf(catalog).find((architecture) => architecture.id === id)?.label ?? id;
      const first = firsts.get(id);
      if (!first) firsts.set(id, entry);
      const all = first ? differences(entry, first, catalog) : [];
      // Consequences of a setting, such as the shards of a larger model's batch, are no difference.
      const chosen = all.filter((row) => row.key in entry.asked || row.key in (first?.asked ?? {}));
      const differ = chosen.length ? chosen : all;
      const told = differ.slice(0, MOST_NAMED).map((row) => `${row.label.toLowerCase()} ${row.one}`);
      if (differ.length > MOST_NAMED) told.push('…');
      const name = [label, told.join(', ')].filter(Boolean).join(' · ');
      const again = (times.get(name) ?? 0) + 1;
      times.set(name, again);
      return [entry.id, again > 1 ? `${name} (${again})` : name];
    }),
  );
}

/** @param {Evaluation | null | undefined} evaluation @returns {number | null} `null` for NaN, which has no rank. */
const ownError = (evaluation) => {
  const mae = evaluation?.rows.find(({ id }) => id === 'model')?.mae;
  return mae !== undefined && Number.isFinite(mae) ? mae : null;
};

/** @param {Evaluation} evaluation @returns {ErrorRow[]} */
const rules = ({ rows }) => rows.filter(({ id }) => id !== 'model');

/** @param {Run | null} run @returns {number | null} Milliseconds of training for an epoch. */
export function epochTime(run) {
  const { step, all_rows: again, steps_per_epoch: steps } = run?.progress ?? { step: 0, steps_per_epoch: 1 };
  const epochs = (step + (again?.step ?? 0)) / steps;
  return run && run.elapsed > 0 && epochs > 0 ? run.elapsed / epochs : null;
}

/**
 * One line of the leaderboard: a run, or a baseline on the same windows. Errors are mean absolute ones.
 * @typedef {object} Line
 * @property {string} key
 * @property {Entry | null} entry `null` for a baseline.
 * @property {string} label
 * @property {string} note
 * @property {number | null} validation
 * @property {number | null} test
 * @property {number | null} rank From 1, among the evaluated ones.
 */

/**
 * Runs that were scored on the same windows, and their baselines, by their error on validation. Runs without an error come last, in
 * the order of their start.
 * @typedef {object} Board
 * @property {string} key
 * @property {Run | null} about One of its runs.
 * @property {Line[]} lines
 */

/** @param {Run} run @returns {string} The digest that two runs must share for a comparison; a run without one has a board of its own. */
const windowsOf = ({ id, configured }) => configured.judged_on ?? `run ${id}`;

/**
 * Leaderboards, that of the newest runs first.
 * @param {Entry[]} entries @param {Catalog} catalog @returns {Board[]}
 */
export function leaderboards(entries, catalog) {
  const names = namesOf(entries, catalog);
  /** @type {Map<string, Entry[]>} */
  const groups = new Map();
  const newest = entries.findLast(({ run }) => run)?.run ?? null;
  for (const entry of entries) {
    // A run that has not begun belongs to the newest board.
    const about = entry.run ?? newest;
    const key = about ? windowsOf(about) : '';
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const last = (/** @type {Entry[]} */ group) => Math.max(...group.map(({ id }) => id));
  return [...groups].sort(([, a], [, b]) => last(b) - last(a)).map(([key, group]) => board(key, group, names));
}

/** @param {string} key @param {Entry[]} group @param {Map<number, string>} names @returns {Board} */
function board(key, group, names) {
  /** @type {Line[]} */
  const lines = group.map((entry) => ({
    key: String(entry.id),
    entry,
    label: names.get(entry.id) ?? '',
    note: '',
    validation: ownError(entry.run?.validation),
    test: ownError(entry.run?.test),
    rank: null,
  }));
  /** @type {Map<string, Line>} */
  const others = new Map();
  for (const { run } of group) {
    if (!run?.validation) continue;
    for (const { id, label, note, mae } of rules(run.validation)) {
      if (!Number.isFinite(mae)) continue;
      // The same baseline on the same windows, unless window or season changes it.
      const rule = `${id} ${mae.toPrecision(9)}`;
      const test = run.test?.rows.find((row) => row.id === id)?.mae ?? others.get(rule)?.test ?? null;
      others.set(rule, { key: rule, entry: null, label, note, validation: mae, test, rank: null });
    }
  }
  const sorted = [...lines, ...others.values()].sort((a, b) => (a.validation ?? Infinity) - (b.validation ?? Infinity) || 0);
  let rank = 0;
  for (const line of sorted) if (line.validation !== null) line.rank = ++rank;
  return { key, about: group.find(({ run }) => run)?.run ?? null, lines: sorted };
}

/** @param {Entry[]} entries @returns {number} The lowest slot of colour and dash without a run. */
export function freeSlot(entries) {
  const taken = new Set(entries.map(({ slot }) => slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot;
}

/** @param {Entry[]} entries @param {Entry[]} more @returns {Entry[]} The entries with the new ones of the others, in the order of their start, each with its own colour. */
export function joined(entries, more) {
  const all = [...entries];
  for (const entry of more) {
    if (all.some(({ id }) => id === entry.id)) continue;
    all.push(all.some(({ slot }) => slot === entry.slot) ? { ...entry, slot: freeSlot(all) } : entry);
  }
  return all.sort((one, other) => one.id - other.id);
}

/** @type {Entry[]} */
let drawn = [];

/**
 * The runs with forecasts in the chart, besides the one on show.
 * @param {State} state @returns {Entry[]} The same array while nothing in it changes.
 */
export function drawnBeside(state) {
  const target = targetOf(state);
  const now = state.runs.filter(
    ({ id, ticked, run }) => ticked && id !== state.shownId && run?.forecast && run.configured.targets.includes(target),
  );
  const same = now.length === drawn.length && now.every((entry, index) => isDrawnAs(entry, drawn[index]));
  if (!same) drawn = now;
  return drawn;
}

/** @param {Entry} one @param {Entry} other */
const isDrawnAs = (one, other) => one.id === other.id && one.run?.forecast === other.run?.forecast;
