/**
 * The leader's side of training one model in several workers: the number that share a round, and the fallback when one fails.
 *
 * The page starts the peers, because a worker of a page from disk may not start any, and hands over a port to each. Until they are
 * ready, the leader does all rounds alone and sends them the parts, from which they catch up. Then, unless a number of workers is
 * chosen, some rounds are timed with one worker, with two, and so on, and the fastest number stays; all those rounds train. The
 * number of workers changes only the time of a round, so a peer that starts slowly or dies changes nothing either: the leader
 * computes the missing parts.
 * @module
 */
import { createInbox, ownParts, send } from './exchange.js';

/** @import {OpenMessage, PartsMessage, ReadyMessage} from './exchange.js' */

/** Largest automatic number of workers: more would wait for memory, not compute. */
export const MOST_WORKERS = 4;
/** Number of timed rounds with each number of workers. */
const TIMED = 5;
/** More workers must be faster by this factor to be kept. */
const GAIN = 1.05;
/** Bytes of parts that may wait for peers that are not ready. */
const MOST_WAITING = 256 << 20;
/** A peer is given up after the others have waited this many milliseconds, or the time of this many rounds. */
const PATIENCE = { milliseconds: 5000, rounds: 30 };

/** @param {number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Infinity;

/**
 * Numbers of workers worth trying: another number must reduce the most parts of any worker.
 * @param {number} most @param {number} parts
 */
export function candidates(most, parts) {
  const worth = [1];
  for (let workers = 2; workers <= Math.min(most, parts); workers++) {
    if (Math.ceil(parts / workers) < Math.ceil(parts / worth[worth.length - 1])) worth.push(workers);
  }
  return worth;
}

/**
 * @param {object} about
 * @param {any} about.session The model, before its first round.
 * @param {import('../../pkg/unrolled.js').Settings} about.settings Its settings.
 * @param {number} about.shards Parts of a step's batch.
 * @param {number} about.wanted Number of workers; 0: the fastest number, at most `most`.
 * @param {number} about.most Number of the machine's cores.
 * @param {number} about.fit Number that fits into memory, each with the model and its part of the work.
 * @param {(peers: number) => void} about.ask Asks the page for this number of peers; it ends the others.
 */
