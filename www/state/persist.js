/**
 * What is kept in the browser between two visits: the data, the last model with its curve, and the list of runs. It stays on this
 * machine.
 *
 * One writer, one write at a time, the newest value of each entry. It waits until what was kept before has been read: an entry
 * that nobody has read is never overwritten. What cannot be read is set aside under another key, and stays until a person deletes
 * it. The browser may refuse, be full, or never answer; each is said (`Keeping`), and the page goes on without.
 * @module
 */
import { del, delMany, getMany, keys, set, setMany } from '../vendor/idb-keyval.js';
import { faultIn } from './checked.js';
import { putWords, takeWords, watchWords } from './words.js';

/** @import {Catalog} from '../../pkg/unrolled.js' */
/** @import {Dataset, Entry, Run} from './shape.js' */

/** Raised when what is kept changes its shape. */
const VERSION = 4;
/** Milliseconds without an answer after which the page goes on without the storage; it goes on listening. */
const PATIENCE = 3000;
/** The first two parts of the key of what was set aside; then when, what it was, and what is wrong with it. */
const ASIDE = ['unrolled', 'aside'];
/** Keys of any version begin so. */
const OURS = 'unrolled-';

/** @typedef {'data' | 'run' | 'runs'} What */
/** @type {Record<What, string>} */
const KEYS = { data: `${OURS}${VERSION}-data`, run: `${OURS}${VERSION}-run`, runs: `${OURS}${VERSION}-runs` };
const ALL = /** @type {What[]} */ (Object.keys(KEYS));
/** @type {Record<What | 'entry', string>} */
const CALLED = { data: 'the data', run: 'the model', runs: 'the list of runs', entry: 'a run of the list' };

/** What cannot be read and is not deleted. @typedef {{key: IDBValidKey, what: string, why: string}} Aside */

/**
 * How it stands with what is kept.
 * @typedef {object} Keeping
 * @property {'waiting' | 'silent' | 'late' | 'answers' | 'forgotten'} state `waiting`: it is being read. `silent`: the storage has not
 *   answered. `late`: it has answered after the page had begun without it, and a person is to say what becomes of what it had.
 *   `forgotten`: a person had it deleted. Nothing is written but where it `answers`.
 * @property {string} problem Why something is not kept, in a line, or ''.
 * @property {Aside[]} aside
 * @property {string} late What came late, in words.
 * @property {number} deleted Entries that a person has deleted and can bring back.
 * @property {number | null} used Bytes of this site, as far as the browser tells.
 * @property {number | null} quota Bytes that it may use.
 * @property {boolean} lasting Whether the browser has agreed to keep it even when space is short.
 */

/** @type {Keeping} */
let keeping = { state: 'waiting', problem: '', aside: [], late: '', deleted: 0, used: null, quota: null, lasting: false };
/** @type {(keeping: Keeping) => void} */
let listener = () => {};

/** @returns {Keeping} */
export const keepingNow = () => keeping;

/** @param {(keeping: Keeping) => void} hear Told of every change. */
export function watchKeeping(hear) {
  listener = hear;
  hear(keeping);
}

/** @param {Partial<Keeping>} patch */
function tell(patch) {
  keeping = { ...keeping, ...patch };
  listener(keeping);
}

/** What went wrong last, for each thing that is not kept as it stands. @type {Map<string, string>} */
const problems = new Map();

function tellProblem() {
  const [[, why] = ['', '']] = problems;
  const things = [...problems.keys()].join(' and ');
  tell({ problem: why && `Not kept for your next visit: ${things}. ${why}` });
}

/** @param {any} error @returns {string} */
function reasonOf(error) {
  if (error?.name === 'QuotaExceededError')
    return 'The browser’s storage for this site is full: save the model as a file, and free space on this machine or delete what is kept here.';
  return `The browser’s storage refused it (${String(error?.message || error?.name || 'it does not say why').replace(/\.$/, '')}): save the model as a file.`;
}

/**
 * @template T @param {Promise<T>} answer @param {number} [limit] Milliseconds.
 * @returns {Promise<T | undefined>} `undefined` where it has not come by then.
 */
function within(answer, limit = PATIENCE) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const silence = new Promise((resolve) => (timer = setTimeout(() => resolve(undefined), limit)));
  return Promise.race([answer, /** @type {Promise<undefined>} */ (silence)]).finally(() => clearTimeout(timer));
}

/** Asks the browser how much room there is. */
async function measure() {
  const { storage } = navigator;
  // Pages from disk have none.
  if (!storage?.estimate) return;
  // A browser that does not tell is not spoken for.
  const unknown = () => undefined;
  const [estimate, lasting] = await Promise.all([
    within(storage.estimate().catch(unknown)),
    within(storage.persisted().catch(unknown)),
  ]);
  tell({ used: estimate?.usage ?? null, quota: estimate?.quota ?? null, lasting: lasting ?? keeping.lasting });
}

let askedToLast = false;
/**
 * Asks the browser, once a visit, not to clear what is kept when space is short. Only in a click, because Firefox asks the person,
 * who should see what for.
 */
