// The page's folders are layers, and its modules have no circle. Types alone may be imported from anywhere: they do not exist at
// run time.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const www = fileURLToPath(new URL('../../www/', import.meta.url));

/** Each folder and the folders that its modules may import. A row names only rows above it. @type {[string, string[]][]} */
const LAYERS = [
  // Workers and their messages; the page's state; the charts: none imports another.
  ['core', []],
  ['state', []],
  ['charts', []],
  ['samples', []],
  // The views, and the actions of a person.
  ['views', ['core', 'state', 'charts', 'samples']],
  ['actions', ['core', 'state', 'charts', 'samples']],
  // The composition of them.
  ['', ['core', 'state', 'charts', 'samples', 'views', 'actions']],
];

/** The page's own modules. */
const modules = readdirSync(www, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js') && !file.startsWith('vendor'));

/** A module's imports from the page, also by `import()`. @param {string} file @param {string} text */
function importsOf(file, text) {
  const named = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return named.filter((name) => name.startsWith('.')).map((name) => path.join(path.dirname(file), name));
}

/** @type {Map<string, string[]>} */
const imports = new Map(modules.map((file) => [file, importsOf(file, readFileSync(path.join(www, file), 'utf8')).filter((name) => modules.includes(name))]));

/** The modules in circles. @param {Map<string, string[]>} graph @returns {string[]} */
function circles(graph) {
  let left = [...graph.keys()];
  for (;;) {
    const before = left;
    // A module is in no circle if it imports none of the remaining ones, or if none of them imports it.
    left = left.filter((file) => graph.get(file)?.some((name) => before.includes(name)));
    left = left.filter((file) => before.some((other) => graph.get(other)?.includes(file)));
    if (left.length === before.length) return left;
  }
}

test('no folder of the page imports one that stands above it', () => {
  const folderOf = (/** @type {string} */ file) => path.dirname(file).replace(/^\.$/, '');
  for (const [row, [folder, allowed]] of LAYERS.entries()) {
    for (const name of allowed) assert.ok(LAYERS.slice(0, row).some(([above]) => above === name), `${folder} names ${name}, which is not a row above it`);
  }
  const breaches = [];
  for (const [file, names] of imports) {
    const layer = LAYERS.find(([folder]) => folder === folderOf(file));
    if (!layer) breaches.push(`${file}: its folder has no row in the table`);
    for (const name of names) {
      const other = folderOf(name);
      if (layer && other !== layer[0] && !layer[1].includes(other)) breaches.push(`${file} may not import ${name}`);
    }
  }
  assert.deepEqual(breaches, []);
});

test('no modules of the page import each other in a circle', () => {
  const read = [...imports.values()].flat().length;
  assert.ok(read > modules.length, `of ${modules.length} modules ${read} imports are too few to be all`);
  assert.deepEqual(circles(imports), []);
});

test('circles are found, and a module that only leads to one stands in none', () => {
  assert.deepEqual(circles(new Map([['a', ['b', 'c']], ['b', ['c']], ['c', []]])), []);
  assert.deepEqual(circles(new Map([['a', ['b']], ['b', ['c']], ['c', ['b', 'd']], ['d', []]])), ['b', 'c']);
  assert.deepEqual(importsOf('views/a.js', "import { x } from './b.js';\nexport * from '../core/c.js';\nawait import('../d.js');\n// import './e.js'\n/** @import {T} from './f.js' */"), ['views/b.js', 'core/c.js', 'd.js']);
});