export function createTeam({ session, settings, shards, wanted, most, fit, ask }) {
  const worth = candidates(Math.min(wanted || Math.min(MOST_WORKERS, most), fit), shards);
  let members = worth[worth.length - 1];
  let sharing = 1;
  let round = 0;
  let ready = 0;
  /** Parts for peers that have not arrived yet. @type {PartsMessage[]} */
  let log = [];
  let waiting = 0;
  /** @type {MessagePort[]} */
  const ports = [];
  const inbox = createInbox();
  /** Called when the peers are given up while the leader waits for them. */
  let wake = () => {};
  /** Candidates still to be timed, and milliseconds of the rounds with each number of workers. */
  const trials = wanted ? [] : worth.slice(1);
  /** @type {Map<number, number[]>} */
  const times = new Map(worth.map((workers) => [workers, []]));

  /** Leaves the leader alone from here on. */
  function disband() {
    if (members === 1) return;
    members = sharing = 1;
    log = [];
    for (const port of ports.splice(0)) port.close();
    ask(0);
    wake();
  }

  /** @param {MessagePort} port */
  function join(port) {
    if (members === 1) return port.close();
    ports.push(port);
    port.onmessageerror = disband;
    port.onmessage = (/** @type {MessageEvent<PartsMessage | ReadyMessage>} */ { data }) => {
      if (data.type === 'ready') ready++;
      else inbox.put(data.round, data.parts);
    };
    if (ports.length === members - 1) open();
  }

  /** Once all ports have arrived, each peer gets the model, a port to each other peer, and the missed parts. */
  function open() {
    /** @type {[number, MessagePort][][]} */
    const others = ports.map(() => []);
    for (let one = 0; one < ports.length; one++) {
      for (let other = one + 1; other < ports.length; other++) {
        const { port1, port2 } = new MessageChannel();
        others[one].push([other + 1, port1]);
        others[other].push([one + 1, port2]);
      }
    }
    ports.forEach((port, index) => {
      /** @type {OpenMessage} */
      const message = { type: 'open', member: index + 1, settings, others: others[index] };
      port.postMessage(
        message,
        others[index].map(([, way]) => way),
      );
    });
    for (const message of log) send(ports, message);
    log = [];
  }

  /** Number of members that share the next round. */
  function decide() {
    if (members === 1 || ready < members - 1) return 1;
    if (wanted) return members;
    if (!trials.length) return sharing;
    // The first round with a new number of workers is not timed, since it starts from the previous one's state.
    if ((times.get(sharing) ?? []).length <= TIMED) return sharing;
    const next = sharing === trials[0] ? (trials.shift(), trials[0]) : trials[0];
    if (next) return next;
    const typical = worth.map((workers) => median((times.get(workers) ?? []).slice(1)));
    let best = 0;
    for (let k = 1; k < worth.length; k++) if (typical[k] * GAIN < typical[best]) best = k;
    return worth[best];
  }

  /** One round, alone or shared. */
  async function next() {
    const timed = members > 1 && trials.length > 0;
    const step = timed ? session.progress().step : 0;
    const from = performance.now();
    const count = session.parts();
    if (!count) return;
    const own = ownParts(session, count, 0, sharing);
    inbox.put(round, own);
    let aside = 0;
    const after = decide();
    if (members > 1) {
      // After the trials, members that share no rounds are let go.
      const stay = trials.length || ready < members - 1 ? members : after;
      /** @type {PartsMessage} */
      const message = { type: 'parts', round, parts: own, sharing: after, members: stay };
      const start = performance.now();
      pass(message);
      aside = performance.now() - start;
    }
    if (sharing > 1) await whole(count);
    session.apply(inbox.take(round, count));
    // Only steps are compared; sending to idle members is no part of one worker's time.
    if (timed && session.progress().step > step) {
      times.get(sharing)?.push(performance.now() - from - (sharing === 1 ? aside : 0));
    }
    round++;
    if (members === 1) return;
    if (!trials.length && ready >= members - 1 && after < members) shrink(after);
    sharing = after;
  }

  /** @param {PartsMessage} message */
  function pass(message) {
    if (ports.length === members - 1) send(ports, message);
    else log.push(message);
    if (ready >= members - 1) return;
    for (const [, part] of message.parts) waiting += part.byteLength;
    if (waiting > MOST_WAITING) disband();
  }

  /** Lets the idle members go. @param {number} stay */
  function shrink(stay) {
    if (stay === 1) return disband();
    members = stay;
    for (const port of ports.splice(stay - 1)) port.close();
    ready = members - 1;
    ask(members - 1);
  }

  /** All parts of the round: the others', or, after too long a wait, the leader's own. @param {number} count */
  async function whole(count) {
    const alone = median(times.get(1) ?? []);
    const limit = Math.max(PATIENCE.milliseconds, Number.isFinite(alone) ? PATIENCE.rounds * alone : 0);
    // A browser that slows down timers in the background only delays the fallback.
    const timer = setTimeout(disband, limit);
    await Promise.race([inbox.whole(round, count), new Promise((resolve) => (wake = () => resolve(null)))]);
    clearTimeout(timer);
    wake = () => {};
    for (let index = 0; index < count; index++) {
      if (!inbox.has(round, index)) inbox.put(round, [[index, session.part(index)]]);
    }
  }

  if (members > 1) ask(members - 1);
  return {
    join,
    disband,
    next,
    /** Number of workers that share a round now. */
    workers: () => sharing,
    /** Whether the leader is alone for good. */
    alone: () => members === 1,
  };
}

/** @typedef {ReturnType<typeof createTeam>} Team */
