// dist/unrolled.html: the whole application in one file, to open from disk. A page from disk may fetch nothing and start no worker
// from a file, so the two modules that do so (www/core/spawn.js and assets.js) are replaced by ones that carry the worker's text,
// the wasm's bytes and the samples.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle, bundleStyles, inPage, sampleNames } from './page.mjs';

/**
 * Replaces www/core/spawn.js. The worker is a classic one: Firefox starts no module worker from a blob of a page from disk. It
 * carries both builds of the core, packed: together they are smaller than one unpacked.
 */
const spawn = `
import source from 'carried:worker';
import plain from 'carried:wasm/unrolled_bg.wasm';
import relaxed from 'carried:wasm/unrolled_relaxed_bg.wasm';
const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
export const spawnWorker = (kind) => new Worker(address, { name: kind });
export async function fetchWasm(build) {
  const bytes = new Blob([build === 'relaxed' ? relaxed : plain]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(bytes, { headers: { 'Content-Type': 'application/wasm' } });
}`;

/** Replaces www/core/assets.js. @param {string[]} samples */
const assets = (samples) => `
${samples.map((name, at) => `import text${at} from ${JSON.stringify(`carried:sample/${name}`)};`).join('\n')}
const texts = new Map([${samples.map((name, at) => `[${JSON.stringify(name)}, text${at}]`).join(', ')}]);
export async function assetText(name) {
  const text = texts.get(name);
  if (text === undefined) throw new Error(\`There is no sample called \${name}.\`);
  return text;
}`;

/**
 * @param {string} root The checkout.
 * @param {string} html index.html
 * @returns {Promise<string>}
 */
export async function buildOneFile(root, html) {
  const page = inPage(html);
  const workerSource = await bundle(root, {
    entryPoints: ['www/core/worker.js'],
    format: 'iife',
    // The package reads its own address only to load the wasm, which never happens here.
    logOverride: { 'empty-import-meta': 'silent' },
  });

  /** @type {Set<string>} */
  const replaced = new Set();
  /** @type {import('esbuild').Plugin} */
  const carry = {
    name: 'carry',
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /[\\/]www[\\/]core[\\/](?:spawn|assets)\.js$/ }, ({ path: file }) => {
        const name = path.basename(file);
        replaced.add(name);
        return { contents: name === 'spawn.js' ? spawn : assets(sampleNames), loader: 'js', resolveDir: root };
      });
      onResolve({ filter: /^carried:/ }, ({ path: name }) => ({ path: name.slice('carried:'.length), namespace: 'carried' }));
      onLoad({ filter: /.*/, namespace: 'carried' }, async ({ path: name }) => {
        if (name === 'worker') return { contents: workerSource, loader: 'text' };
        if (name.startsWith('wasm/')) {
          return { contents: gzipSync(await readFile(path.join(root, 'pkg', path.basename(name))), { level: 9 }), loader: 'binary' };
        }
        return { contents: await readFile(path.join(root, 'www/samples', path.basename(name))), loader: 'text' };
      });
    },
  };
  const script = await bundle(root, { entryPoints: [page.script], format: 'esm', plugins: [carry] });
  if (!replaced.has('spawn.js')) throw new Error('The page starts no worker through www/core/spawn.js.');

  const carriedScript = script.replaceAll('<!--', '\\x3C!--');
  const style = await bundleStyles(root, page.styles);
  const files = new Map();
  for (const file of page.files) files.set(file, await dataAddress(path.join(root, file)));

  return withPolicy(
    page.with({
      script: `<script type="module">${carriedScript}</script>`,
      style: `<style>${style}</style>`,
      file: (file) => files.get(file),
    }),
    { 'script-src': carriedScript, 'style-src': style },
  );
}

/**
 * The page's own content security policy, if there is one, allows inline text only by its hash.
 * @param {string} html
 * @param {Record<string, string>} inline The texts, by the directive that must allow them.
 */
function withPolicy(html, inline) {
  return html.replace(/(<meta http-equiv="Content-Security-Policy" content=")([^"]*)(")/, (_, before, policy, after) => {
    const directives = policy.split(';').map((/** @type {string} */ directive) => {
      const text = inline[directive.trim().split(/\s/, 1)[0]];
      return text === undefined ? directive : `${directive} 'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    });
    return `${before}${directives.join(';')}${after}`;
  });
}

const types = { '.svg': 'image/svg+xml', '.png': 'image/png', '.json': 'application/json', '.webmanifest': 'application/manifest+json' };

/** @param {string} file */
async function dataAddress(file) {
  const type = types[/** @type {keyof typeof types} */ (path.extname(file))];
  if (!type) throw new Error(`The one-file build does not know how to carry ${file}.`);
  return `data:${type};base64,${(await readFile(file)).toString('base64')}`;
}
