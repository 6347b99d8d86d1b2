// The README's lines for JavaScript do what it says: each block is run as it stands, in the checkout.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = `${root}README.md`;
const blocks = existsSync(readme) ? [...readFileSync(readme, 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? '') : [];

test('the README shows the package in use', { skip: blocks.length ? false : 'README.md has no block of JavaScript' }, () => {
  for (const [at, text] of blocks.entries()) {
    assert.ok(text.trimEnd().split('\n').length < 20, 'under twenty lines');
    // In the checkout's root, so that its relative addresses hold.
    const file = `${root}.readme-${process.pid}-${at}.mjs`;
    writeFileSync(file, text);
    try {
      assert.notEqual(execFileSync(process.execPath, [file], { cwd: root, encoding: 'utf8', timeout: 120_000 }).trim(), '', 'it prints something');
    } finally {
      rmSync(file);
    }
  }
});
