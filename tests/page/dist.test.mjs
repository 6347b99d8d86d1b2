// The results of `make build`, and the messages of index.html where it cannot run: no application, no build, no modules.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { inBrowsers, root } from './harness.mjs';

const built = existsSync(path.join(root, 'dist/unrolled.html')) ? {} : { skip: 'dist/ is not built: make build' };

test('the content security policy names the inline script by its hash', built, async () => {
  for (const file of ['index.html', 'dist/index.html', 'dist/unrolled.html']) {
    const html = await readFile(path.join(root, file), 'utf8');
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    for (const [, text] of html.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)) {
      const hash = `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
      assert.ok(policy.includes(hash), `${file}: ${hash} is the hash of an inline script and does not stand in the policy`);
    }
  }
});

test('the one file names no other file', built, async () => {
  const html = await readFile(path.join(root, 'dist/unrolled.html'), 'utf8');
  const head = html.slice(0, html.indexOf('<script type="module">'));
  assert.doesNotMatch(head, /(?:src|href)="(?!data:|#)/);
  assert.doesNotMatch(html, /<script\b[^>]*\bsrc=/);
});

test('the static site names nothing by an address that only holds at the root of a host', built, async () => {
  const html = await readFile(path.join(root, 'dist/index.html'), 'utf8');
  assert.doesNotMatch(html, /(?:src|href)="(?:\/|https?:)/);
  assert.deepEqual((await readdir(path.join(root, 'dist'))).filter((name) => !/^app-[0-9a-f]+$/.test(name)).sort(), ['index.html', 'unrolled.html']);
});

/** In the page: the sentence in place of the application, or `null`. */
const sentence = () => {
  const box = /** @type {HTMLElement | null} */ (document.querySelector('#boot'));
  return box && !box.hidden ? box.textContent : null;
};

/** In the page: whether some chart has drawn something. */
const drawn = () =>
  [...document.querySelectorAll('canvas')].some((canvas) => {
    const context = canvas.width > 0 && canvas.height > 0 && canvas.getContext('2d');
    return context && context.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0);
  });

inBrowsers((browser) => {
  for (const place of ['source', 'site', 'file']) {
    test(`the application starts from the ${place}`, place === 'source' ? {} : built, async () => {
      const page = await browser.open({ place });
      await page.until('the application', () => document.documentElement.hasAttribute('data-started'));
      await page.until('the first chart', drawn);
      assert.equal(await page.run(sentence), null);
    });
  }

  test('without a build it says in one sentence what to do', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unrolled-'));
    try {
      // Like a fresh clone: the sources, without pkg/ and www/vendor/.
      await cp(path.join(root, 'index.html'), path.join(folder, 'index.html'));
      await cp(path.join(root, 'www'), path.join(folder, 'www'), { recursive: true, filter: (source) => !source.includes('vendor') });
      const page = await browser.open({ dir: folder });
      assert.match(String(await page.until('the sentence', sentence)), /make serve/);
      const missing = await page.takeProblems();
      assert.ok(missing.some((problem) => /pkg|vendor/.test(problem)), missing.join('; '));
      await page.driver.get('about:blank');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a package that cannot start is said to be so, and is not started again and again', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unrolled-'));
    try {
      await cp(path.join(root, 'index.html'), path.join(folder, 'index.html'));
      await cp(path.join(root, 'www'), path.join(folder, 'www'), { recursive: true });
      await mkdir(path.join(folder, 'pkg'));
      // A package of another version without the worker's imports, so that the worker fails before its first message.
      await writeFile(path.join(folder, 'pkg/unrolled.js'), 'export default async () => {};\n');
      for (const file of ['builds.js', 'unrolled_bg.wasm', 'unrolled_relaxed_bg.wasm']) await cp(path.join(root, 'pkg', file), path.join(folder, 'pkg', file));
      const page = await browser.open({
        dir: folder,
        before: () => {
          const Plain = Worker;
          /** @type {any} */ (window).started = 0;
          window.Worker = class extends Plain {
            /** @param {string | URL} url @param {WorkerOptions} [options] */
            constructor(url, options) {
              super(url, options);
              /** @type {any} */ (window).started++;
            }
          };
        },
      });
      assert.match(String(await page.until('the sentence', sentence)), /could not start/);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await page.takeProblems();
      // One that reads, and two for the model.
      const starts = await page.run(() => /** @type {any} */ (window).started);
      assert.ok(starts >= 1 && starts <= 3, `${starts} workers were started`);
      await page.driver.get('about:blank');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('opened from disk the sources say in one sentence what to do', async () => {
    const page = await browser.open({ file: path.join(root, 'index.html') });
    assert.match(String(await page.until('the sentence', sentence)), /make serve/);
    // Modules cannot be loaded from disk, and the browser reports that on its console.
    await page.takeProblems();
  });
});
