// npm test: builds everything, runs every suite, and ends with one line, "N passed, N failed". Node's own modules only.
// A suite that cannot run counts as one failure; the judges of tests/interop may be out of reach, and then are left out.
// usage: node .ci/test.mjs [SUITE...]    (all, in order, when none is named)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const NOT_AVAILABLE = 3; // Exit status of .ci/judges.sh without network.
const LONGEST_SECONDS = 1800; // No suite takes half of it on two cores.

process.chdir(new URL('..', import.meta.url).pathname);
mkdirSync('build', { recursive: true });

/** Runs a command; one that hangs is killed with all that it started, and has failed, and the other suites still run. */
function run(command, args, options = {}) {
  const limited = ['--kill-after=10', String(LONGEST_SECONDS), command, ...args];
  return spawnSync('timeout', limited, { stdio: 'inherit', ...options }).status ?? 1;
}

/** The command's success as one check. */
function check(command, args, options) {
  return run(command, args, options) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Sums the counts of a JUnit file; the run failed as a whole when there is none. */
function junit(path, command, args, options) {
  rmSync(path, { force: true });
  run(command, args, options);
  if (!existsSync(path)) return { passed: 0, failed: 1 };
  const sum = { passed: 0, failed: 0 };
  for (const [tag] of readFileSync(path, 'utf8').matchAll(/<testsuite\s[^>]*>/g)) {
    const count = (name) => Number(tag.match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? 0);
    const failed = count('failures') + count('errors');
    sum.failed += failed;
    sum.passed += count('tests') - failed - count('skipped') - count('disabled');
  }
  // Nothing ran: a suite that lost its tests must not look like one that passed.
  return sum.passed + sum.failed === 0 ? { passed: 0, failed: 1 } : sum;
}

function jest(path) {
  rmSync(path, { force: true });
  run('npx', ['--no-install', 'jest', '--forceExit', '--json', `--outputFile=${path}`], {
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules' },
    stdio: ['inherit', 'ignore', 'inherit'],
  });
  if (!existsSync(path)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed };
}

function ctest(folder) {
  const path = `${process.cwd()}/${folder}/junit.xml`;
  const jobs = String(availableParallelism());
  const options = { stdio: ['inherit', 'ignore', 'inherit'] };
  const args = ['--test-dir', folder, '-j', jobs, '--output-on-failure', '--output-junit', path];
  const sum = junit(path, 'ctest', args, options);
  if (sum.failed > 0) run('ctest', ['--test-dir', folder, '--rerun-failed', '--output-on-failure']);
  return sum;
}

let judges; // Whether build/venv is there: 'ready', 'unreachable' or 'broken'; found out once.
function prepareJudges() {
  if (judges === undefined) {
    const status = run('bash', ['.ci/judges.sh']);
    judges = status === 0 ? 'ready' : status === NOT_AVAILABLE ? 'unreachable' : 'broken';
    if (judges === 'unreachable') {
      console.log('PyPI is not reachable: the independent runtimes are left out; the recorded vectors were checked.');
    }
  }
  return judges;
}

function judged(action) {
  const state = prepareJudges();
  if (state === 'unreachable') return { passed: 0, failed: 0 };
  return state === 'ready' ? action() : { passed: 0, failed: 1 };
}

/** Damaged files under the sanitizers: every recorded model, hostile files, and the sample as .tflite, float and INT8, and .octet. */
function fuzz() {
  const sample = 'web/public/samples/fashion';
  const quantized = ['build/fuzz.octet', 'build/fuzz.tflite'];
  const quantize = ['quantize', `${sample}/fashion.tflite`, '--calibration', `${sample}/calibration.zip`];
  const outputs = quantized.flatMap((path) => ['--output', path]);
  const scaled = ['--mean', '0', '--std', '255', '--quiet', ...outputs];
  if (run('node', ['bindings/cli/dist/main.js', ...quantize, ...scaled]) !== 0) return { passed: 0, failed: 1 };
  const files = (folder) => readdirSync(folder).map((name) => `${folder}/${name}`);
  const vectors = files('tests/vectors');
  const hostile = files('tests/fuzz/hostile').filter((path) => path.endsWith('.tflite'));
  const fuzzer = 'build/sanitize/tests/fuzz/octet_fuzz';
  const sum = check(fuzzer, [...vectors, ...hostile, '--flips', '30', '--truncations', '50']);
  const whole = check(fuzzer, [`${sample}/fashion.tflite`, ...quantized, 'transforms', '--flips', '5000', '--truncations', '50']);
  return { passed: sum.passed + whole.passed, failed: sum.failed + whole.failed };
}

function build(part) {
  return () => check('bash', ['.ci/build.sh', part]);
}

function lint(name) {
  return () => check('bash', ['.ci/lint.sh', name]);
}

const suites = {
  'build native': build('native'),
  'build wasm': build('wasm'),
  'build js': build('js'),
  'build web': build('web'),
  'lint clang-format': lint('clang-format'),
  'lint clang-tidy': lint('clang-tidy'),
  'lint libm': lint('libm'),
  'lint layers': lint('layers'),
  'lint biome': lint('biome'),
  'lint tsc': lint('tsc'),
  'lint ruff': () => judged(lint('ruff')),
  core: () => ctest('build/native'),
  'js, package and web': () => jest('build/jest.json'),
  interop: () =>
    judged(() =>
      junit('build/interop.xml', 'build/venv/bin/python', [
        '-m',
        'pytest',
        '-q',
        'tests/interop',
        '--junitxml=build/interop.xml',
      ]),
    ),
  'build sanitize': build('sanitize'),
  fuzz,
};

/** What a suite runs: without it, it has failed and says so, rather than that each of its tests has. */
const needs = {
  'build web': ['build wasm', 'build js'],
  'lint clang-tidy': ['build native'],
  core: ['build native'],
  'js, package and web': ['build wasm', 'build js', 'build web'],
  interop: ['build wasm', 'build js'],
  fuzz: ['build wasm', 'build js', 'build sanitize'],
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}; there are: ${Object.keys(suites).join(', ')}.`);
  process.exit(1);
}

const total = { passed: 0, failed: 0 };
const broken = new Set(); // Suites that failed.
for (const [name, suite] of Object.entries(suites)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const began = Date.now();
  const missing = (needs[name] ?? []).filter((other) => broken.has(other));
  if (missing.length > 0) console.log(`${name}: not run without ${missing.join(' and ')}`);
  const { passed, failed } = missing.length > 0 ? { passed: 0, failed: 1 } : suite();
  if (failed > 0) broken.add(name);
  total.passed += passed;
  total.failed += failed;
  console.log(`${name}: ${passed} passed, ${failed} failed (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
