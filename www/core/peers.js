/**
 * The page's part in training with several workers: it starts the helpers with the data, hands the model's worker a port to each,
 * and reports their deaths. Results go from worker to worker.
 * @module
 */
import { startWorker } from './wasm.js';

/** @import {SeriesParts} from '../../pkg/unrolled.js' */

/** @param {Worker} leader @param {import('./wasm.js').Build} build Build of the leader, and so of its helpers. */
export function createPeers(leader, build) {
  /** @type {Worker[]} */
  let peers = [];

  /** @param {number} team @param {SeriesParts | null} parts */
  function add(team, parts) {
    /** @type {Worker} */
    const peer = startWorker('peer', build, () => {}, () => lost());
    const lost = () => {
      if (peers.includes(peer)) leader.postMessage({ type: 'peer', team });
    };
    peer.addEventListener('message', ({ data }) => data.type === 'fatal' && lost());
    peer.addEventListener('messageerror', lost);
    peer.addEventListener('error', (event) => {
      // It is no error of the page: training continues without the peer.
      event.preventDefault();
      lost();
    });
    const { port1, port2 } = new MessageChannel();
    peer.postMessage({ type: 'serve', port: port1, parts }, [port1]);
    leader.postMessage({ type: 'peer', team, port: port2 }, [port2]);
    peers.push(peer);
  }

  return {
    /** Starts or ends peers up to this number. @param {{team: number, count: number}} wanted @param {SeriesParts | null} parts The leader's data. */
    set({ team, count }, parts) {
      for (const peer of peers.splice(count)) peer.terminate();
      while (peers.length < count) add(team, parts);
    },
  };
}
