// Shared code of the two builds: esbuild's settings, and the reading of index.html.
import { build } from 'esbuild';
import { SAMPLES } from '../../www/samples/list.js';

/** @type {import('esbuild').BuildOptions} */
export const common = {
  bundle: true,
  minify: true,
  charset: 'utf8',
  target: ['firefox115', 'chrome111', 'safari16.4'],
  legalComments: 'eof',
  logLevel: 'warning',
  // Pictures in a style sheet are inlined: they are few and small.
  loader: { '.svg': 'dataurl', '.png': 'dataurl', '.woff2': 'dataurl' },
};

/**
 * Bundles a script, or text in place of one, into one text.
 * @param {string} root The checkout.
 * @param {import('esbuild').BuildOptions} options With `entryPoints` or `stdin`.
 * @returns {Promise<string>}
 */
export async function bundle(root, options) {
  const result = await build({ ...common, absWorkingDir: root, write: false, ...options });
  return /** @type {import('esbuild').OutputFile} */ (result.outputFiles?.[0]).text;
}

/**
 * The page's style sheets as one, in their order.
 * @param {string} root
 * @param {string[]} styles
 */
export const bundleStyles = (root, styles) =>
  bundle(root, {
    stdin: { contents: styles.map((style) => `@import ${JSON.stringify(`./${style}`)};`).join('\n'), loader: 'css', resolveDir: root },
  });

/** The data files that come with the page. */
export const sampleNames = SAMPLES.map(({ file }) => file);

/**
 * @typedef {object} Parts
 * @property {string} script The replacement of the page's one module script.
 * @property {string} style The replacement of its style sheets.
 * @property {(file: string) => string} file The address of any other file below www/.
 */

/**
 * The files of www/ that index.html names, and a function that replaces them.
 * @param {string} html
 */
export function inPage(html) {
  const stylePattern = /<link\b[^>]*\brel="stylesheet"[^>]*>\n?/g;
  const scriptPattern = /<script\b[^>]*\btype="module"[^>]*\bsrc="([^"]+)"[^>]*><\/script>/g;
  // Elements that a bundle makes useless.
  const preloadPattern = /<link\b[^>]*\brel="(?:modulepreload|preload)"[^>]*>\n?/g;
  const filePattern = /\b(href|src)="((?:\.\/)?www\/[^"]+)"/g;

  const bare = html.replace(preloadPattern, '');
  const scripts = [...bare.matchAll(scriptPattern)].map(([, source]) => local(source));
  if (scripts.length !== 1) throw new Error(`index.html should have one module script, not ${scripts.length}.`);
  const styles = [...bare.matchAll(stylePattern)].map(([tag]) => local(/\bhref="([^"]+)"/.exec(tag)?.[1] ?? ''));
  const rest = bare.replace(stylePattern, '').replace(scriptPattern, '');
  const files = new Set([...rest.matchAll(filePattern)].map(([, , file]) => local(file)));

  return {
    script: scripts[0],
    styles,
    files: [...files],
    /** @param {Parts} parts */
    with(parts) {
      let first = true;
      // Functions, because `$` has a meaning in a replacement text.
      return bare
        .replace(filePattern, (whole, attribute, file) => (files.has(local(file)) ? `${attribute}="${parts.file(local(file))}"` : whole))
        .replace(stylePattern, () => {
          const style = first ? `${parts.style}\n` : '';
          first = false;
          return style;
        })
        .replace(scriptPattern, () => parts.script);
    },
  };
}

/** @param {string} address */
const local = (address) => address.replace(/^\.\//, '');
