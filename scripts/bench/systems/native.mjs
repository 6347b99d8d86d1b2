// Our core natively: the example `bench`, built for this processor.
import { Lines } from './lines.mjs';

/** @typedef {import('../jobs.mjs').Job} Job */

/** @param {string} program @param {string} file The series. */
export function native(program, file) {
  /** @type {Lines} */
  let lines;
  return {
    id: 'native', label: 'ours, native', family: 'ours',
    async start() {
      lines = new Lines(program);
    },
    /** @param {Job} job */
    has: (job) => ['train', 'window', 'stream'].includes(job.kind),
    /** Seconds for `count` steps or answers. @param {Job} job @param {number} count */
    async time(job, count) {
      const ask =
        job.kind === 'train'
          ? { do: 'train', id: job.id, file, settings: job.settings, steps: count }
          : { do: job.kind, settings: job.settings, count };
      return (await lines.ask(ask)).seconds;
    },
    async stop() {
      lines.stop();
    },
  };
}

/** Peak memory of a run in bytes, without the series. @param {string} program @param {string} file @param {object} settings @param {number} steps */
export async function memory(program, file, settings, steps) {
  const lines = new Lines(program);
  const { bytes } = await lines.ask({ do: 'memory', file, settings, steps });
  lines.stop();
  return /** @type {number} */ (bytes);
}
