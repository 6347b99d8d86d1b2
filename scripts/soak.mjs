// `make soak`: the tests that take too long for every change. First the property tests with new random cases in each round, in a release
// build; each round prints its seed, and the command of a failing round repeats it (ROUNDS=20 by default, ROUNDS=0 for none). Then the
// page's tests with every test and every case in both browsers, which `make test` deals out between them, and those that measure.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const rounds = Number(process.env.ROUNDS ?? 20);
const root = new URL('..', import.meta.url).pathname;

/** @param {string} folder @returns {string[]} */
const sources = (folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'));

const names = sources('tests/suite').flatMap((text) =>
  text.split(/^proptest! \{$/m).slice(1).flatMap((block) => [...block.split(/^\}$/m)[0].matchAll(/#\[test\]\s+fn (\w+)/g)].map(([, name]) => name)),
);
if (!names.length) throw new Error('tests/suite has no property tests; look at how they are written');
console.log(`${names.length} property tests, ${rounds} rounds`);

/** Runs a command to its end; the first that fails ends the run. @param {string} program @param {string[]} args @param {Record<string, string>} env */
function run(program, args, env) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}

for (let round = 1; round <= rounds; round++) {
  const seed = String(randomInt(1, 2 ** 31));
  const args = ['test', '-q', '--release', '--test', 'suite', '--', ...names];
  console.log(`round ${round}: PROPTEST_RNG_SEED=${seed} cargo ${args.join(' ')}`);
  run('cargo', args, { PROPTEST_RNG_SEED: seed });
}
run('node', ['scripts/test.mjs', 'page'], { SOAK: '1' });
