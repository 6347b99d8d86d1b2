/**
 * How it stands with what is kept in the browser: whether the storage answers, whether this tab writes, how much room there is, and what
 * is not kept and why.
 * @module
 */
/** @import {Role} from './one_writer.js' */
/** @import {Aside} from './records.js' */

/** Milliseconds without an answer after which the page goes on without the storage; it goes on listening. */
export const PATIENCE = 3000;
/** What a person misses most where it is not kept. */
export const MODEL = 'the model';

/**
 * How it stands with what is kept.
 * @typedef {object} Keeping
 * @property {'waiting' | 'silent' | 'late' | 'answers' | 'forgetting' | 'forgotten'} state `waiting`: it is being read. `silent`: the storage has not
 *   answered. `late`: it has answered after the page had begun without it, and a person is to say what becomes of what it had.
 *   `forgetting`: a person has it deleted. `forgotten`: that is done. Nothing is written but where it `answers`.
 * @property {Role} role Whether this tab is the one that writes.
 * @property {string} problem Why something is not kept, in a line, or ''.
 * @property {Aside[]} aside
 * @property {string} late What came late, in words.
 * @property {number} deleted Entries that a person has deleted and can bring back.
 * @property {number | null} used Bytes of this site, as far as the browser tells.
 * @property {number | null} quota Bytes that it may use.
 * @property {boolean} lasting Whether the browser has agreed to keep it even when space is short.
 */

/** @type {Keeping} */
let keeping = { state: 'waiting', role: 'asking', problem: '', aside: [], late: '', deleted: 0, used: null, quota: null, lasting: false };
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
export function tell(patch) {
  keeping = { ...keeping, ...patch };
  listener(keeping);
}

/** @returns {boolean} Whether this tab writes, as far as tabs are concerned. */
export const mayWrite = () => keeping.role === 'writer' || keeping.role === 'alone';

/** What went wrong last, for each thing that is not kept as it stands. @type {Map<string, string>} */
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
 * @returns {Promise<T | undefined>} `undefined` where it has not come by then.
 */
export function within(answer, limit = PATIENCE) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  const silence = new Promise((resolve) => (timer = setTimeout(() => resolve(undefined), limit)));
  return Promise.race([answer, /** @type {Promise<undefined>} */ (silence)]).finally(() => clearTimeout(timer));
}

/** Asks the browser how much room there is. */
export async function measure() {
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
