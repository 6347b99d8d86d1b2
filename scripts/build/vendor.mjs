// Copies the page's libraries out of node_modules to where its modules import them, with their types beside them:
// the page runs from plain files, and a browser does not know npm's names. Further samples come the same way.
import { copyFile, mkdir, rm } from 'node:fs/promises';

const root = new URL('../../', import.meta.url);

/** From `node_modules/` to `www/vendor/`. */
const files = [
  ['uplot/dist/uPlot.esm.js', 'uPlot.esm.js'],
  ['uplot/dist/uPlot.d.ts', 'uPlot.esm.d.ts'],
  ['uplot/dist/uPlot.min.css', 'uPlot.min.css'],
  ['uplot/LICENSE', 'uPlot.LICENSE'],
  ['idb-keyval/dist/index.js', 'idb-keyval.js'],
  ['idb-keyval/dist/index.d.ts', 'idb-keyval.d.ts'],
  ['idb-keyval/LICENCE', 'idb-keyval.LICENSE'],
];

/** From `node_modules/vega-datasets/data/` to `www/samples/`, beside the sample that the repository holds. */
const samples = ['seattle-weather.csv', 'co2-concentration.csv'];

await rm(new URL('www/vendor/', root), { recursive: true, force: true });
await mkdir(new URL('www/vendor/', root), { recursive: true });
for (const [from, to] of files) {
  await copyFile(new URL(`node_modules/${from}`, root), new URL(`www/vendor/${to}`, root));
}
for (const name of samples) await copyFile(new URL(`node_modules/vega-datasets/data/${name}`, root), new URL(`www/samples/${name}`, root));
