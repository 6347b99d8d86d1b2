/**
 * The records in the browser's storage, and their keys. Each dataset has one record, and so has each run, which names its data; a
 * small one has the open data and the run on show of each. So no two tabs write the same record, and no model is read with other
 * data.
 * @module
 */
import { faultIn } from './checked.js';
import { MODEL } from './keeping.js';
import { hasWeights, newEntry } from './run.js';

/** @import {Catalog} from '../../pkg/unrolled.js' */
/** @import {Dataset, EarlierData, Entry, State} from './shape.js' */

/** Keys of any version begin so. */
const OURS = 'unrolled-';
/** Raised when the records change their shape. */
const HERE = `${OURS}5-`;
const DATA = `${HERE}data-`;
const RUN = `${HERE}run-`;
export const OPEN = `${HERE}open`;
/** Keys of the previous version, with one record each for the data, the run on show and the list of runs. */
const BEFORE = { data: `${OURS}4-data`, run: `${OURS}4-run`, runs: `${OURS}4-runs` };
/** The first two parts of the key of a record set aside, followed by time, name and fault. */
const ASIDE = ['unrolled', 'aside'];

/** An unreadable record, set aside. @typedef {{key: IDBValidKey, what: string, why: string}} Aside */
/** The contents of the storage, unchecked, by key. @typedef {Map<string, any>} Records */
/** Data with their runs. @typedef {EarlierData} Kept */
/** The open data, and the run on show of each, by their ids. @typedef {{data: string, shown: Record<string, number>}} Open */
/** An invalid record: its key, the value to set aside, its name, and its fault. @typedef {{key: string, value: unknown, what: string, why: string}} Bad */

/** @param {Dataset['id']} id */
export const dataKey = (id) => `${DATA}${id}`;
/** @param {Entry} entry */
const runKey = ({ data, id }) => `${RUN}${data}-${id}`;

/** @param {string} key @param {Entry} entry @returns {boolean} Whether it is the record of this run. */
export const isRecordOf = (key, entry) => key === runKey(entry);

/** @param {string} key @returns {string} Its name for a person. */
export const calledBy = (key) => (key.startsWith(DATA) ? 'the data' : key.startsWith(RUN) ? MODEL : 'what is open');
/** @param {string} key */
export const isRun = (key) => key.startsWith(RUN);
/** @param {string} key @returns {string} Id of the data of a run's record, from its key. */
export const dataOfRun = (key) => key.slice(RUN.length, key.lastIndexOf('-'));

/** @param {IDBValidKey} key @returns {key is string} Whether this version reads it. */
export const isOurs = (key) => typeof key === 'string' && (key.startsWith(HERE) || isBefore(key));
/** @param {string} key */
export const isBefore = (key) => Object.values(BEFORE).includes(key);

/** @param {IDBValidKey} key @returns {Aside | null} The record set aside under a key, or another version's record; `null` for this version's. */
export function asideOf(key) {
  if (Array.isArray(key) && ASIDE.every((part, index) => key[index] === part)) return { key, what: String(key[3] ?? 'something'), why: String(key[4] ?? '') };
  if (typeof key !== 'string' || !key.startsWith(OURS) || isOurs(key)) return null;
  return { key, what: `“${key}”`, why: 'another version of this page kept it' };
}

/** @param {Bad} bad @param {number} when @returns {Aside} */
export const asAside = ({ what, why }, when) => ({ key: [...ASIDE, when, what, why], what, why });

/**
 * The id of data, equal for equal data in every tab and at every visit: 53 bits (cyrb53) of their content.
 * @param {Omit<Dataset, 'id'>} data @returns {string}
 */
export function dataIdOf({ source, read, series, about, parts, times }) {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  const add = (/** @type {number} */ word) => {
    one = Math.imul(one ^ word, 2654435761);
    other = Math.imul(other ^ word, 1597334677);
  };
  for (const character of JSON.stringify([source, read, series, about.step, about.utc, parts.names])) add(character.codePointAt(0) ?? 0);
  for (const { buffer, byteOffset, length } of [times, ...parts.columns]) new Uint32Array(buffer, byteOffset, 2 * length).forEach(add);
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909);
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & other) + (one >>> 0)).toString(36);
}

