/**
 * Data and runs in the browser's storage between two visits. They stay on this machine.
 *
 * The records follow from the page's state (`records.js`). A record is written when it differs from its last written value, one at
 * a time, by one tab at a time (`one_writer.js`), and only after the old records have been read. Unreadable records are set aside
 * under another key, and stay until a person deletes them. The browser may refuse, be full, or never answer; the page says so
 * (`keeping.js`), and works without the storage.
 * @module
 */
import { del, delMany, getMany, keys, set, setMany } from '../vendor/idb-keyval.js';
import { keepingNow, mayWrite, measure, PATIENCE, problems, reasonOf, tell, tellProblem, within } from './keeping.js';
import { seekLock } from './one_writer.js';
import { asAside, asideOf, calledBy, dataKey, dataOfRun, isBefore, isOurs, isRun, OPEN, sorted, wanted } from './records.js';
import { putWords, takeWords, watchWords } from './words.js';

/** @import {Catalog} from '../../pkg/unrolled.js' */
/** @import {Keeping} from './keeping.js' */
/** @import {Role} from './one_writer.js' */
/** @import {Aside, Bad, Kept, Records} from './records.js' */
/** @import {Entry, PageStore} from './shape.js' */

/** Milliseconds after a write in which changes are collected for the next. */
const GATHER = 150;
/** Milliseconds between two writes of a run in training, unless it has new weights from within an epoch. */
const RUN_EVERY = 4000;
/** Channel between tabs, if the browser has one. */
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('unrolled-kept');

/** The stored values, as the page holds them, by key. @type {Map<string, any>} */
const written = new Map();
/** Keys of this tab's own records, the only ones that it deletes, once it no longer has them. @type {Set<string>} */
const own = new Set();
/** Time of each run's last write. @type {Map<string, number>} */
const times = new Map();
/** Keys whose last write failed; they are tried again when another one succeeds. @type {Set<string>} */
const failed = new Set();
/** Keys of damaged records that could not be moved, and must not be overwritten. @type {Set<string>} */
const stuck = new Set();
/** Keys of the previous version, to be deleted once all of its records have been written anew. @type {string[]} */
let old = [];
/** @type {PageStore | null} */ let followed = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
let writing = false;
/** Whether something has changed since the last write. */
let changed = false;

/** Writes all changes from now on, as soon as possible. @param {PageStore} store */
export function follow(store) {
  followed = store;
  store.watch((state) => [state.data, state.runs, state.shownId, state.earlierData], soon);
  // A page that is left or hidden may not come back, so it writes at once.
  const leave = () => void flush();
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => document.hidden && leave());
}

/** Writes the changes: at once, unless there was a write just before. */
function soon() {
  changed = true;
  // Simultaneous changes are written together.
  if (!timer) queueMicrotask(flush);
}

/** @param {string} key @param {any} value @param {any} before @returns {boolean} Whether the value differs from the stored one. */
function isNews(key, value, before) {
  if (value === before || stuck.has(key)) return false;
  if (!before) return true;
  if (key === OPEN) return JSON.stringify(value) !== JSON.stringify(before);
  const [run, last] = isRun(key) ? [/** @type {Entry} */ (value).run, /** @type {Entry} */ (before).run] : [];
  if (run?.status !== 'running' || last?.status !== 'running') return true;
  return run.latest !== last.latest || (run.bytes !== last.bytes && performance.now() - (times.get(key) ?? 0) > RUN_EVERY);
}

/** Updates the storage to the page's state. */
async function flush() {
  if (!changed || writing || !followed || keepingNow().state !== 'answers' || !mayWrite()) return;
  writing = true;
  changed = false;
  try {
    const all = wanted(followed.get());
    for (const [key, value] of all) if (isNews(key, value, written.get(key))) await write(key, value);
    for (const key of all.keys()) own.add(key);
    if (all.size) for (const key of own) if (!all.has(key) && written.has(key)) await write(key, null);
    if (old.length && !failed.size && mayWrite() && keepingNow().state === 'answers') await delMany(old.splice(0)).catch(() => {});
  } finally {
    writing = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      void flush();
    }, GATHER);
  }
}

