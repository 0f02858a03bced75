// npm run bench: size, time per image and time to quantize, beside LiteRT.js and ai-edge-quantizer on the same machine in the
// same run, interleaved. Ratios are what counts; a ratio below 1 means that Octet is the faster.
// usage: node tests/bench/bench.mjs [--rounds N] [MODEL...]     writes tests/bench/figures.json

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loadModel } from '../../bindings/js/dist/index.js';
import { startPages } from './chromium.mjs';

process.chdir(new URL('../..', import.meta.url).pathname);

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '3' } },
  allowPositionals: true,
});
const rounds = Number(options.rounds);
const FOLDER = 'build/bench';

function python(...args) {
  const result = spawnSync('build/venv/bin/python', ['tests/bench/peer.py', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (result.status !== 0) throw new Error(`peer.py ${args.join(' ')} failed.`);
  return result.stdout;
}

function floats(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function elements(shape) {
  return shape.reduce((product, extent) => product * extent, 1);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function samplesOf(name, input) {
  const all = floats(`${FOLDER}/${name}/samples.f32`);
  const size = elements(input.shape);
  return Array.from({ length: all.length / size }, (_, i) => ({
    [input.name]: { data: all.slice(i * size, (i + 1) * size), shape: input.shape },
  }));
}

/** Quantizes for TFLite and writes the file that both runtimes are timed on; the seconds that it took. */
async function quantizeWithOctet(name, workers) {
  const net = await loadModel(`${FOLDER}/${name}/float.tflite`, { target: 'tflite' });
  const samples = samplesOf(name, net.inputs[0]);
  const start = performance.now();
  const model = await net.quantize(samples, net.defaultQuantization, { workers });
  const file = await model.toTFLite();
  const seconds = (performance.now() - start) / 1000;
  writeFileSync(`${FOLDER}/${name}/octet.tflite`, file);
  writeFileSync(`${FOLDER}/${name}/octet.octet`, model.save());
  model.dispose();
  net.dispose();
  return seconds;
}

async function timeQuantizing(name) {
  const octet = [];
  const oneWorker = [];
  const peer = [];
  for (let round = 0; round < rounds; round += 1) {
    octet.push(await quantizeWithOctet(name, undefined));
    peer.push(Number(python('quantize', name).match(/seconds ([\d.e-]+)/)[1]));
    oneWorker.push(await quantizeWithOctet(name, 1));
  }
  const seconds = { octet: median(octet), octetOneWorker: median(oneWorker), aiEdgeQuantizer: median(peer) };
  return { ...seconds, ratio: seconds.octet / seconds.aiEdgeQuantizer };
}

async function timeRunning(name, pages) {
  const net = await loadModel(`${FOLDER}/${name}/float.tflite`, { target: 'tflite' });
  const [{ shape }] = net.inputs;
  net.dispose();
  const input = `${FOLDER}/${name}/input.f32`;
  const times = { float: { octet: [], litert: [] }, int8: { octet: [], litert: [] } };
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, ours, theirs] of [
      ['float', 'float.tflite', 'float.tflite'],
      ['int8', 'octet.octet', 'octet.tflite'],
    ]) {
      times[kind].octet.push(await pages.octet.measure(`${FOLDER}/${name}/${ours}`, input, shape));
      times[kind].litert.push(await pages.litert.measure(`${FOLDER}/${name}/${theirs}`, input, shape));
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([kind, { octet, litert: peer }]) => {
      const result = { octetMs: median(octet), liteRtJsMs: median(peer) };
      return [kind, { ...result, ratio: result.octetMs / result.liteRtJsMs }];
    }),
  );
}

function fixed(value) {
  return value.toFixed(value < 10 ? 2 : 1).padStart(8);
}

mkdirSync(FOLDER, { recursive: true });
python('prepare');
const names = positionals.length > 0 ? positionals : readdirSync(FOLDER).sort();
const figures = {
  machine: cpus()[0]?.model ?? 'unknown',
  node: process.version,
  wasmBytes: statSync('bindings/js/dist/octet.wasm').size,
  models: {},
};
const pages = await startPages(process.cwd());
console.log(`octet.wasm: ${figures.wasmBytes} bytes`);
console.log('one thread, ms per image      float: Octet  LiteRT.js  ratio   INT8: Octet  LiteRT.js  ratio');
for (const name of names) {
  const quantizing = await timeQuantizing(name);
  const running = await timeRunning(name, pages);
  figures.models[name] = { ...running, quantize100: quantizing };
  const cells = [running.float, running.int8].map(
    ({ octetMs, liteRtJsMs, ratio }) => `${fixed(octetMs)}   ${fixed(liteRtJsMs)}${fixed(ratio)}`,
  );
  console.log(`${name.padEnd(32)}${cells.join('    ')}`);
}
console.log('quantize with 100 samples, s      Octet  1 worker  ai-edge-quantizer  ratio');
for (const [name, { quantize100: q }] of Object.entries(figures.models)) {
  console.log(
    `${name.padEnd(30)}${fixed(q.octet)}${fixed(q.octetOneWorker)}${fixed(q.aiEdgeQuantizer)}${fixed(q.ratio)}`,
  );
}
await pages.close();
if (positionals.length === 0)
  writeFileSync('tests/bench/figures.json', `${JSON.stringify(figures, null, 2)}\n`);
process.exit(0);
