// Two models trained at once on two cores, as in a comparison on the page (one worker each), compared with two native processes:
// the share of its own speed that each keeps.
import { Browser } from '../../tests/page/harness.mjs';
import { jobs, timeSteps } from './workers.mjs';
import { Lines } from './systems/lines.mjs';

/** @typedef {{where: string, alone: number, together: number}} Pair Seconds for a step of job M, alone and while another trains. */

const STEPS = 12;
/** @param {number[]} numbers */
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;

/** @param {string} program @param {string} file @param {object} settings @param {number} repeats @returns {Promise<Pair>} */
async function native(program, file, settings, repeats) {
  const processes = [new Lines(program), new Lines(program)];
  /** @param {Lines} lines */
  const train = async (lines) => (await lines.ask({ do: 'train', id: 'm', file, settings, steps: STEPS })).seconds / STEPS;
  // The first call makes the model.
  for (const lines of processes) await train(lines);
  /** @type {number[]} */
  const alone = [];
  /** @type {number[]} */
  const together = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    alone.push(await train(/** @type {Lines} */ (processes[0])));
    together.push(...(await Promise.all(processes.map(train))));
  }
  for (const lines of processes) lines.stop();
  return { where: 'two native processes', alone: median(alone), together: median(together) };
}

/** @param {string} name @param {number} repeats @returns {Promise<Pair>} */
async function inBrowser(name, repeats) {
  const browser = new Browser(name);
  await browser.start();
  try {
    const size = { stretches: repeats, seconds: 2 };
    const times = [];
    for (const count of [1, 2]) {
      const page = await browser.open({ address: 'tests/page/fixture/' });
      times.push(median((await timeSteps(page, 'M', { shards: 4, workers: 1 }, size, count)).seconds));
      await browser.closePages();
    }
    const [alone = NaN, together = NaN] = times;
    return { where: `two workers, ${name}`, alone, together };
  } finally {
    await browser.stop();
  }
}

/** @param {string[]} browsers @param {string} program @param {string} file @param {number} repeats */
export async function pairs(browsers, program, file, repeats) {
  const found = [await native(program, file, { ...jobs.M.settings, shards: 4, split: '70/10/20' }, repeats)];
  for (const name of browsers) found.push(await inBrowser(name, repeats));
  return found;
}