/** @param {Pick<State, 'data' | 'runs' | 'shownId' | 'earlierData'>} state @returns {Map<string, Dataset | Entry | Open>} The records to store: the open data, and others with a trained model. */
export function wanted({ data, runs, shownId, earlierData }) {
  /** @type {Map<string, Dataset | Entry | Open>} */
  const records = new Map();
  if (!data) return records;
  const trained = earlierData.filter((earlier) => earlier.runs.some(hasWeights));
  const all = [...trained, { data, runs, shownId }];
  for (const one of all) {
    records.set(dataKey(one.data.id), one.data);
    for (const entry of one.runs) if (hasWeights(entry)) records.set(runKey(entry), entry);
  }
  records.set(OPEN, { data: data.id, shown: Object.fromEntries(all.map((one) => [one.data.id, one.shownId])) });
  return records;
}

/** @param {any} run A run's record of version 4. @returns {any} */
function carriedRun(run) {
  const { predictions, earlier, ...rest } = run ?? {};
  return rest;
}

/**
 * The previous version's records in this version's form.
 * @param {Records} records @returns {{records: Records, bad: Bad[]}}
 */
function carried(records) {
  const [data, run, runs] = [BEFORE.data, BEFORE.run, BEFORE.runs].map((key) => records.get(key) ?? null);
  /** @type {Records} */
  const now = new Map();
  /** @type {Bad[]} */
  const bad = [];
  const given = data !== null && faultIn('data', { ...data, id: '' }) === '' ? { ...data, id: dataIdOf(data) } : null;
  if (given) now.set(dataKey(given.id), given);
  else if (data !== null) bad.push({ key: BEFORE.data, value: data, what: 'the data', why: faultIn('data', data) });
  const id = given?.id ?? '';
  if (runs !== null && !Array.isArray(runs)) bad.push({ key: BEFORE.runs, value: runs, what: 'the list of runs', why: 'runs: a list is needed' });
  const list = Array.isArray(runs) ? runs : [];
  /** @param {any} entry @param {string} key @param {unknown} value */
  const put = (entry, key, value) => {
    const why = faultIn('entry', entry, { data: given });
    if (why) bad.push({ key, value, what: 'a run', why });
    else now.set(runKey(entry), entry);
  };
  for (const entry of list) put({ ...entry, data: id, run: carriedRun(entry?.run) }, BEFORE.runs, entry);
  if (run !== null) {
    const there = now.get(`${RUN}${id}-${run?.id}`);
    const others = [...now.values()].filter((one) => 'slot' in one);
    put(newEntry({ ...there, id: run?.id, data: id, asked: run?.asked, run: carriedRun(run), problem: null }, others), BEFORE.run, run);
  }
  if (given) now.set(OPEN, { data: id, shown: { [id]: Number.isSafeInteger(run?.id) ? run.id : 0 } });
  return { records: now, bad };
}

/**
 * Sorts records into valid and invalid ones.
 * @param {Records} found @param {Catalog | null} catalog `null`: not loaded yet. @returns {{kept: Kept[], open: string, bad: Bad[]}}
 */
export function sorted(found, catalog) {
  const before = carried(found);
  const { bad } = before;
  const records = new Map([...before.records, ...[...found].filter(([key]) => !isBefore(key))]);
  /** @type {Map<string, Kept>} */
  const sets = new Map();
  /** @param {string} key @param {unknown} value @param {string} why */
  const refuse = (key, value, why) => bad.push({ key, value, what: calledBy(key), why });
  for (const [key, value] of records) {
    if (!key.startsWith(DATA)) continue;
    const why = faultIn('data', value) || (dataKey(value.id) === key ? '' : 'data.id: it stands under another key');
    if (why) refuse(key, value, why);
    else sets.set(value.id, { data: value, runs: [], removed: [], shownId: 0 });
  }
  for (const [key, value] of records) {
    if (!key.startsWith(RUN)) continue;
    const set = sets.get(String(value?.data));
    const why = faultIn('entry', value, { catalog, data: set?.data ?? null }) || (runKey(value) === key ? '' : 'entry.id: it stands under another key');
    if (why) refuse(key, value, why);
    else set?.runs.push(value);
  }
  const open = records.get(OPEN) ?? { data: '', shown: {} };
  const why = faultIn('open', open);
  if (why) refuse(OPEN, open, why);
  for (const set of sets.values()) {
    set.runs.sort((one, other) => one.id - other.id);
    // A run that was left without weights has no record: the newest one is shown.
    const shown = why ? -1 : (open.shown[set.data.id] ?? 0);
    set.shownId = !shown || set.runs.some(({ id }) => id === shown) ? shown : (set.runs.at(-1)?.id ?? 0);
  }
  return { kept: [...sets.values()], open: why ? '' : open.data, bad };
}
