/**
 * What is kept in the browser between two visits: data and the runs on them. It stays on this machine.
 *
 * What is to be kept follows from the page's state (`records.js`): what is another than it was written last is written, one record at a
 * time, by one tab at a time (`one_writer.js`). Nothing is written before what was kept before has been read. What cannot be read is
 * set aside under another key, and stays until a person deletes it. The browser may refuse, be full, or never answer; each is said
 * (`keeping.js`), and the page goes on without.
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

/** Milliseconds after a writing in which changes gather for the next. */
const GATHER = 150;
/** Milliseconds between two writings of a run that trains, unless its weights were sent as they are. */
const RUN_EVERY = 4000;
/** How tabs hear of each other, where the browser lets them. */
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('unrolled-kept');

/** What stands in the storage, as the page has it, by its key. @type {Map<string, any>} */
const written = new Map();
/** Keys of what this tab has had to keep. Of them alone a record is deleted, once the tab has it no more. @type {Set<string>} */
const own = new Set();
/** When a run was written. @type {Map<string, number>} */
const times = new Map();
/** Keys whose last writing failed: they are tried again when another one succeeds. @type {Set<string>} */
const failed = new Set();
/** Keys of damaged records that could not be moved: they are not written over. @type {Set<string>} */
const stuck = new Set();
/** Keys of the version before, which are deleted once all of it has been written anew. @type {string[]} */
let old = [];
/** @type {PageStore | null} */ let followed = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
let writing = false;
/** Whether something has changed since it was written. */
let changed = false;

/** Writes whatever changes from now on, as soon as it may. @param {PageStore} store */
export function follow(store) {
  followed = store;
  store.watch((state) => [state.data, state.runs, state.shownId, state.earlierData], soon);
  // A page that is left or out of sight may not come back: nothing gathers then.
  const leave = () => void flush();
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => document.hidden && leave());
}

/** Writes what has changed: at once, unless something was written a moment before. */
function soon() {
  changed = true;
  // What changes together is written together.
  if (!timer) queueMicrotask(flush);
}

/** @param {string} key @param {any} value @param {any} before @returns {boolean} Whether what is to be kept is another than what is. */
function isNews(key, value, before) {
  if (value === before || stuck.has(key)) return false;
  if (!before) return true;
  if (key === OPEN) return JSON.stringify(value) !== JSON.stringify(before);
  const [run, last] = isRun(key) ? [/** @type {Entry} */ (value).run, /** @type {Entry} */ (before).run] : [];
  if (run?.status !== 'running' || last?.status !== 'running') return true;
  return run.latest !== last.latest || (run.bytes !== last.bytes && performance.now() - (times.get(key) ?? 0) > RUN_EVERY);
}

/** Brings the storage to what the page has. */
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

