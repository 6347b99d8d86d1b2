// What the package's tests do in Node and in browsers alike. It imports nothing, so that a page can load it too.

/**
 * A day's wave with noise, one value an hour, as a person's file holds it. The noise is a fixed sequence.
 * @param {number} rows
 */
export function noisyWave(rows) {
  let state = 12345;
  const noise = () => (state = (1103515245 * state + 12345) % 2147483648) / 2147483648 - 0.5;
  const lines = ['time,temperature'];
  for (let row = 0; row < rows; row++) {
    const time = new Date(Date.UTC(2024, 0, 1, row)).toISOString().slice(0, 16);
    lines.push(`${time},${(15 + 6 * Math.sin((2 * Math.PI * row) / 24) + noise()).toFixed(3)}`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * A session on a file.
 * @param {typeof import('../../pkg/unrolled.js')} unrolled The package, its wasm started.
 * @param {string} csv
 * @param {Record<string, string | number | boolean>} [settings]
 */
export function sessionOn({ CsvReader, Session }, csv, settings = {}) {
  const reader = new CsvReader();
  reader.push(new TextEncoder().encode(csv));
  const session = new Session(reader.finish().series().to_parts());
  session.configure(settings);
  return session;
}

/**
 * The weights after so many steps, as one word: the FNV-1a hash of their bytes.
 * @param {typeof import('../../pkg/unrolled.js')} unrolled
 * @param {string} architecture
 * @param {number} steps
 */
export function hashOfTraining(unrolled, architecture, steps) {
  const session = sessionOn(unrolled, noisyWave(600), { architecture, dropout: 0.2, layers: 2, hidden: 12, seed: 7 });
  for (let step = 0; step < steps; step++) session.step();
  const weights = session.current_weights();
  let hash = 2166136261;
  for (const byte of new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  const { step } = session.progress();
  session.free();
  return `${step} steps, ${weights.length} weights, ${hash.toString(16)}`;
}
