// Copies the page's libraries from node_modules to the place of its imports, with their types, and sample series to the place of
// its fetches: the page runs from plain files, and a browser does not know npm's names.
import { copyFile, mkdir, rm } from 'node:fs/promises';

const root = new URL('../../', import.meta.url);

/** The page's imports, from `node_modules/` to `www/`. */
const libraries = [
  ['uplot/dist/uPlot.esm.js', 'vendor/uPlot.esm.js'],
  ['uplot/dist/uPlot.d.ts', 'vendor/uPlot.esm.d.ts'],
  ['uplot/dist/uPlot.min.css', 'vendor/uPlot.min.css'],
  ['uplot/LICENSE', 'vendor/uPlot.LICENSE'],
  ['idb-keyval/dist/index.js', 'vendor/idb-keyval.js'],
  ['idb-keyval/dist/index.d.ts', 'vendor/idb-keyval.d.ts'],
  ['idb-keyval/LICENCE', 'vendor/idb-keyval.LICENSE'],
];

/** The sample series (www/samples/README.md) that come from a package. */
const samples = ['seattle-weather.csv', 'co2-concentration.csv'].map((name) => [
  `vega-datasets/data/${name}`,
  `samples/${name}`,
]);

await rm(new URL('www/vendor/', root), { recursive: true, force: true });
await mkdir(new URL('www/vendor/', root), { recursive: true });
await mkdir(new URL('www/samples/', root), { recursive: true });
for (const [from, to] of [...libraries, ...samples]) {
  await copyFile(new URL(`node_modules/${from}`, root), new URL(`www/${to}`, root));
}
