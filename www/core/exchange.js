/**
 * What the workers that train one model together say to each other, and how each gathers what the others computed.
 *
 * Training goes in rounds: an optimiser step, or some of the validation after an epoch. A round has parts that do not
 * depend on each other (`Session.parts`). Member `m` of `n` computes the parts `m, m + n, m + 2n, …` and sends them to all
 * others as transferred arrays; once a member has all parts, it does the round (`Session.apply`). Everyone started from
 * the same settings and adds up the same parts in the same order, so everyone holds the same weights to the last bit, and
 * no weights are ever sent.
 * @module
 */

/**
 * Parts of one round from one member. Only the leader, member 0, says how the next round is shared.
 * @typedef {object} PartsMessage
 * @property {'parts'} type
 * @property {number} round From 0.
 * @property {[index: number, part: Float32Array<ArrayBuffer>][]} parts
 * @property {number} [sharing] How many members share the next round.
 * @property {number} [members] How many members there are from the next round on.
 */

/**
 * What the leader says to a peer first.
 * @typedef {object} OpenMessage
 * @property {'open'} type
 * @property {number} member The peer's number, from 1.
 * @property {import('../../pkg/unrolled.js').SeriesParts} parts
 * @property {import('../../pkg/unrolled.js').Settings} settings
 * @property {[member: number, port: MessagePort][]} others Ways to the other peers.
 */

/** @typedef {{type: 'ready'}} ReadyMessage What a peer answers once its model stands. */

/** Parts as they come in, by round. */
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
    /** Settles when all parts of a round are there. @param {number} round @param {number} count @returns {Promise<void>} */
    whole(round, count) {
      return new Promise((resolve) => {
        waiting = { round, count, resolve };
        look();
      });
    },
    /** @param {number} round @param {number} index */
    has: (round, index) => at(round).has(index),
    /** The parts of a round, in order; they are forgotten here. @param {number} round @param {number} count */
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
 * Sends parts to others, each of whom gets a copy of its own.
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
