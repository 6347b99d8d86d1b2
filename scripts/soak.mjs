// Property tests with new random cases in each round, in a release build. Each round prints its seed; the failing round's command
// repeats it. ROUNDS=20 by default.
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

for (let round = 1; round <= rounds; round++) {
  const seed = String(randomInt(1, 2 ** 31));
  const args = ['test', '-q', '--release', '--test', 'suite', '--', ...names];
  console.log(`round ${round}: PROPTEST_RNG_SEED=${seed} cargo ${args.join(' ')}`);
  const { status } = spawnSync('cargo', args, { cwd: root, stdio: 'inherit', env: { ...process.env, PROPTEST_RNG_SEED: seed } });
  if (status !== 0) process.exit(status ?? 1);
}
