// `make test`: runs all stages in order, even if one fails, and counts the tests. `node scripts/test.mjs native types` runs only
// those.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';

/** @typedef {{passed: number, failed: number, skipped: number}} Count */

/**
 * The closing lines of the runners with their counts.
 * @type {Record<'cargo' | 'node', {passed: RegExp, failed: RegExp, skipped: RegExp}>}
 */
const closing = {
  cargo: {
    passed: /^test result: .*?(\d+) passed/gm,
    failed: /^test result: .*?(\d+) failed/gm,
    skipped: /^test result: .*?(\d+) ignored/gm,
  },
  node: { passed: /^ℹ pass (\d+)$/gm, failed: /^ℹ (?:fail|cancelled) (\d+)$/gm, skipped: /^ℹ (?:skipped|todo) (\d+)$/gm },
};

/** The largest first: they take the longest, and none of them should be left alone at the end. @param {string} folder @returns {string[]} */
function testFiles(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.mjs')).map((name) => `${folder}/${name}`);
  // Without a name, node's runner would look for tests everywhere.
  if (files.length === 0) throw new Error(`${folder} holds no test.`);
  return files.sort((one, other) => statSync(other).size - statSync(one).size);
}

/** With the networks' numbers in f64, conversions to f64 convert nothing; they are there for f32. */
const IN_F64 = ['-A', 'clippy::useless_conversion'];

/**
 * In the order of the cost of their failure, the cheapest first. A stage without `counts` is one test.
 * @type {{name: string, command: () => string[], counts?: keyof typeof closing}[]}
 */
const stages = [
  { name: 'format', command: () => ['cargo', 'fmt', '--all', '--check'] },
  { name: 'clippy', command: () => ['cargo', 'clippy', '-q', '--all-targets', '--', '-D', 'warnings'] },
  { name: 'clippy-f64', command: () => ['cargo', 'clippy', '-q', '--all-targets', '--features', 'f64', '--', '-D', 'warnings', ...IN_F64] },
  { name: 'clippy-wasm', command: () => ['cargo', 'clippy', '-q', '--all-targets', '--target', 'wasm32-unknown-unknown', '--', '-D', 'warnings'] },
  { name: 'native', command: () => ['cargo', 'test', '--no-fail-fast'], counts: 'cargo' },
  { name: 'native-f64', command: () => ['cargo', 'test', '--no-fail-fast', '--features', 'f64'], counts: 'cargo' },
  { name: 'wasm', command: () => ['wasm-pack', 'test', '--headless', '--firefox'], counts: 'cargo' },
  { name: 'build', command: () => ['make', '--no-print-directory', 'build'] },
  { name: 'types', command: () => ['node_modules/.bin/tsc', '--project', 'tsconfig.json'] },
  { name: 'node', command: () => ['node', '--test', '--test-reporter=spec', ...testFiles('tests/node')], counts: 'node' },
  // Four files at a time: a test mostly waits, independently of the machine's speed.
  { name: 'page', command: () => ['node', '--test', '--test-reporter=spec', '--test-concurrency=4', ...testFiles('tests/page')], counts: 'node' },
];

/**
 * Runs a command, passes on its output, and returns it with its success.
 * @param {() => string[]} command
 * @returns {Promise<{ok: boolean, text: string}>}
 */
function run(command) {
  return new Promise((resolve) => {
    let text = '';
    const failed = (/** @type {Error} */ { message }) => {
      console.error(message);
      resolve({ ok: false, text });
    };
    try {
      const [program = '', ...args] = command();
      console.log(`$ ${program} ${args.join(' ')}`);
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.on('data', (chunk) => {
        text += chunk;
        process.stdout.write(chunk);
      });
      child.on('error', failed);
      child.on('close', (code) => resolve({ ok: code === 0, text }));
    } catch (error) {
      failed(/** @type {Error} */ (error));
    }
  });
}

/** @param {string} text @param {RegExp} pattern */
const sum = (text, pattern) => [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);

/**
 * @param {{ok: boolean, text: string}} result
 * @param {keyof typeof closing} [counts]
 * @returns {Count}
 */
function count({ ok, text }, counts) {
  if (!counts) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  const plain = text.replace(/\x1b\[[0-9;]*m/g, '');
  const { passed, failed, skipped } = closing[counts];
  const counted = { passed: sum(plain, passed), failed: sum(plain, failed), skipped: sum(plain, skipped) };
  // A runner that failed without counting a failure (it did not compile, or died) counts as one.
  if (!ok && counted.failed === 0) counted.failed = 1;
  return counted;
}

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!stages.some((stage) => stage.name === name)) throw new Error(`No stage is called ${name}.`);
}

const total = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
for (const { name, command, counts } of stages) {
  if (wanted.length && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const start = performance.now();
  const counted = count(await run(command), counts);
  const seconds = Math.round((performance.now() - start) / 1000);
  lines.push(
    `${counted.failed ? '✖' : '✔'} ${name.padEnd(12)} ${String(counted.passed).padStart(4)} passed ${String(counted.failed).padStart(3)} failed ` +
      `${String(counted.skipped).padStart(3)} skipped ${String(seconds).padStart(5)} s`,
  );
  for (const key of /** @type {(keyof Count)[]} */ (Object.keys(total))) total[key] += counted[key];
}

console.log(`\n${lines.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed ? 1 : 0;
