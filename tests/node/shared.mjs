// Code that must give the same result in Node and in a page, which can load it too.
import { plain } from '../plain.mjs';

/** More than one epoch of the sample (93 steps), so that a validation lies between. */
export const STEPS = 100;

/**
 * Every architecture in every form from its own options.
 * @param {import('../../pkg/unrolled.js').Catalog} catalog
 * @returns {import('../../pkg/unrolled.js').Settings[]}
 */
export function forms({ architectures, knobs }) {
  return architectures.flatMap(({ id: architecture }) => {
    const own = knobs.filter(({ kind, when }) => kind.type === 'choice' && when?.[0] === 'architecture' && when[1].length === 1 && when[1][0] === architecture);
    /** @type {import('../../pkg/unrolled.js').Settings[]} */
    let all = [{ architecture }];
    for (const { key, kind } of own) {
      if (kind.type === 'choice') all = all.flatMap((form) => kind.options.map(({ value }) => ({ ...form, [key]: value })));
    }
    return all;
  });
}

/** The other settings: of a plain network that reads a day at a time, with dropout in both places and sizes that fill no vector evenly. @type {import('../../pkg/unrolled.js').Settings} */
export const base = { target: 'temp_c', layers: 2, hidden: 21, dropout: 0.2, head_dropout: 0.3, seed: 7, segment: 24, ...plain };

/**
 * The weights after STEPS steps.
 * @param {typeof import('../../pkg/unrolled.js')} unrolled The package, its wasm started.
 * @param {Uint8Array} csv
 * @param {import('../../pkg/unrolled.js').Settings} settings
 */
export function weightsOf({ CsvReader, Session }, csv, settings) {
  const reader = new CsvReader();
  reader.push(csv);
  const session = new Session(reader.finish().series().to_parts());
  session.configure({ ...base, ...settings });
  for (let step = 0; step < STEPS; step++) session.step();
  const weights = session.current_weights();
  session.free();
  return weights;
}

/**
 * The number of weights after STEPS steps, and the SHA-256 of their bytes.
 * @param {typeof import('../../pkg/unrolled.js')} unrolled
 * @param {Uint8Array} csv
 * @param {import('../../pkg/unrolled.js').Settings} settings
 */
export async function hashOfTraining(unrolled, csv, settings) {
  const weights = weightsOf(unrolled, csv, settings);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {Float32Array<ArrayBuffer>} */ (weights)));
  return { count: weights.length, hash: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
}
