/**
 * The status of the browser's storage: whether it answers, whether this tab writes, the room left, and the failures of writing.
 * @module
 */
/** @import {Role} from './one_writer.js' */
/** @import {Aside} from './records.js' */

/** Milliseconds without an answer after which the page starts without the storage; it keeps listening. */
export const PATIENCE = 3000;
/** The most important record for a person. */
export const MODEL = 'the model';

/**
 * The status of the storage.
 * @typedef {object} Keeping
 * @property {'waiting' | 'silent' | 'late' | 'answers' | 'forgetting' | 'forgotten'} state `waiting`: it is being read. `silent`:
 *   it has not answered. `late`: it has answered after the page started without it, and a person must decide about its records.
 *   `forgetting`: its records are being deleted. `forgotten`: they are. The page writes only in the state `answers`.
 * @property {Role} role Whether this tab is the one that writes.
 * @property {string} problem Why something is not stored, in a line, or ''.
 * @property {Aside[]} aside
 * @property {string} late The late records, in words.
 * @property {number} deleted Number of deleted records that a person can bring back.
 * @property {number | null} used Bytes of this site, if the browser reports them.
 * @property {number | null} quota Largest number of bytes.
 * @property {boolean} lasting Whether the browser has agreed to keep the records even when space is short.
 */

/** @type {Keeping} */
let keeping = { state: 'waiting', role: 'asking', problem: '', aside: [], late: '', deleted: 0, used: null, quota: null, lasting: false };
/** @type {(keeping: Keeping) => void} */
let listener = () => {};

/** @returns {Keeping} */
export const keepingNow = () => keeping;

/** @param {(keeping: Keeping) => void} hear Called at every change. */
export function watchKeeping(hear) {
  listener = hear;
  hear(keeping);
}

/** @param {Partial<Keeping>} patch */
export function tell(patch) {
  keeping = { ...keeping, ...patch };
  listener(keeping);
}

/** @returns {boolean} Whether this tab writes, as far as tabs are concerned. */
export const mayWrite = () => keeping.role === 'writer' || keeping.role === 'alone';

/** The last failure of each record that is not stored in its present state. @type {Map<string, string>} */
export const problems = new Map();

export function tellProblem() {
  const all = [...problems].sort(([one], [other]) => Number(other === MODEL) - Number(one === MODEL));
  const [[, why] = ['', '']] = all;
  const things = all.map(([what]) => what).join(' and ');
  tell({ problem: why && `Not kept for your next visit: ${things}. ${why}` });
}

/** @param {any} error @returns {string} */
export function reasonOf(error) {
  if (error?.name === 'QuotaExceededError')
    return 'The browser’s storage for this site is full: save the model as a file, and free space on this machine or delete what is kept here.';
  return `The browser’s storage refused it (${String(error?.message || error?.name || 'no reason given').replace(/\.$/, '')}): save the model as a file.`;
}

/**
 * @template T @param {Promise<T>} answer @param {number} [limit] Milliseconds.
 * @returns {Promise<T | undefined>} `undefined` after the limit.
 */
export function within(answer, limit = PATIENCE) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const silence = new Promise((resolve) => (timer = setTimeout(() => resolve(undefined), limit)));
  return Promise.race([answer, /** @type {Promise<undefined>} */ (silence)]).finally(() => clearTimeout(timer));
}

/** Asks the browser for the room left. */
export async function measure() {
  const { storage } = navigator;
  // Pages from disk have none.
  if (!storage?.estimate) return;
  // A browser without this information gives none.
  const unknown = () => undefined;
  const [estimate, lasting] = await Promise.all([
    within(storage.estimate().catch(unknown)),
    within(storage.persisted().catch(unknown)),
  ]);
  tell({ used: estimate?.usage ?? null, quota: estimate?.quota ?? null, lasting: lasting ?? keeping.lasting });
}

let askedToLast = false;
/**
 * Asks the browser, once a visit, not to clear the records when space is short. Only in a click, because Firefox asks the person,
 * who should see the reason.
 */
export function askToLast() {
  if (askedToLast || keeping.lasting || !navigator.storage?.persist || navigator.userActivation?.isActive === false) return;
  askedToLast = true;
  navigator.storage.persist().then(
    (lasting) => tell({ lasting }),
    // The records are then kept as long as space allows, and the foot says so.
    () => tell({ lasting: false }),
  );
}
