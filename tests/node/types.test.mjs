// The package's types: a program that uses all of it type-checks, wrong ones do not, and every name is explained.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

const at = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

test('a program that uses the package type-checks, and its deliberate mistakes are found', async () => {
  // consumer.ts marks each mistake with @ts-expect-error, so that tsc fails on one that it does not find.
  await promisify(execFile)(at('node_modules/.bin/tsc'), ['--project', at('tests/node/consumer/tsconfig.json')]).catch(({ stdout }) => assert.fail(stdout));
});

test('every public name of the package has a doc comment', () => {
  const file = at('pkg/unrolled.d.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const commented = (/** @type {import('typescript').Node} */ node) => ts.getJSDocCommentsAndTags(node).length > 0;
  /** Declarations of wasm-bindgen itself, the same in every package. */
  const generated = ['InitInput', 'InitOutput', 'SyncInitInput'];
  const bare = [];
  let seen = 0;
  for (const statement of source.statements) {
    const name = /** @type {any} */ (statement).name?.text ?? '(default)';
    if (generated.includes(name) || ts.isExportDeclaration(statement) || ts.isEmptyStatement(statement)) continue;
    seen++;
    if (!commented(statement)) bare.push(name);
    if (!ts.isClassDeclaration(statement)) continue;
    for (const member of statement.members) {
      const private_ = ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
      const called = ts.isConstructorDeclaration(member) ? 'constructor' : (member.name?.getText(source) ?? '');
      // wasm-bindgen gives every class these two: both let go of its memory.
      if (private_ || called === 'free' || called === '[Symbol.dispose]') continue;
      seen++;
      if (!commented(member)) bare.push(`${name}.${called}`);
    }
  }
  assert.ok(seen > 50, `${seen} names were looked at`);
  assert.deepEqual(bare, []);
});
