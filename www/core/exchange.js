/**
 * The messages between workers that train one model together, and the collection of parts.
 *
 * Training goes in rounds: an optimiser step, or a piece of the validation after an epoch. A round has independent parts
 * (`Session.parts`). Member `m` of `n` computes the parts `m, m + n, m + 2n, …` and sends them to all others as transferred arrays;
 * once a member has all parts, it completes the round (`Session.apply`). All start from the same settings and add up the same parts
 * in the same order, so all have the same weights to the last bit, and no weights are ever sent.
 * @module
 */

/**
 * Parts of one round from one member. Only the leader, member 0, decides the sharing of the next round.
 * @typedef {object} PartsMessage
 * @property {'parts'} type
 * @property {number} round From 0.
 * @property {[index: number, part: Float32Array<ArrayBuffer>][]} parts
 * @property {number} [sharing] Number of members that share the next round.
 * @property {number} [members] Number of members from the next round on.
 */

/**
 * The leader's first message to a peer.
 * @typedef {object} OpenMessage
 * @property {'open'} type
 * @property {number} member The peer's number, from 1.
 * @property {import('../../pkg/unrolled.js').Settings} settings
 * @property {[member: number, port: MessagePort][]} others Ways to the other peers.
 */

/** @typedef {{type: 'ready'}} ReadyMessage A peer's answer once its model is ready. */

/** Received parts, by round. */
export function createInbox() {
  /** @type {Map<number, Map<number, Float32Array<ArrayBuffer>>>} */
  const rounds = new Map();
  /** @type {{round: number, count: number, resolve: () => void} | null} */
  let waiting = null;

  /** @param {number} round */
  function at(round) {
    let parts = rounds.get(round);
    if (!parts) rounds.set(round, (parts = new Map()));
    return parts;
  }

  function look() {
    if (!waiting || at(waiting.round).size < waiting.count) return;
    waiting.resolve();
    waiting = null;
  }

  return {
    /** @param {number} round @param {PartsMessage['parts']} parts */
    put(round, parts) {
      for (const [index, part] of parts) at(round).set(index, part);
      look();
    },
    /** Settles when all parts of a round have arrived. @param {number} round @param {number} count @returns {Promise<void>} */
    whole(round, count) {
      return new Promise((resolve) => {
        waiting = { round, count, resolve };
        look();
      });
    },
    /** @param {number} round @param {number} index */
    has: (round, index) => at(round).has(index),
    /** Takes the parts of a round out, in order. @param {number} round @param {number} count */
    take(round, count) {
      const parts = at(round);
      rounds.delete(round);
      return Array.from({ length: count }, (_, index) => /** @type {Float32Array<ArrayBuffer>} */ (parts.get(index)));
    },
  };
}

/**
 * Computes a member's parts of a round.
 * @param {any} session
 * @param {number} count Parts of the round.
 * @param {number} member
 * @param {number} sharing Members that share the round; a member beyond them computes nothing.
 * @returns {PartsMessage['parts']}
 */
export function ownParts(session, count, member, sharing) {
  /** @type {PartsMessage['parts']} */
  const own = [];
  if (member < sharing) for (let index = member; index < count; index += sharing) own.push([index, session.part(index)]);
  return own;
}

/**
 * Sends a copy of the parts to each of the others.
 * @param {Iterable<MessagePort>} ports
 * @param {PartsMessage} message
 */
export function send(ports, message) {
  for (const port of ports) {
    const parts = message.parts.map(([index, part]) => /** @type {PartsMessage['parts'][number]} */ ([index, part.slice()]));
    port.postMessage(
      { ...message, parts },
      parts.map(([, part]) => part.buffer),
    );
  }
}