export function askToLast() {
  if (askedToLast || keeping.lasting || !navigator.storage?.persist || navigator.userActivation?.isActive === false) return;
  askedToLast = true;
  navigator.storage.persist().then(
    (lasting) => tell({ lasting }),
    // It is then kept as far as space allows, which is what the foot says.
    () => tell({ lasting: false }),
  );
}

/** What is to be written, the newest of each. @type {Map<What, unknown>} */
const pending = new Map();
/** What a damaged entry holds that could not be moved: it is not overwritten. @type {Set<What>} */
const stuck = new Set();
let writing = false;

async function flush() {
  if (writing || keeping.state !== 'answers') return;
  writing = true;
  try {
    for (const [what, value] of pending) {
      pending.delete(what);
      if (!stuck.has(what)) await write(what, value);
      // It may have been deleted by a person meanwhile.
      if (keeping.state !== 'answers') break;
    }
  } finally {
    writing = false;
  }
}

/** @param {What} what @param {unknown} value `null`: nothing. */
async function write(what, value) {
  const silence = setTimeout(() => {
    problems.set(CALLED[what], 'The browser’s storage does not answer.');
    tellProblem();
  }, PATIENCE);
  try {
    await (value === null ? del(KEYS[what]) : set(KEYS[what], value));
    problems.delete(CALLED[what]);
    problems.delete(EVERYTHING);
  } catch (error) {
    await measure();
    problems.set(CALLED[what], reasonOf(error));
  } finally {
    clearTimeout(silence);
  }
  tellProblem();
  void measure();
}

/** What is not kept where the storage as a whole refuses. */
const EVERYTHING = 'anything';

/** @param {What} what @param {unknown} value */
function keep(what, value) {
  pending.delete(what);
  pending.set(what, value);
  void flush();
}

/** @param {Dataset} data */
export const keepData = (data) => keep('data', data);

/** @param {Run | null} run */
export const keepRun = (run) => keep('run', run?.bytes || run?.latest ? { ...run, problem: null } : null);

/** @param {Entry[]} runs */
export const keepRuns = (runs) => keep('runs', runs.length ? runs : null);

/** What stands in the storage, unread. @typedef {{values: Record<What, any>, aside: Aside[]}} Found */

/** What is of use of it. @typedef {{data: Dataset | null, run: Run | null, runs: Entry[]}} Kept */

/** @returns {Promise<Found>} */
async function find() {
  const all = await keys();
  const values = await getMany(ALL.map((what) => KEYS[what]));
  return {
    values: /** @type {Record<What, any>} */ (Object.fromEntries(ALL.map((what, index) => [what, values[index] ?? null]))),
    aside: all.flatMap((key) => asideOf(key) ?? []),
  };
}

/** @param {IDBValidKey} key @returns {Aside | null} What a key holds that is of no use to this version. */
function asideOf(key) {
  if (Array.isArray(key) && ASIDE.every((part, index) => key[index] === part)) return { key, what: String(key[3] ?? 'something'), why: String(key[4] ?? '') };
  if (typeof key !== 'string' || !key.startsWith(OURS) || Object.values(KEYS).includes(key)) return null;
  return { key, what: `“${key}”`, why: 'another version of this page kept it' };
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
  const found = await within(asked);
  if (found !== undefined) return { found, late: null };
  tell({ state: 'silent' });
  return { found: null, late: asked };
}

/** @param {Found | null} found @returns {boolean} Whether there is anything that a person may want to have back. */
export const holdsAnything = (found) => Boolean(found && ALL.some((what) => found.values[what] !== null));

/** It came after the page had begun: nothing is written until a person has said what becomes of it. @param {Found} found */
export function tellLate({ values: { data, run, runs }, aside }) {
  const several = Array.isArray(runs) && runs.length > 1 ? ` and ${runs.length} models` : '';
  const name = faultIn('data', data) ? 'what was kept here' : `“${data.source.name}”`;
  tell({ state: 'late', aside, late: `${name}${several || (run ? ' and its model' : '')}` });
}

/** From now on what is to be kept is written. @param {Aside[]} [aside] */
export function open(aside = keeping.aside) {
  tell({ state: 'answers', aside });
  void measure();
  void flush();
}

/**
 * What is of use of what was found; the rest is set aside.
 * @param {Found} found @param {Catalog} catalog @returns {Promise<Kept>}
 */
export async function sift({ values, aside }, catalog) {
  tell({ aside });
  /** @type {[What | 'entry', unknown, string][]} */
  const bad = [];
  /** @param {'data' | 'run' | 'entry'} what @param {unknown} value @param {import('./checked.js').Known} known */
  const good = (what, value, known) => {
    const why = faultIn(what, value, known);
    if (why) bad.push([what, value, why]);
    return !why;
  };
  const data = values.data !== null && good('data', values.data, {}) ? values.data : null;
  const run = values.run !== null && good('run', values.run, { catalog, data }) ? values.run : null;
  /** @type {Entry[]} */
  let runs = [];
  if (values.runs !== null && !Array.isArray(values.runs)) bad.push(['runs', values.runs, 'runs: a list is needed']);
  else {
    const seen = new Set();
    runs = (values.runs ?? []).filter((/** @type {Entry} */ entry) => {
      if (!good('entry', entry, { catalog, data })) return false;
      if (seen.has(entry.id)) bad.push(['entry', entry, `entry.id: ${entry.id} is there twice`]);
      return seen.size < seen.add(entry.id).size;
    });
  }
  await moveAside(bad, { data, run, runs });
  // It takes the place of what the page had meanwhile.
  if (data) pending.clear();
  return { data, run, runs };
}

