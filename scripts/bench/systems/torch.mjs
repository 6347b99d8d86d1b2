// PyTorch with a given number of threads, each in a separate process.
import { fileURLToPath } from 'node:url';
import { Lines } from './lines.mjs';

/** @typedef {import('../jobs.mjs').Job} Job */
/** Whose implementation a network is, its number of parameters, and what differs from ours. @typedef {{by: string, parameters: number, differs: string}} Network */

/** @param {string} python @param {number} threads */
export function torch(python, threads) {
  /** @type {Lines} */
  let lines;
  /** @type {string[]} */
  let jobs = [];
  const system = {
    id: `torch_${threads}`, label: `PyTorch, ${threads} thread${threads > 1 ? 's' : ''}`, family: 'torch',
    /** Its networks, by the job. @type {Record<string, Network>} */
    networks: {},
    /** Jobs whose package is not there, with the error. @type {Record<string, string>} */
    missing: {},
    async start() {
      lines = new Lines(python, [fileURLToPath(new URL('torch_jobs.py', import.meta.url)), String(threads)]);
      const about = await lines.ask({ do: 'about' });
      jobs = about.jobs;
      system.networks = about.networks;
      system.missing = about.missing;
      system.label = `PyTorch ${about.torch}, ${threads} thread${threads > 1 ? 's' : ''}`;
    },
    /** @param {Job} job */
    has: (job) => jobs.includes(job.id),
    /** Seconds for `count` steps or answers. @param {Job} job @param {number} count */
    async time(job, count) {
      return /** @type {number} */ ((await lines.ask({ do: job.id, count })).seconds);
    },
    async stop() {
      lines.stop();
    },
  };
  return system;
}