/** @param {string} key @param {unknown} value `null`: nothing. */
async function write(key, value) {
  // Another tab may have taken over, or a person deleted it all.
  if (keepingNow().state !== 'answers' || !mayWrite()) return;
  const what = calledBy(key);
  const silence = setTimeout(() => {
    problems.set(what, 'The browser’s storage does not answer.');
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

/** What is not kept where the storage as a whole refuses. */
const EVERYTHING = 'anything';

/** What stands in the storage, unread. @typedef {{records: Records, aside: Aside[]}} Found */

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
 * Reads what is kept. Where the storage does not answer in time the page is to begin without it; `late` then comes when it does.
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

/** @param {Found | null} found @returns {boolean} Whether there is anything that a person may want to have back. */
export const holdsAnything = (found) => Boolean(found?.records.size);

/** It came after the page had begun: nothing is written until a person has said what becomes of it. @param {Found} found */
export function tellLate({ records, aside }) {
  const { kept, open: id } = sorted(records, null);
  const one = kept.find(({ data }) => data.id === id) ?? kept.at(-1);
  const many = one?.runs.length ?? 0;
  const models = many > 1 ? ` and ${many} models` : many ? ' and its model' : '';
  tell({ state: 'late', aside, late: one ? `“${one.data.source.name}”${models}` : 'what was kept here' });
}

/** From now on what is to be kept is written. @param {Aside[]} [aside] */
export function open(aside = keepingNow().aside) {
  tell({ state: 'answers', aside });
  void measure();
  soon();
}

/**
 * What is of use of what was found; the rest is set aside, where this tab writes.
 * @param {Found} found @param {Catalog} catalog @returns {Promise<{kept: Kept[], open: string}>} `open`: the id of the data that were.
 */
export async function sift({ records, aside }, catalog) {
  const { kept, open: id, bad } = sorted(records, catalog);
  const useless = new Set(bad.map(({ key }) => key));
  for (const [key, value] of records) {
    if (useless.has(key) || isBefore(key)) continue;
    written.set(key, value);
    // No other tab is open that could have it.
    if (keepingNow().role === 'writer') own.add(key);
  }
  tell({ aside });
  if (mayWrite()) {
    const moved = await moveAside(bad);
    old = moved ? [...records.keys()].filter(isBefore) : [];
  }
  return { kept, open: id };
}

/** Moves what is of no use to keys of its own. @param {Bad[]} bad @returns {Promise<boolean>} Whether it was moved. */
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
    // It stays where it is, and nothing is written over it.
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

/** What was kept turned out to be of no use when it was opened. @param {Pick<Kept, 'data' | 'runs'>[]} kept @param {string} why @param {boolean} [whole] Whether the data are of no use either. @returns {Promise<boolean>} Whether it was moved. */
export function setAside(kept, why, whole = true) {
  const all = kept.flatMap(({ data, runs }) => [...wanted({ data, runs, shownId: 0, earlierData: [] })]);
  return moveAside(all.filter(([key]) => key !== OPEN && (whole || isRun(key))).map(([key, value]) => ({ key, value, what: calledBy(key), why })));
}

/** What came late is not wanted now: it is set aside as it is, and what the page has is kept in its place. @param {Found} found */
export async function leaveLate({ records }) {
  const moved = await moveAside([...records].map(([key, value]) => ({ key, value, what: calledBy(key), why: 'it came late' })));
  if (moved) old = [...records.keys()].filter(isBefore);
  open();
}

/** What a person had deleted, until the page is left. @type {[IDBValidKey, unknown][]} */
const deleted = [];
/** The same of the words. @type {[string, string][]} */
let words = [];

/** @param {IDBValidKey[]} all */
async function remove(all) {
  const values = await getMany(all);
  deleted.push(...all.map((key, index) => /** @type {[IDBValidKey, unknown]} */ ([key, values[index]])));
  await delMany(all);
  // A key that is a list is another list each time it is asked for.
  const gone = new Set(all.map((key) => JSON.stringify(key)));
  tell({ deleted: deleted.length, aside: keepingNow().aside.filter(({ key }) => !gone.has(JSON.stringify(key))) });
}

/** @param {() => Promise<void>} act @returns {Promise<boolean>} Whether it was done; otherwise why not is said. */
async function attempt(act) {
  try {
    const done = await within(act().then(() => true));
    if (!done) throw new Error('it does not answer');
    return true;
  } catch (error) {
    tell({ problem: `That failed. ${reasonOf(error)}` });
    return false;
  }
}

/** Deletes what was set aside; a person has said so. */
export const deleteAside = () => attempt(() => remove(keepingNow().aside.map(({ key }) => key)));

/** Leaves nothing behind in this browser, whichever tab wrote it; until the page is left it can be brought back. */
export async function forget() {
  // Before anything else: what waits to be written would come after it.
  const { state } = keepingNow();
  become('forgetting');
  if (!mayWrite()) takeOver();
  const done = await attempt(async () => {
    const all = await keys();
    await remove(all.filter((key) => asideOf(key) || isOurs(key)));
  });
  if (!done) return become(state);
  written.clear();
  old = [];
  words = takeWords();
  become('forgotten');
  void measure();
}

/** In every tab. @param {Keeping['state']} state */
function become(state) {
  tell({ state });
  channel?.postMessage({ state });
}

/** Has what was deleted back where it stood, and what has become of it since. */
export async function bringBack() {
  const back = [...deleted];
  if (!(await attempt(() => setMany(back)))) return;
  putWords(words);
  words = [];
  deleted.length = 0;
  problems.clear();
  tellProblem();
  tell({ deleted: 0, aside: [...keepingNow().aside, ...back.flatMap(([key]) => asideOf(key) ?? [])] });
  if (keepingNow().state === 'forgotten') open();
}

watchWords((error) => {
  if (error) problems.set('your choices for the page', reasonOf(error));
  else problems.delete('your choices for the page');
  tellProblem();
});

/** What another tab has done. @typedef {{kept?: string[], gone?: string[], state?: Keeping['state']}} Word */

/** What the page does with what another tab has kept or deleted. @type {(kept: Kept[], gone: string[]) => void} */
let heard = () => {};

/** @param {(kept: Kept[], gone: string[]) => void} hear Told of what another tab has kept, and of the keys of what it has deleted. */
export function watchOthers(hear) {
  heard = hear;
  if (channel) channel.onmessage = ({ data }) => listen(data);
}

/** @param {Word} word */
function listen({ kept = [], gone = [], state }) {
  if (!['answers', 'forgetting'].includes(keepingNow().state)) return;
  if (state === 'forgotten') written.clear();
  // Deleting failed in a tab whose own storage had not answered: this one's did.
  if (state) return tell({ state: state === 'forgetting' || state === 'forgotten' ? state : 'answers' });
  if (keepingNow().state === 'forgetting') return;
  for (const key of gone) written.delete(key);
  if (gone.length) heard([], gone);
  if (kept.some(isRun)) void catchUp(kept);
}

/** Takes in what other tabs have kept. @param {string[]} [names] Under these keys; all of it. */
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
    // What is damaged is set aside by the tab that reads it as it starts.
    const { kept, bad } = sorted(new Map([...known, ...records]), catalog);
    for (const { key } of bad) records.delete(key);
    for (const [key, value] of records) written.set(key, value);
    heard(kept, []);
  } catch (error) {
    problems.set('what other tabs keep', reasonOf(error));
    tellProblem();
  }
}

/** This tab writes from now on, and the one that did reads along. @type {() => void} */
export let takeOver = () => {};

/** Settled once it is known whether this tab writes. @type {Promise<void>} */
const decided = new Promise((resolve) => {
  /** @type {Role} */ let newest = 'asking';
  takeOver = seekLock(async (role) => {
    newest = role;
    // What others have kept is taken in before anything is written.
    if (role === 'writer' && keepingNow().state === 'answers') await within(catchUp());
    if (newest !== role) return;
    tell({ role });
    resolve();
    soon();
  }).takeOver;
});
