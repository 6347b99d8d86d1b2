// A visitor's download: its bytes, its bytes with brotli, and its budget. `node scripts/build/sizes.mjs` prints it.
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The budget, in bytes after brotli; a test holds the build to it. */
export const BUDGET = {
  /** Each build of the core; a visitor loads one. */
  wasm: 490_000,
  /** Everything until the first chart: page, core and the first sample. */
  page: 600_000,
};

/** The first sample. */
const FIRST_SAMPLE = 'jfk_2013_hourly_celsius.csv';
const PLAIN = 'unrolled_bg.wasm';

/** @typedef {{name: string, bytes: number, brotli: number}} Size */

/** @param {string} file @returns {Promise<Size>} */
async function sizeOf(file) {
  const bytes = await readFile(path.join(root, file));
  return { name: file, bytes: bytes.length, brotli: brotliCompressSync(bytes).length };
}

/** The two builds of the core, in pkg/. */
export const coreSizes = () => Promise.all([`pkg/${PLAIN}`, 'pkg/unrolled_relaxed_bg.wasm'].map(sizeOf));

/** All files of dist/, sorted. */
export async function siteSizes() {
  const entries = await readdir(path.join(root, 'dist'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)));
  return Promise.all(files.sort().map(sizeOf));
}

/** The files of a first visit to the static site. @param {Size[]} files */
export const firstVisit = (files) =>
  files.filter(({ name }) => !name.endsWith('unrolled.html') && !name.endsWith(PLAIN) && (!name.includes('/samples/') || name.endsWith(FIRST_SAMPLE)));

/** @param {Size[]} files @returns {number} */
export const packed = (files) => files.reduce((sum, { brotli }) => sum + brotli, 0);

/** Prints the sizes of dist/. */
export async function printSizes() {
  const files = await siteSizes();
  const line = (/** @type {number} */ bytes, /** @type {number} */ brotli, /** @type {string} */ name) =>
    console.log(`${String(bytes).padStart(10)}${String(brotli).padStart(10)}  ${name}`);
  console.log('\n     bytes    brotli');
  for (const { name, bytes, brotli } of files) line(bytes, brotli, path.relative('dist', name));
  const first = firstVisit(files);
  line(first.reduce((sum, { bytes }) => sum + bytes, 0), packed(first), `a first visit: one build of the core, one sample (budget ${BUDGET.page}, of which the core ${BUDGET.wasm})`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await printSizes();