const NO_ANSWER = 'The browser’s storage does not answer.';

/** @param {string} key @param {unknown} value `null`: deletes the record. */
async function write(key, value) {
  // In the meantime another tab may have taken over, or a person deleted everything.
  if (keepingNow().state !== 'answers' || !mayWrite()) return;
  const what = calledBy(key);
  const silence = setTimeout(() => {
    problems.set(what, NO_ANSWER);
    tellProblem();
  }, PATIENCE);
  if (value === null) written.delete(key);
  else written.set(key, value);
  times.set(key, performance.now());
  try {
    await (value === null ? del(key) : set(key, value));
    problems.delete(what);
    problems.delete(EVERYTHING);
    failed.delete(key);
    channel?.postMessage({ [value === null ? 'gone' : 'kept']: [key] });
    if (failed.size) {
      for (const other of failed) written.delete(other);
      failed.clear();
      soon();
    }
  } catch (error) {
    failed.add(key);
    await measure();
    problems.set(what, reasonOf(error));
  } finally {
    clearTimeout(silence);
  }
  tellProblem();
  void measure();
}

/** The name of everything, for a failure of the whole storage. */
const EVERYTHING = 'anything';

/** The contents of the storage, unchecked. @typedef {{records: Records, aside: Aside[]}} Found */

/** @returns {Promise<Found>} */
async function find() {
  const all = await keys();
  const ours = all.filter(isOurs);
  const values = await getMany(ours);
  return {
    records: new Map(ours.map((key, index) => [key, values[index]])),
    aside: all.flatMap((key) => asideOf(key) ?? []),
  };
}

/**
 * Reads the records. If the storage does not answer in time, the page starts without it, and `late` has its later answer.
 * @returns {Promise<{found: Found | null, late: Promise<Found | null> | null}>}
 */
export async function recall() {
  const asked = find().catch((error) => {
    problems.set(EVERYTHING, reasonOf(error));
    tellProblem();
    return null;
  });
  void measure();
  const [found] = await Promise.all([within(asked), decided]);
  if (found !== undefined) return { found, late: null };
  tell({ state: 'silent' });
  return { found: null, late: asked };
}

/** @param {Found | null} found @returns {boolean} Whether there is anything for a person to bring back. */
export const holdsAnything = (found) => Boolean(found?.records.size);

/** Reports late records: nothing is written until a person has decided about them. @param {Found} found */
export function tellLate({ records, aside }) {
  const { kept, open: id } = sorted(records, null);
  const one = kept.find(({ data }) => data.id === id) ?? kept.at(-1);
  const many = one?.runs.length ?? 0;
  const models = many > 1 ? ` and ${many} models` : many ? ' and its model' : '';
  tell({ state: 'late', aside, late: one ? `“${one.data.source.name}”${models}` : 'what was kept here' });
}

/** Starts writing. @param {Aside[]} [aside] */
export function open(aside = keepingNow().aside) {
  tell({ state: 'answers', aside });
  void measure();
  soon();
}

/**
 * Sorts out the valid records; the writing tab sets the others aside.
 * @param {Found} found @param {Catalog} catalog @returns {Promise<{kept: Kept[], open: string}>} `open`: id of the open data.
 */
export async function sift({ records, aside }, catalog) {
  const { kept, open: id, bad } = sorted(records, catalog);
  const useless = new Set(bad.map(({ key }) => key));
  for (const [key, value] of records) {
    if (useless.has(key) || isBefore(key)) continue;
    written.set(key, value);
    // No other open tab could have it.
    if (keepingNow().role === 'writer') own.add(key);
  }
  tell({ aside });
  if (mayWrite()) {
    const moved = await moveAside(bad);
    old = moved ? [...records.keys()].filter(isBefore) : [];
  }
  return { kept, open: id };
}

