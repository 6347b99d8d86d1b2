// What is done alike in Node and in a page, and must come out alike. It imports nothing, so that a page can load it too.

/** More than one epoch of the sample (93 steps), so that a validation lies between. */
export const STEPS = 100;

/**
 * Every architecture in every form that it has by a choice of its own.
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

/**
 * Trains for STEPS steps, with dropout in both places, and gives the SHA-256 of the weights' bytes.
 * @param {typeof import('../../pkg/unrolled.js')} unrolled The package, its wasm started.
 * @param {Uint8Array} csv
 * @param {import('../../pkg/unrolled.js').Settings} settings
 */
export async function hashOfTraining({ CsvReader, Session }, csv, settings) {
  const reader = new CsvReader();
  reader.push(csv);
  const session = new Session(reader.finish().series().to_parts());
  session.configure({ target: 'temp_c', layers: 2, hidden: 24, dropout: 0.2, head_dropout: 0.3, seed: 7, ...settings });
  for (let step = 0; step < STEPS; step++) session.step();
  const weights = session.current_weights();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {Float32Array<ArrayBuffer>} */ (weights)));
  const { step } = session.progress();
  session.free();
  return { step, weights: weights.length, hash: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
}
