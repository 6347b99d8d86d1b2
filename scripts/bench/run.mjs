// `make bench`: our core in both browsers and both builds, natively, PyTorch and TensorFlow.js, in one run and in turn, because
// only their ratios carry over to another machine. Writes docs/performance.md (QUICK=1: only prints). REPEATS, BROWSERS and SYSTEMS
// and JOBS (beginnings of names, such as `SYSTEMS="native torch" JOBS=s_mamba`) narrow it down during development.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { coreSizes } from '../build/sizes.mjs';
import { browserNames } from '../../tests/page/browsers.mjs';
import { arithmetic, growth, losses, minimum, scans } from './extras.mjs';
import { architectures, csv, jobs as allJobs } from './jobs.mjs';
import { exponent, inTurn } from './measure.mjs';
import { pairs } from './pairs.mjs';
import { report } from './report.mjs';
import { BenchBrowser, ours, team, tensorflow } from './systems/browser.mjs';
import { Lines } from './systems/lines.mjs';
import { memory, native } from './systems/native.mjs';
import { torch } from './systems/torch.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = path.join(root, '.tools/bench');
const quick = Boolean(process.env.QUICK && process.env.QUICK !== '0');
const repeats = Number(process.env.REPEATS ?? (quick ? 2 : 5));
const wanted = process.env.SYSTEMS?.split(/[ ,]+/);
const some = process.env.JOBS?.split(/[ ,]+/);

/** @param {string} line */
const say = (line) => console.log(line);

// One folder for the served page: the package, the benches' builds, the rivals.
for (const [name, target] of [['pkg', 'pkg'], ['rivals', '.tools/rivals']]) {
  rmSync(path.join(folder, name ?? ''), { force: true });
  symlinkSync(path.join(root, target ?? ''), path.join(folder, name ?? ''));
}
for (const name of ['page.html', 'page.js']) copyFileSync(path.join(root, 'scripts/bench/systems', name), path.join(folder, name));

/** The series with this number of points, as a file and as its address for the page. @param {number} points */
function series(points) {
  const name = `series-${points}.csv`;
  writeFileSync(path.join(folder, name), csv(points));
  return { file: path.join(folder, name), address: `./${name}` };
}

const pkg = pathToFileURL(path.join(root, 'pkg/'));
const catalog = await architectures(pkg);
const jobs = allJobs(catalog.architectures, quick).filter(({ id }) => !some || some.some((start) => id.startsWith(start)));
const s = series(8760);

const builds = ['plain', 'relaxed'].filter((build) => {
  const there = existsSync(new URL(build === 'plain' ? 'unrolled_bg.wasm' : `unrolled_${build}_bg.wasm`, pkg));
  if (!there) say(`!! The package has no ${build} build: it is not measured.`);
  return there;
});
const browsers = browserNames.map((name) => new BenchBrowser(name, folder));
const program = path.join(folder, 'native');
const python = path.join(root, '.tools/reference/bin/python');
if (!existsSync(python)) say('!! PyTorch is not there: nothing is compared with it.');
const rivals = existsSync(path.join(root, '.tools/rivals/node_modules'));
if (!rivals) say('!! TensorFlow.js is not there: nothing is compared with it.');

/** Two workers at one model, measured if possible. */
const workers = existsSync(new URL('workers.mjs', import.meta.url)) ? await import(new URL('workers.mjs', import.meta.url).href) : undefined;
if (!workers) say('!! Nothing trains one model in several workers yet: that is not measured.');

const pytorch = existsSync(python) ? torch(python, 1) : null;
/** @type {import('./measure.mjs').System[]} */
const systems = [
  ...(pytorch ? [pytorch, torch(python, 2)] : []),
  native(program, s.file),
  ...browsers.flatMap((browser) => builds.map((build) => ours(browser, build, s.address))),
  ...(workers ? browserNames.map((name) => team(name, 2, quick, workers.timeSteps)) : []),
  ...(rivals ? browsers.map(tensorflow) : []),
].filter(({ id }) => !wanted || wanted.some((start) => id.startsWith(start)));