/** Moves invalid records to keys of their own. @param {Bad[]} bad @returns {Promise<boolean>} Whether they were moved. */
async function moveAside(bad) {
  if (!bad.length) return true;
  const now = Date.now();
  const aside = bad.map((one, index) => asAside(one, now + index / 1000));
  try {
    const done = await within(
      (async () => {
        await setMany(bad.map(({ value }, index) => [aside[index].key, value]));
        await delMany(bad.map(({ key }) => key).filter((key) => !isBefore(key)));
        return true;
      })(),
    );
    if (!done) throw new Error('it does not answer');
  } catch (error) {
    // They stay in place, and are not overwritten.
    for (const { key, what } of bad) {
      stuck.add(key);
      problems.set(what, `The entry is damaged and could not be set aside. ${reasonOf(error)}`);
    }
    tellProblem();
    return false;
  }
  for (const { key } of bad) written.delete(key);
  tell({ aside: [...keepingNow().aside, ...aside] });
  return true;
}

/** Sets aside records that failed to open. @param {Pick<Kept, 'data' | 'runs'>[]} kept @param {string} why @param {boolean} [whole] Whether the data are invalid too. @returns {Promise<boolean>} Whether they were moved. */
export function setAside(kept, why, whole = true) {
  const all = kept.flatMap(({ data, runs }) => [...wanted({ data, runs, shownId: 0, earlierData: [] })]);
  return moveAside(all.filter(([key]) => key !== OPEN && (whole || isRun(key))).map(([key, value]) => ({ key, value, what: calledBy(key), why })));
}

/** Sets the late records aside, and stores the page's in their place. @param {Found} found */
export async function leaveLate({ records }) {
  const moved = await moveAside([...records].map(([key, value]) => ({ key, value, what: calledBy(key), why: 'it came late' })));
  if (moved) old = [...records.keys()].filter(isBefore);
  open();
}

/** Deleted records, until the page is left. @type {[IDBValidKey, unknown][]} */
const deleted = [];
/** Deleted words. @type {[string, string][]} */
let words = [];

/** @param {IDBValidKey[]} all */
async function remove(all) {
  const values = await getMany(all);
  deleted.push(...all.flatMap((key, index) => (values[index] === undefined ? [] : [/** @type {[IDBValidKey, unknown]} */ ([key, values[index]])])));
  await delMany(all);
  // A list as a key is a new object at each call.
  const gone = new Set(all.map((key) => JSON.stringify(key)));
  tell({ deleted: deleted.length, aside: keepingNow().aside.filter(({ key }) => !gone.has(JSON.stringify(key))) });
}

/** @param {() => Promise<void>} act @returns {Promise<boolean>} Whether it succeeded; a failure is shown, and so is a delay. */
async function attempt(act) {
  const silence = setTimeout(() => tell({ problem: NO_ANSWER }), PATIENCE);
  try {
    await act();
    tellProblem();
    return true;
  } catch (error) {
    tell({ problem: `That failed. ${reasonOf(error)}` });
    return false;
  } finally {
    clearTimeout(silence);
  }
}

/** Deletes the records set aside, at a person's request. */
export const deleteAside = () => attempt(() => remove(keepingNow().aside.map(({ key }) => key)));

/** Whether this tab is deleting everything. */
let deleting = false;

/** Deletes all records in this browser, of all tabs; until the page is left they can be brought back. */
export async function forget() {
  const { state } = keepingNow();
  deleting = true;
  // Before anything else, so that no pending write comes after it.
  become('forgetting');
  if (!mayWrite()) takeOver();
  const ours = async () => (await keys()).filter((key) => asideOf(key) || isOurs(key));
  const done = await attempt(async () => {
    // Another tab may have written before it heard of this.
    for (let all = await ours(); all.length; all = await ours()) await remove(all);
  });
  deleting = false;
  if (!done) {
    become(state);
    return soon();
  }
  for (const gone of [written, failed, stuck, problems]) gone.clear();
  tellProblem();
  old = [];
  words = takeWords();
  become('forgotten');
  lock.leave();
  void measure();
}

/** Changes the state in every tab. @param {Keeping['state']} state */
function become(state) {
  tell({ state });
  channel?.postMessage({ state });
}

