/**
 * A worker that helps to train: it holds the same model as the leader, computes its parts of every round, and completes every
 * round. It waits for the leader's parts before each round, so the leader pauses, continues and ends without telling it.
 * @module
 */
import { problemOf } from './errors.js';
import { createInbox, ownParts, send } from './exchange.js';

/** @import {OpenMessage, PartsMessage, ReadyMessage} from './exchange.js' */

/**
 * @param {any} session A session on the data, without a model; it frees it.
 * @param {MessagePort} leader
 * @param {(error: any) => void} fatal Ends the worker.
 * @returns {() => void} Closes all ports to the others; a worker of its own is just terminated.
 */
export function servePeer(session, leader, fatal) {
  const inbox = createInbox();
  /** @type {Map<number, MessagePort>} */
  const others = new Map([[0, leader]]);
  /** The leader's announcement of the following round, by round. @type {Map<number, {sharing: number, members: number}>} */
  const said = new Map();

  const unread = () => fatal(new Error('A message from another worker could not be read.'));

  /** @param {MessageEvent<OpenMessage | PartsMessage>} event */
  function hear({ data }) {
    if (data.type === 'open') {
      for (const [member, port] of data.others) {
        others.set(member, port);
        port.onmessage = hear;
        port.onmessageerror = unread;
      }
      train(data).catch(fatal);
      return;
    }
    const { round, parts, sharing, members } = data;
    if (sharing !== undefined && members !== undefined) said.set(round, { sharing, members });
    inbox.put(round, parts);
  }

  /** @param {OpenMessage} opening */
  async function train({ member, settings }) {
    session.configure(settings);
    leader.postMessage(/** @type {ReadyMessage} */ ({ type: 'ready' }));
    // Without an announcement the leader computes everything itself and sends it all.
    let now = { sharing: 1, members: Infinity };
    for (let round = 0; ; round++) {
      const count = session.parts();
      if (count === 0) return session.free();
      const own = ownParts(session, count, member, now.sharing);
      inbox.put(round, own);
      const to = [...others].filter(([other]) => other < now.members).map(([, port]) => port);
      if (own.length) send(to, { type: 'parts', round, parts: own });
      await inbox.whole(round, count);
      try {
        session.apply(inbox.take(round, count));
      } catch (error) {
        // An explosion: the leader reaches it too, and reports it.
        if (!problemOf(error)) throw error;
        return;
      }
      now = said.get(round) ?? now;
      said.delete(round);
    }
  }

  leader.onmessage = hear;
  leader.onmessageerror = unread;
  return () => {
    for (const port of others.values()) port.close();
  };
}