const began = performance.now();
for (const browser of browsers) await browser.start();
for (const system of systems) await system.start();
for (const [job, why] of Object.entries(pytorch?.missing ?? {})) say(`!! Nothing is compared with ours on ${job}: ${why}`);
/** @type {import('./measure.mjs').Results} */
let results;
try {
  const { samples, medians } = await inTurn(systems, jobs, repeats, say);

  say('The fused scan beside single cells …');
  const measuredScans = await scans(browsers, builds, repeats);

  say('Losses against double precision …');
  const lines = new Lines(program);
  const exact = await losses(
    [
      { label: 'native', ask: (job) => lines.ask(job) },
      ...browsers.flatMap((browser) => builds.map((build) => ({ label: `${browser.name}, ${build}`, build, ask: (/** @type {any} */ job) => browser.ask(job) }))),
    ],
    quick,
    new URL('../../tests/reference/losses.safetensors', import.meta.url),
  );
  lines.stop();

  say('Growth …');
  const last = browsers.at(-1);
  const grew = last ? await growth(last, builds.at(-1) ?? 'plain', quick ? 1 : 3, series, program) : [];

  for (const { id, browser } of systems.filter(({ family }) => family === 'workers')) {
    const points = [
      { at: 1, value: medians.get(`${browser}_${builds.at(-1)}`)?.get('m') ?? NaN },
      { at: 2, value: medians.get(id)?.get('m') ?? NaN },
    ];
    grew.push({ what: 'time of a step of M', along: 'workers', where: browser ?? '', points, unit: 's', exponent: exponent(points) });
  }

  say('Two at once …');
  const atOnce = wanted || some ? [] : await pairs(browserNames, program, s.file, repeats);

  say('Memory and arithmetic …');
  const { CsvReader, Session } = await import(new URL('unrolled.js', pkg).href);
  /** @type {import('./measure.mjs').Results['memory']} */
  const held = [];
  /** @type {import('./measure.mjs').Results['arithmetic']} */
  const rates = [];
  /** @type {Results['networks']} */
  const networks = [];
  for (const job of jobs.filter(({ kind }) => kind === 'train')) {
    const reader = new CsvReader();
    reader.push(readFileSync(s.file));
    const session = new Session(reader.finish().series().to_parts());
    const { parameters } = session.configure(job.settings);
    const theirs = pytorch?.networks[job.id];
    if (theirs) networks.push({ job: job.id, label: job.label, ours: parameters.total, ...theirs });
    if (theirs && !theirs.differs && theirs.parameters !== parameters.total) {
      say(`!! ${job.label}: ${theirs.parameters} parameters in ${theirs.by}, ${parameters.total} here, and no reason is given.`);
    }
    const bytes = await memory(program, s.file, job.settings, 4);
    held.push({ label: job.label, what: 'native, four steps', bytes, minimum: minimum(job.settings, parameters.total, 8760) });
    for (const { id } of systems) {
      const seconds = medians.get(id)?.get(job.id);
      if (seconds) rates.push({ system: id, job: job.id, gflops: (arithmetic(job.settings, parameters.rows) * job.steps) / seconds / 1e9 });
    }
  }
  results = { gemm: [], systems, jobs, samples, medians, scans: measuredScans, losses: exact, growth: grew, pairs: atOnce, sizes: await coreSizes(), memory: held, arithmetic: rates, networks };
} finally {
  for (const system of systems) await system.stop();
  for (const browser of browsers) await browser.stop();
}

// Last, because it starts its own browsers.
if (existsSync(new URL('kernels.mjs', import.meta.url))) {
  say('Matrix products …');
  const { measureKernels } = await import(new URL('kernels.mjs', import.meta.url).href);
  results.gemm = await measureKernels();
} else {
  say('!! Matrix products are not measured by themselves yet.');
}

/** A program's version, in one line. @param {string} file @param {string[]} args */
const version = (file, ...args) => execFileSync(file, args, { encoding: 'utf8', cwd: root }).trim().split('\n')[0] ?? '';
const cpus = os.cpus();
const machine = [
  `${new Date().toISOString().slice(0, 10)}, commit ${version('git', 'rev-parse', '--short', 'HEAD')}${version('git', 'status', '--porcelain', '--untracked-files=no') ? ' with changes' : ''}`,
  `${cpus.length} cores: ${cpus[0]?.model ?? '?'}; ${Math.round(os.totalmem() / 2 ** 30)} GB; ${os.type()} ${os.release()}`,
  [...browsers.map((browser) => browser.version), `Node ${process.version}`, version('rustc', '--version'), ...systems.filter(({ id }) => id === 'torch_1').map(({ label }) => label.split(',')[0]), ...(rivals ? ['TensorFlow.js 4.22.0'] : [])].join(', '),
];
const text = report(results, { machine, quick, repeats });
say(`\n${text}`);
if (quick || wanted || some) say('A quick or narrowed run does not write docs/performance.md.');
else writeFileSync(path.join(root, 'docs/performance.md'), text);
say(`${Math.round((performance.now() - began) / 1000)} s.`);
