// README.md's statements for developers are true: its snippets run unchanged, its commands and files exist.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { test } from 'node:test';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (/** @type {string} */ name) => readFileSync(path.join(root, name), 'utf8');
const readme = read('README.md');

/** @param {string} language @returns {string[]} */
const blocks = (language) => [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text ?? '');
/** @param {string} text */
const lineCount = (text) => text.trimEnd().split('\n').length;

test('the lines in JavaScript run, from a file to a forecast at the right time', () => {
  const [script, ...more] = blocks('js');
  assert.ok(script && more.length === 0);
  assert.ok(lineCount(script) < 20, `${lineCount(script)} lines`);
  // With --eval, relative addresses resolve as for a file in the checkout.
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, encoding: 'utf8' });
  assert.match(printed, /^The LSTM has a mean absolute error of [\d.]+ °C on [\d,]+ test windows: .*last value/m);
  const forecast = /^2013-12-31T00:00:00\.000Z (\S+) (\S+) (\S+)$/m.exec(printed);
  assert.ok(forecast, printed);
  const [value, lower, upper] = forecast.slice(1).map(Number);
  assert.ok(lower < value && value < upper && upper - lower < 20, printed);
  assert.match(printed, /^saved: \d+ bytes/m);
});

test('the lines in Rust are few, and its documentation tests run them', () => {
  const [lines, ...more] = blocks('rust');
  assert.ok(lines && more.length === 0);
  assert.ok(lineCount(lines) < 20, `${lineCount(lines)} lines`);
  assert.match(read('src/lib.rs'), /include_str!\("\.\.\/README\.md"\)/);
  // rustdoc takes a block without a language for Rust.
  const fences = readme.split('\n').filter((line) => line.startsWith('```'));
  for (let at = 0; at < fences.length; at += 2) assert.match(fences[at], /^```\w+$/, 'a block says its language');
});

for (const file of ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]) {
  test(`${file} names only what there is`, () => {
    const text = read(file);
    const folder = path.dirname(path.join(root, file));
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      assert.ok(existsSync(path.join(folder, target)), `a link to ${target}`);
    }
    const built = /^(?:pkg|dist|node_modules|target|www\/vendor|\.tools)(?:\/|$)/;
    for (const [, name] of text.matchAll(/`((?:src|tests|scripts|www|docs|examples|\.ci|\.cargo)\/[\w./-]*)`/g)) {
      assert.ok(built.test(name) || existsSync(path.join(root, name)), `${file} names ${name}`);
    }
    const makefile = read('Makefile');
    for (const [, goal] of text.matchAll(/`make ([a-z0-9-]+)/g)) {
      assert.match(makefile, new RegExp(`^(?:[a-z0-9 -]+ )?${goal}(?: [a-z0-9 -]+)?:`, 'm'), `make ${goal}`);
    }
    for (const [, command] of text.matchAll(/`((?:node|cargo) [^`]+)`/g)) {
      for (const name of command.match(/tests\/\S+\.mjs/g) ?? []) assert.ok(existsSync(path.join(root, name)), name);
      const isTest = (/** @type {string} */ name) => [`${name}.rs`, `${name}/main.rs`].some((file) => existsSync(path.join(root, 'tests', file)));
      if (command.startsWith('cargo')) for (const [, name = ''] of command.matchAll(/--test (\w+)/g)) assert.ok(isTest(name), command);
    }
  });
}
