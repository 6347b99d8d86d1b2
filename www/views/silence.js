/**
 * The notice of a silent worker, with a person's two choices.
 * @module
 */
import { fill, h } from './dom.js';
import { count } from './format.js';

/** @import {SilenceActions} from '../actions/silence.js' */
/** @import {PageStore, SilentWorker} from '../state/shape.js' */

/** @param {SilentWorker} worker @returns {string} */
function sentence({ who, loss, seconds, loading }) {
  if (loading) return `The computing core has not arrived for ${count(seconds)} seconds. The connection may be slow. Wait, or load it again.`;
  return `${who} has not answered for ${count(seconds)} seconds. It may be busy with a large step, or it may have crashed. ${loss}`;
}

/** @param {HTMLElement} root @param {PageStore} store @param {SilenceActions} act @returns {() => void} */
export function silenceView(root, store, act) {
  return store.watch(
    (state) => [state.silent],
    (silent) => {
      root.hidden = !silent.length;
      fill(
        root,
        ...silent.map((worker) =>
          h(
            'div',
            { class: 'row', 'data-worker': worker.key },
            h('p', { class: 'grow' }, sentence(worker)),
            h('button', { type: 'button', class: 'button quiet', onclick: () => act.wait(worker.key) }, 'Wait'),
            h('button', { type: 'button', class: 'button', onclick: () => act.end(worker.key) }, worker.loading ? 'Load it again' : 'End it'),
          ),
        ),
      );
    },
  );
}
