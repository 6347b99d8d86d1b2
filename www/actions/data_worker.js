/**
 * The worker that reads files, and its replacement after its death.
 * @module
 */
import { createClient, Gone, Refusal } from '../core/client.js';
import { adviceFor } from '../state/advice.js';
import { buildOf } from '../state/shape.js';
import { deathRecord, MOST_DEATHS } from './deaths.js';

/** @import {Client} from '../core/client.js' */
/** @import {Death, Problem, WorkerEvent} from '../core/protocol.js' */
/** @import {PageStore} from '../state/shape.js' */
/** @import {SilenceActions} from './silence.js' */

/** Its key among silent workers. */
const KEY = 'data';

/**
 * @param {PageStore} store @param {SilenceActions} silence
 * @param {{hear: (event: WorkerEvent) => void, cannotStart: (problem: Problem) => void}} hooks
 */
export function dataWorker(store, silence, { hear, cannotStart }) {
  const deaths = deathRecord(store);
  /** @type {Client} */ let client = connect();
  /** Key of the last requested file. */
  let file = '';
  /** Number of workers in a row without any message. */
  let unstarted = 0;
  /** Why no worker can be started; `null` while one can. @type {Problem | null} */
  let lost = null;

  function connect() {
    const onSilence = silence.of(KEY, () => {
      const { reading } = store.get();
      return {
        who: reading ? `The worker reading ${reading.name}` : 'The file reader’s worker',
        loss: reading ? 'If you end it, this file is not read, and you can open another.' : 'If you end it, a new one starts.',
      };
    });
    return createClient('data', hear, died, buildOf(store.get()), { onSilence });
  }

  /** @param {any} payload @returns {string} A key of the call. */
  function thing({ source, read, series }) {
    if (source) file = JSON.stringify([source.size, source.name, source.lastModified]);
    return JSON.stringify([file, read, series]);
  }

  /** @param {Death} death */
  function died({ problem, during, started }) {
    const ended = problem.code === 'ended';
    if (!store.get().catalog && !ended) {
      // A worker that died before it sent the catalog would die again at once, so it is not replaced.
      cannotStart(problem);
      return;
    }
    unstarted = started || ended ? 0 : unstarted + 1;
    if (unstarted >= MOST_DEATHS) {
      lost = { ...problem, message: `The file reader’s worker could not be started. ${problem.message} Reload the page to try again.` };
      store.set({ reading: null, dataProblem: { ...lost, about: store.get().reading?.name } });
      return;
    }
    client = connect();
    const { reading, catalog } = store.get();
    // Messages about the previous worker stay, unless this one was given a file.
    if (!catalog || (!started && !ended && !reading)) return;
    if (during?.payload && !ended) deaths.note(thing(during.payload), problem);
    store.set({
      reading: null,
      dataProblem: {
        ...problem,
        message: ended
          ? 'Its worker did not answer and was ended.'
          : `Reading it crashed the worker. ${problem.message} ${problem.code === 'memory' ? 'The file may be too large for this machine: open a part of it.' : adviceFor(store.get(), problem)}`,
        about: reading?.name,
      },
    });
  }

  return {
    /** @type {Client['call']} */
    call(name, payload) {
      const problem = lost ?? (payload ? deaths.against(thing(payload), 'Reading it like this') : null);
      return problem ? Promise.reject(new Refusal(problem)) : client.call(name, payload);
    },
    /** The catalog; from the next worker, if a person ended this one before it sent it. */
    async catalog() {
      for (;;) {
        const asked = client;
        try {
          return await asked.call('catalog', null);
        } catch (error) {
          if (!(error instanceof Gone) || asked === client) throw error;
        }
      }
    },
    /** The next call does not wait for a silent worker's earlier calls. */
    ready: () => silence.end(KEY),
    /** @returns {object} The present worker, which alone has its table. */
    holder: () => client,
  };
}

/** @typedef {ReturnType<typeof dataWorker>} DataWorker */
