// `make build`: dist/, the page as a static site (minified, in any folder of any host), and dist/unrolled.html, the whole
// application in one file. Both come from the same sources as the unbundled page; nothing in them knows which.
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build } from 'esbuild';
import { buildOneFile } from './one-file.mjs';
import { bundleStyles, common, inPage, sampleNames } from './page.mjs';
import { printSizes } from './sizes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = path.join(root, 'dist');

/** The files of pkg/ for the page at run time: the two builds of the core. */
const CORES = ['pkg/unrolled_bg.wasm', 'pkg/unrolled_relaxed_bg.wasm'];

/**
 * The static site. Everything except index.html lies in one folder named by its contents, so that a browser never mixes the parts
 * of two versions and a host may let it cache them for ever. Inside it files lie as in the checkout, because modules in www/core/
 * find their neighbours by `import.meta.url`.
 * @param {string} html
 */
async function buildSite(html) {
  const scratch = path.join(dist, 'app');
  const page = inPage(html);

  const result = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: [
      { in: page.script, out: 'www/core/main' },
      { in: 'www/core/worker.js', out: 'www/core/worker' },
    ],
    format: 'esm',
    outdir: scratch,
    metafile: true,
  });
  await onlyCoreFindsNeighbours(Object.keys(result.metafile.inputs));

  await writeFile(path.join(scratch, 'style.css'), await bundleStyles(root, page.styles));
  const samples = sampleNames.map((name) => `www/samples/${name}`);
  for (const file of [...CORES, ...samples, ...page.files]) await cp(path.join(root, file), path.join(scratch, file));

  const folder = `app-${await hashOf(scratch)}`;
  await rename(scratch, path.join(dist, folder));
  await writeFile(
    path.join(dist, 'index.html'),
    page.with({
      script: `<script type="module" src="${folder}/www/core/main.js"></script>`,
      style: `<link rel="stylesheet" href="${folder}/style.css">`,
      file: (file) => `${folder}/${file}`,
    }),
  );
}

/**
 * A bundled module has another address than its source; only www/core/ keeps its place.
 * @param {string[]} inputs
 */
async function onlyCoreFindsNeighbours(inputs) {
  for (const input of inputs) {
    if (!input.endsWith('.js') || input.startsWith('www/core/') || input.startsWith('pkg/')) continue;
    if ((await readFile(path.join(root, input), 'utf8')).includes('import.meta.url')) {
      throw new Error(`${input} uses import.meta.url; only modules in www/core/ may, see scripts/build/dist.mjs.`);
    }
  }
}

/** All files below a folder, sorted. @param {string} folder @returns {Promise<string[]>} */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).sort();
}

/** @param {string} folder */
async function hashOf(folder) {
  const hash = createHash('sha256');
  for (const file of await filesIn(folder)) hash.update(path.relative(folder, file)).update(await readFile(file));
  return hash.digest('hex').slice(0, 10);
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
try {
  const html = await readFile(path.join(root, 'index.html'), 'utf8');
  await buildSite(html);
  // Last, because its presence tells make that dist/ is complete.
  await writeFile(path.join(dist, 'unrolled.html'), await buildOneFile(root, html));
  await printSizes();
} catch (error) {
  // esbuild has already printed the error and its place.
  if (!(/** @type {any} */ (error).errors)) throw error;
  process.exitCode = 1;
}
