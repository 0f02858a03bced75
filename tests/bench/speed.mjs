// npm run bench: every claim about speed, beside the runtimes and tools that people would use instead, on the same machine
// in the same run, interleaved. Ratios are what counts.
// usage: node tests/bench/speed.mjs [--rounds N] [--only PART]...     parts: forward, start, size, observe,
// commands, growth, kernels
// Writes tests/bench/speed.json, speed.md and speed.svg when all parts ran.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { instantiate, unwrap } from '../../bindings/js/dist/worker/core.js';
import { defaultQuantization } from '../../bindings/js/dist/index.js';
import { startPages } from './chromium.mjs';
import { growthRows, octet, peer, quantizeRows } from './commands.mjs';
import { kernelRows } from './kernels.mjs';
import { print, row, write } from './report.mjs';

process.chdir(new URL('../..', import.meta.url).pathname);

const FOLDER = 'build/bench';
const MODELS = {
  face_short: [1, 128, 128, 3],
  face_full: [1, 192, 192, 3],
  hand_landmark: [1, 224, 224, 3],
  selfie: [1, 256, 256, 3],
  mobilenet: [1, 224, 224, 3],
};

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
  },
});
const rounds = Number(options.rounds);

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** {least, median} milliseconds of each of the measurements, taken in turn: of all rounds, and of the rounds' medians. */
async function inTurn(measurements) {
  const found = measurements.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, measure] of measurements.entries()) found[index].push(await measure());
  }
  return found.map((each) => ({
    least: Math.min(...each.map(({ least }) => least)),
    median: median(each.map((times) => times.median)),
  }));
}

/** What row() takes of two such times: what the machine's other work adds is least in the least ones. */
function pair(ours, theirs) {
  return { ours: ours.least, theirs: theirs.least, unit: 'ms', ratioOfMedians: ours.median / theirs.median };
}

/** One pass of each net, one thread, in Chromium. */
async function forwardRows(pages) {
  const rows = [];
  for (const [name, shape] of Object.entries(MODELS)) {
    const folder = `${FOLDER}/${name}`;
    octet(name, name === 'mobilenet' ? `${FOLDER}/images224` : `${folder}/images`);
    const input = `${folder}/input.f32`;
    const measured = [
      () => pages.octet.measure(`${folder}/octet.octet`, input, shape),
      () => pages.litert.measure(`${folder}/octet.tflite`, input, shape),
      () => pages.octet.measure(`${folder}/float.tflite`, input, shape),
      () => pages.litert.measure(`${folder}/float.tflite`, input, shape),
    ];
    const quantized = name === 'mobilenet';
    if (quantized && !existsSync(`${folder}/peer_min_max.onnx`)) peer('min_max', name, `${FOLDER}/images224`);
    if (quantized) measured.push(() => pages.ort.measure(`${folder}/peer_min_max.onnx`, input, shape));
    const [int8, int8Peer, float, floatPeer, ort] = await inTurn(measured);
    rows.push(row(`INT8 pass of ${name}`, 'LiteRT.js', pair(int8, int8Peer), 'at most', 0.7));
    rows.push(row(`float pass of ${name}`, 'LiteRT.js', pair(float, floatPeer), 'at most', 0.8));
    if (quantized)
      rows.push(row(`INT8 pass of ${name}`, 'onnxruntime-web', pair(int8, ort), 'at most', 0.25));
  }
  return rows;
}

/** From an empty page to the first answer: code and model fetched from this machine, compiled, run once. */
async function startRows(pages) {
  const folder = `${FOLDER}/mobilenet`;
  const shape = MODELS.mobilenet;
  const input = `${folder}/input.f32`;
  const once = async (runtime, file) => {
    const milliseconds = await pages.firstAnswer(runtime, `${folder}/${file}`, input, shape);
    return { least: milliseconds, median: milliseconds };
  };
  const [ours, litert, ort] = await inTurn([
    () => once('octet', 'float.tflite'),
    () => once('litert', 'float.tflite'),
    () => once('ort', 'float.onnx'),
  ]);
  const work = 'empty page to first answer, MobileNet';
  return [
    row(work, 'LiteRT.js', pair(ours, litert), 'at most', 0.5),
    row(work, 'onnxruntime-web', pair(ours, ort), 'at most', 0.5),
  ];
}

function sizeRows() {
  const bytes = brotliCompressSync(readFileSync('bindings/js/dist/octet.wasm')).length;
  return [row('octet.wasm, brotli', '400 kB', { ours: bytes / 1000, theirs: 400, unit: 'kB' }, 'at most', 1)];
}

/** A float pass that gathers statistics beside one that does not. */
async function observeRows() {
  const core = await instantiate(new WebAssembly.Module(readFileSync('bindings/js/dist/octet.wasm')));
  const rows = [];
  for (const name of ['face_full', 'mobilenet']) {
    const file = new Uint8Array(readFileSync(`${FOLDER}/${name}/float.tflite`));
    const net = unwrap(
      core.loadNet(file, JSON.stringify({ target: 'tflite', anyShapeOnMla: false, inputShapes: {} })),
    );
    const calibration = unwrap(net.calibrate(JSON.stringify(defaultQuantization), new Uint8Array()));
    const input = new Uint8Array(readFileSync(`${FOLDER}/${name}/input.f32`));
    const time = (handle, run) => () => {
      handle.input(0).set(input);
      const start = performance.now();
      run();
      return performance.now() - start;
    };
    const plain = time(net, () => unwrap(net.run([])));
    const observed = time(calibration, () => unwrap(calibration.observe()));
    const [ours, theirs] = [[], []];
    for (let pass = 0; pass < 40; pass += 1) {
      theirs.push(plain());
      ours.push(observed());
    }
    const times = { ours: median(ours.slice(10)), theirs: median(theirs.slice(10)), unit: 'ms' };
    rows.push(row(`float pass of ${name} while calibrating`, 'the pass alone', times, 'at most', 1.3));
    calibration.delete();
    net.delete();
  }
  return rows;
}

const prepared = spawnSync('build/venv/bin/python', ['tests/bench/prepare.py'], { stdio: 'inherit' });
if (prepared.status !== 0) throw new Error('prepare.py failed.');
const pages = await startPages(process.cwd());
const parts = {
  commands: () => quantizeRows(rounds),
  forward: () => forwardRows(pages),
  start: () => startRows(pages),
  size: sizeRows,
  observe: observeRows,
  growth: () => growthRows(rounds),
  kernels: () => kernelRows(pages),
};
const rows = [];
for (const [name, part] of Object.entries(parts)) {
  if (options.only.length > 0 && !options.only.includes(name)) continue;
  const found = await part();
  print(found);
  rows.push(...found);
}
await pages.close();
const results = { machine: cpus()[0]?.model ?? 'unknown', node: process.version, rows };
if (options.only.length === 0) write(results);
process.exit(0);
