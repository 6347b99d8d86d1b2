/**
 * How often the test part of each experiment was scored, by its fingerprint: over all models, workers, tabs and visits. Kept in the
 * browser in an entry of its own, which every tab reads anew before it adds to it.
 * @module
 */
import { faultIn } from './checked.js';
import { keepingNow } from './keeping.js';
import { keepScored, recallScored, setScoredAside } from './words.js';

/** @import {Configured, Evaluation, Predictions} from '../../pkg/unrolled.js' */
/** @import {Client} from '../core/client.js' */
/** @import {Sight} from '../core/protocol.js' */

/** Scorings by fingerprint, the newest last. @typedef {Record<string, number>} Scored */

/** Experiments whose count is kept; the oldest is forgotten first. */
const MOST = 1000;

/** What is known in this tab, where the browser keeps nothing too. @type {Scored} */
let scored = {};
/** What a person should know of it, or ''. */
let fault = '';
/** @type {(scored: Scored, fault: string) => void} */
let listener = () => {};

/** @returns {Scored} What the browser keeps; what cannot be read is set aside, and the count begins anew. */
function kept() {
  const text = recallScored();
  if (text === null) return {};
  try {
    const value = JSON.parse(text);
    if (!faultIn('scored', value)) return value;
  } catch {
    // It is set aside like everything else that is no count.
  }
  setScoredAside(text);
  fault = 'The counts of test scorings could not be read and were set aside. Counting starts again from zero.';
  return {};
}

function tell() {
  listener(scored, fault);
  fault = '';
}

/** Takes in what other tabs have counted. */
function renew() {
  for (const [fingerprint, times] of Object.entries(kept())) scored[fingerprint] = Math.max(times, scored[fingerprint] ?? 0);
}

/** @param {string} fingerprint @param {number} more @returns {number} How often it was scored by now. */
function add(fingerprint, more) {
  renew();
  const { [fingerprint]: before = 0, ...rest } = scored;
  const times = Math.max(0, before + more);
  scored = Object.fromEntries([...Object.entries(rest), [fingerprint, times]].slice(-MOST));
  if (!['forgetting', 'forgotten'].includes(keepingNow().state)) keepScored(JSON.stringify(scored));
  tell();
  return times;
}

/** @param {(scored: Scored, fault: string) => void} hear Told now and of every change, by other tabs too. */
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
 * Has a worker score the test part of the model that it holds, which counts before it is seen.
 * @param {Client['call']} call @param {Configured} configured @param {Sight | null} sight
 * @returns {Promise<{evaluation: Evaluation, predictions: Predictions | null}>}
 */
export async function score(call, { fingerprint }, sight) {
  const before = add(fingerprint, 1) - 1;
  try {
    const answer = await call('judge', { sight, fingerprint, before });
    // These weights were scored before, and are not again.
    if (answer.evaluation.scored_times <= before) add(fingerprint, -1);
    return answer;
  } catch (error) {
    add(fingerprint, -1);
    throw error;
  }
}