/** Restores the deleted records, with later changes. */
export async function bringBack() {
  const back = [...deleted];
  if (!(await attempt(() => setMany(back)))) return;
  putWords(words);
  words = [];
  deleted.splice(0, back.length);
  problems.clear();
  tellProblem();
  tell({ deleted: deleted.length, aside: [...keepingNow().aside, ...back.flatMap(([key]) => asideOf(key) ?? [])] });
  if (keepingNow().state !== 'forgotten') return;
  open();
  lock.seek();
}

watchWords((error) => {
  if (error) problems.set('your choices for the page', reasonOf(error));
  else problems.delete('your choices for the page');
  tellProblem();
});

/** A message from another tab. @typedef {{kept?: string[], gone?: string[], state?: Keeping['state']}} Word */

/** The page's handler for another tab's records and deletions. @type {(kept: Kept[], gone: string[]) => void} */
let heard = () => {};

/** @param {(kept: Kept[], gone: string[]) => void} hear Gets another tab's records, and the keys of its deletions. */
export function watchOthers(hear) {
  heard = hear;
  if (channel) channel.onmessage = ({ data }) => listen(data);
}

/** @param {Word} word */
function listen({ kept = [], gone = [], state }) {
  if (state) return hearOfDeletion(state);
  if (keepingNow().state !== 'answers') return;
  for (const key of gone) written.delete(key);
  if (gone.length) heard([], gone);
  if (kept.some(isRun)) void catchUp(kept);
}

/** @param {Keeping['state']} state `forgetting`: another tab deletes everything; `forgotten`: it is done; any other: it failed. */
function hearOfDeletion(state) {
  if (deleting || !['answers', 'forgetting'].includes(keepingNow().state)) return;
  if (state !== 'forgetting' && state !== 'forgotten') return goOn();
  tell({ state });
  if (state === 'forgotten') {
    written.clear();
    lock.leave();
  }
  // The other tab may be closed before it is done.
  if (state === 'forgetting') setTimeout(settle, 2 * PATIENCE);
}

/** Finds out how a deletion ended that another tab has not reported on. */
async function settle() {
  const isOpen = () => !deleting && keepingNow().state === 'forgetting';
  const left = isOpen() ? await within(keys()) : undefined;
  if (!isOpen()) return;
  if (left && !left.some(isOurs)) hearOfDeletion('forgotten');
  else goOn();
}

/** Keeps again what this tab has. */
function goOn() {
  tell({ state: 'answers' });
  void catchUp().then(soon);
}

/** Reads other tabs' records. @param {string[]} [names] Their keys; by default all. */
async function catchUp(names) {
  const { catalog = null, data = null, earlierData = [] } = followed?.get() ?? {};
  if (!catalog) return;
  const known = new Map([...earlierData, ...(data ? [{ data }] : [])].map((one) => [dataKey(one.data.id), one.data]));
  try {
    const runs = (names ?? (await keys())).filter((key) => typeof key === 'string').filter(isRun);
    const missing = [...new Set(runs.map((key) => dataKey(dataOfRun(key))))].filter((key) => !known.has(key));
    const wants = [...missing, ...runs];
    const values = await getMany(wants);
    const records = new Map(wants.flatMap((key, index) => (values[index] === undefined ? [] : [[key, values[index]]])));
    // The writing tab sets damaged records aside at its start.
    const { kept, bad } = sorted(new Map([...known, ...records]), catalog);
    for (const { key } of bad) records.delete(key);
    for (const [key, value] of records) written.set(key, value);
    heard(kept, []);
  } catch (error) {
    problems.set('what other tabs keep', reasonOf(error));
    tellProblem();
  }
}

/** @type {ReturnType<typeof seekLock>} */ let lock;
/** Makes this tab the writer, and the previous writer a reader. */
export const takeOver = () => lock.takeOver();

/** Settled once it is known whether this tab writes. @type {Promise<void>} */
const decided = new Promise((resolve) => {
  /** @type {Role} */ let newest = 'asking';
  lock = seekLock(async (role) => {
    newest = role;
    // A new writer first reads the others' records.
    if (role === 'writer' && keepingNow().state === 'answers') await within(catchUp());
    if (newest !== role) return;
    tell({ role });
    resolve();
    soon();
  });
});