/** @param {Kept} kept @returns {[What, unknown][]} What stands under each key. */
const entriesOf = ({ data, run, runs }) => [
  ['data', data],
  ['run', run],
  ['runs', runs.length ? runs : null],
];

/**
 * Moves what is of no use to keys of its own, and leaves the rest where it stands.
 * @param {[What | 'entry', unknown, string][]} bad @param {Kept} kept @returns {Promise<boolean>} Whether it was moved.
 */
async function moveAside(bad, kept) {
  if (!bad.length) return true;
  const now = Date.now();
  /** @type {[IDBValidKey, unknown, string, string][]} */
  const moved = bad.map(([what, value, why], index) => [[...ASIDE, now + index / 1000, CALLED[what], why], value, CALLED[what], why]);
  const touched = new Set(bad.map(([what]) => (what === 'entry' ? 'runs' : what)));
  const aside = moved.map(([key, , what, why]) => ({ key, what, why }));
  try {
    const done = await within(
      (async () => {
        await setMany(moved.map(([key, value]) => [key, value]));
        const left = entriesOf(kept).filter(([what]) => touched.has(what));
        await setMany(left.filter(([, value]) => value !== null).map(([what, value]) => [KEYS[what], value]));
        await delMany(left.filter(([, value]) => value === null).map(([what]) => KEYS[what]));
        return true;
      })(),
    );
    if (!done) throw new Error('it does not answer');
  } catch (error) {
    // It stays where it is, and nothing is written over it.
    for (const what of touched) {
      stuck.add(what);
      problems.set(CALLED[what], `The entry is damaged and could not be set aside. ${reasonOf(error)}`);
    }
    tellProblem();
    return false;
  }
  tell({ aside: [...keeping.aside, ...aside] });
  return true;
}

/**
 * What was kept turned out to be of no use when it was opened.
 * @param {Kept} kept @param {Partial<Record<What, string>>} why Of each that is not. @returns {Promise<boolean>} Whether it was moved.
 */
export async function setAside(kept, why) {
  const bad = entriesOf(kept).filter(([what, value]) => value !== null && why[what]);
  const left = { data: why.data ? null : kept.data, run: why.run ? null : kept.run, runs: why.runs ? [] : kept.runs };
  return moveAside(
    bad.map(([what, value]) => [what, value, why[what] ?? '']),
    left,
  );
}

/** What came late is not wanted now: it is set aside as it is, and what the page has is kept in its place. @param {Found} found */
export async function leaveLate({ values }) {
  const bad = ALL.filter((what) => values[what] !== null);
  await moveAside(
    bad.map((what) => [what, values[what], 'it came late']),
    { data: null, run: null, runs: [] },
  );
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
  tell({ deleted: deleted.length, aside: keeping.aside.filter(({ key }) => !gone.has(JSON.stringify(key))) });
}

/** @param {() => Promise<void>} act @returns {Promise<boolean>} Whether it was done; otherwise why not is said. */
async function attempt(act) {
  try {
    const done = await within(act().then(() => true));
    if (!done) throw new Error('it does not answer');
    return true;
  } catch (error) {
    tell({ problem: `That was not done. ${reasonOf(error)}` });
    return false;
  }
}

/** Deletes what was set aside; a person has said so. */
export const deleteAside = () => attempt(() => remove(keeping.aside.map(({ key }) => key)));

/** Leaves nothing behind in this browser; until the page is left it can be brought back. */
export async function forget() {
  // Before anything else: what waits to be written would come after it.
  const { state } = keeping;
  tell({ state: 'forgotten' });
  const done = await attempt(async () => {
    const all = await keys();
    await remove(all.filter((key) => asideOf(key) || Object.values(KEYS).includes(String(key))));
  });
  if (!done) return tell({ state });
  words = takeWords();
  void measure();
}

/** Has what was deleted back where it stood, and what has become of it since. */
export async function bringBack() {
  const back = deleted.filter(([key]) => !ALL.some((what) => KEYS[what] === key && pending.has(what)));
  if (!(await attempt(() => setMany(back)))) return;
  putWords(words);
  words = [];
  deleted.length = 0;
  problems.clear();
  tellProblem();
  tell({ deleted: 0, aside: [...keeping.aside, ...back.flatMap(([key]) => asideOf(key) ?? [])] });
  if (keeping.state === 'forgotten') open();
}

watchWords((error) => {
  if (error) problems.set('what you chose for the page', reasonOf(error));
  else problems.delete('what you chose for the page');
  tellProblem();
});
