// `make test`: runs all stages, even if one fails, and counts the tests. `node scripts/test.mjs native types` runs only those.
// Two lanes run side by side, since neither keeps two cores busy alone: the crate's own stages, and those of package and page.
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

/** @typedef {{name: string, command: () => string[], counts?: keyof typeof closing}} Stage */

/**
 * In the order of the cost of their failure, the cheapest first. A stage without `counts` is one test.
 * @type {Stage[]}
 */
const crate = [
  { name: 'format', command: () => ['cargo', 'fmt', '--all', '--check'] },
  { name: 'clippy', command: () => ['cargo', 'clippy', '-q', '--all-targets', '--', '-D', 'warnings'] },
  { name: 'clippy-f64', command: () => ['cargo', 'clippy', '-q', '--all-targets', '--features', 'f64', '--', '-D', 'warnings', ...IN_F64] },
  { name: 'clippy-wasm', command: () => ['cargo', 'clippy', '-q', '--all-targets', '--target', 'wasm32-unknown-unknown', '--', '-D', 'warnings'] },
  { name: 'native', command: () => ['cargo', 'test', '--no-fail-fast'], counts: 'cargo' },
  { name: 'native-f64', command: () => ['cargo', 'test', '--no-fail-fast', '--features', 'f64'], counts: 'cargo' },
  { name: 'wasm', command: () => ['wasm-pack', 'test', '--headless', '--firefox'], counts: 'cargo' },
];

/** @type {Stage[]} */
const page = [
  { name: 'build', command: () => ['make', '--no-print-directory', 'build'] },
  { name: 'types', command: () => ['node_modules/.bin/tsc', '--project', 'tsconfig.json'] },
  { name: 'node', command: () => ['node', '--test', '--test-reporter=spec', ...testFiles('tests/node')], counts: 'node' },
  // Four files at a time: a test mostly waits, independently of the machine's speed.
  { name: 'page', command: () => ['node', '--test', '--test-reporter=spec', '--test-concurrency=4', ...testFiles('tests/page')], counts: 'node' },
];

/**
 * Runs a command and returns its output with its success.
 * @param {() => string[]} command
 * @param {(text: string) => void} heard Is given the output as it comes.
 * @returns {Promise<{ok: boolean, text: string}>}
 */
function run(command, heard) {
  return new Promise((resolve) => {
    let text = '';
    const hear = (/** @type {unknown} */ chunk) => {
      text += chunk;
      heard(String(chunk));
    };
    const failed = (/** @type {Error} */ { message }) => {
      hear(`${message}\n`);
      resolve({ ok: false, text });
    };
    try {
      const [program = '', ...args] = command();
      hear(`$ ${program} ${args.join(' ')}\n`);
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
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
  if (![...crate, ...page].some((stage) => stage.name === name)) throw new Error(`No stage is called ${name}.`);
}
const lanes = [crate, page].map((lane) => lane.filter(({ name }) => !wanted.length || wanted.includes(name))).filter((lane) => lane.length);

const total = { passed: 0, failed: 0, skipped: 0 };
/** A line for each stage, by its name. @type {Map<string, string>} */
const lines = new Map();

/** Runs a lane's stages one after another. @param {Stage[]} lane */
async function follow(lane) {
  for (const { name, command, counts } of lane) {
    // The output of two lanes would mingle, so each stage's is printed when it ends.
    const alone = lanes.length === 1;
    console.log(alone ? `\n== ${name}` : `== ${name} begins`);
    const start = performance.now();
    const result = await run(command, (text) => void (alone && process.stdout.write(text)));
    if (!alone) process.stdout.write(`\n== ${name}\n${result.text}\n`);
    const counted = count(result, counts);
    const seconds = Math.round((performance.now() - start) / 1000);
    lines.set(
      name,
      `${counted.failed ? '✖' : '✔'} ${name.padEnd(12)} ${String(counted.passed).padStart(4)} passed ${String(counted.failed).padStart(3)} failed ` +
        `${String(counted.skipped).padStart(3)} skipped ${String(seconds).padStart(5)} s`,
    );
    for (const key of /** @type {(keyof Count)[]} */ (Object.keys(total))) total[key] += counted[key];
  }
}

await Promise.all(lanes.map(follow));

const inOrder = lanes.flat().map(({ name }) => lines.get(name));
console.log(`\n${inOrder.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed ? 1 : 0;
