/**
 * The number of test scorings of each experiment, by its fingerprint: over all models, workers, tabs and visits. It is one entry in
 * the browser's storage, which every tab reads again before it adds to it.
 * @module
 */
import { faultIn } from './checked.js';
import { keepingNow } from './keeping.js';
import { keepScored, recallScored, setScoredAside } from './words.js';

/** @import {Client} from '../core/client.js' */
/** @import {Calls, Sight} from '../core/protocol.js' */
/** @import {Run} from './shape.js' */

/** Scorings by fingerprint, the newest last. @typedef {Record<string, number>} Scored */

/** Number of experiments with a stored count; the oldest is dropped first. */
const MOST = 1000;

/** This tab's counts, also without storage. @type {Scored} */
let scored = {};
/** A problem for display, or ''. */
let fault = '';
/** @type {(scored: Scored, fault: string) => void} */
let listener = () => {};

/** @returns {Scored} The stored counts; unreadable ones are set aside, and the count starts anew. */
function kept() {
  const text = recallScored();
  if (text === null) return {};
  try {
    const value = JSON.parse(text);
    if (!faultIn('scored', value)) return value;
  } catch {
    // Set aside like any other invalid entry.
  }
  setScoredAside(text);
  fault = 'The counts of test scorings could not be read and were set aside. Counting starts again from zero.';
  return {};
}

function tell() {
  listener(scored, fault);
  fault = '';
}

/** Reads other tabs' counts. */
function renew() {
  for (const [fingerprint, times] of Object.entries(kept())) scored[fingerprint] = Math.max(times, scored[fingerprint] ?? 0);
}

/** @param {string} fingerprint @param {number} more @returns {number} Its new count. */
function add(fingerprint, more) {
  renew();
  const { [fingerprint]: before = 0, ...rest } = scored;
  const times = Math.max(0, before + more);
  scored = Object.fromEntries([...Object.entries(rest), [fingerprint, times]].slice(-MOST));
  if (!['forgetting', 'forgotten'].includes(keepingNow().state)) keepScored(JSON.stringify(scored));
  tell();
  return times;
}

/** @param {(scored: Scored, fault: string) => void} hear Called now and at every change, also by other tabs. */
export function watchScored(hear) {
  listener = hear;
  const read = () => {
    scored = { ...scored };
    renew();
    tell();
  };
  read();
  addEventListener('storage', read);
}

/**
 * Has a worker score the test part with a run's model; the scoring is counted first.
 * @param {Client['call']} call @param {Pick<Run, 'id' | 'configured'>} run @param {Sight | null} sight
 * @returns {Promise<Calls['judge']['out']>} `null` where the worker holds another run by now.
 */
export async function score(call, { id, configured: { fingerprint } }, sight) {
  const before = add(fingerprint, 1) - 1;
  try {
    const answer = await call('judge', { run: id, sight, fingerprint, before });
    // Without an answer, or for weights that were already scored, this is no new scoring.
    if (!answer || answer.evaluation.scored_times <= before) add(fingerprint, -1);
    return answer;
  } catch (error) {
    add(fingerprint, -1);
    throw error;
  }
}
