// Series of every scale, generated here, the same each time.

/** @typedef {{name: string, csv: string, values: number[], low: number, high: number}} Series `low` and `high`: bounds of the values. */

// Mulberry32: the same numbers in every run.
/** @param {number} seed */
function noise(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  };
}

/** @param {number} row @returns {string} The first day of a month. */
const month = (row) => new Date(Date.UTC(1960, row, 1)).toISOString().slice(0, 10);
/** @param {number} row @returns {string} An hour. */
const hour = (row) => new Date(Date.UTC(2022, 0, 1, row)).toISOString().slice(0, 16).replace('T', ' ');
/** @param {number} row @returns {string} A day. */
const day = (row) => new Date(Date.UTC(2018, 0, 1 + row)).toISOString().slice(0, 10);

/**
 * @param {string} name @param {number} rows @param {(row: number) => string} stamp
 * @param {(row: number, random: () => number) => string} value A value in the file.
 * @returns {Series}
 */
function made(name, rows, stamp, value) {
  const random = noise(7);
  const texts = Array.from({ length: rows }, (_, row) => value(row, random));
  const values = texts.map(Number);
  const lines = texts.map((text, row) => `${stamp(row)},${text}`);
  return { name, csv: `time,${name}\n${lines.join('\n')}\n`, values, low: Math.min(...values), high: Math.max(...values) };
}

/** @param {number} row @param {number} season */
const wave = (row, season) => Math.sin((2 * Math.PI * row) / season);

export const sunspots = made('sunspots', 720, month, (row, random) => Math.max(0, 115 * (1 - Math.cos((2 * Math.PI * row) / 132)) * (0.85 + 0.15 * wave(row, 500)) + 40 * random()).toFixed(1));
export const passengers = made('passengers', 288, month, (row, random) => (130 + 1.3 * row + (20 + 0.25 * row) * wave(row, 12) + 12 * random()).toFixed(0));
export const share = made('share', 1200, hour, (row, random) => Math.min(1, Math.max(0, 0.5 + 0.42 * wave(row, 24) + 0.2 * random())).toFixed(3));
export const billion = made('counter', 1200, hour, (row, random) => (1e9 + 2.5 + 2 * wave(row, 24) + random()).toFixed(2));
export const tiny = made('current', 400, hour, (row, random) => (6e-10 + 3e-10 * wave(row, 24) + 1e-10 * random()).toExponential(4));
export const trillion = made('budget', 400, month, (row, random) => (4e11 + 1.4e9 * row + 5e10 * random()).toFixed(0));
export const negative = made('depth', 400, hour, (row, random) => (-3600 + 250 * wave(row, 24) + 40 * random()).toFixed(1));
/** Days over ten years, with a year's season: the window is long, the horizon short. */
export const days = made('flow', 3650, day, (row, random) => (260 + 120 * wave(row, 365.25) + 25 * wave(row, 7) + 40 * random()).toFixed(1));

/** Series of every scale. */
export const scales = [sunspots, passengers, share, billion, tiny, trillion, negative];
