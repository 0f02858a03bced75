// The INT8 convolution kernels beside what the machine can do: rows about single layers, in Node, one thread.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { row } from './report.mjs';

/** Pointwise layers from 49 to 12,544 rows and from 16 to 1,280 channels: side, input and output channels. */
const POINTWISE = [
  [112, 32, 16],
  [112, 16, 96],
  [56, 144, 24],
  [28, 32, 192],
  [14, 384, 64],
  [14, 96, 576],
  [7, 160, 960],
  [7, 320, 1280],
];

/** Depthwise layers: side, channels, filter, stride. */
const DEPTHWISE = [
  [56, 144, 3, 1],
  [56, 144, 3, 2],
  [28, 240, 5, 1],
  [28, 240, 5, 2],
];

const ROUNDS = 40;
/** Long enough for a run's time to be read well, short enough to find some that nothing disturbs. */
const ROUND_MILLISECONDS = 4;

function build() {
  const built = spawnSync('ninja', ['-C', 'build/wasm', 'octet_bench'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: '/usr/share/nodejs' },
  });
  if (built.status !== 0) throw new Error(`octet_bench cannot be built:\n${built.stdout}${built.stderr}`);
}

function load() {
  const module = new WebAssembly.Module(readFileSync('build/wasm/tests/bench/core/octet_bench.wasm'));
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => 0; // Only what ends the program on an error.
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  exports._initialize();
  return exports;
}

/** The least milliseconds of one run of each work, in turn, warmed up until V8 has optimized the code. */
function least(bench, works) {
  const times = (work) => {
    const start = performance.now();
    let runs = 0;
    for (; performance.now() - start < 200; runs += 1) bench.run(work, 1);
    return Math.max(1, Math.round((runs * ROUND_MILLISECONDS) / 200));
  };
  const counts = works.map(times);
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, work] of works.entries()) {
      const start = performance.now();
      bench.run(work, counts[index]);
      best[index] = Math.min(best[index], (performance.now() - start) / counts[index]);
    }
  }
  for (const work of works) bench.destroy(work);
  return best;
}

/** 10^9 multiply-accumulates a second. */
function rate(products, milliseconds) {
  return products / milliseconds / 1e6;
}

function gemmRow(bench, [side, inputs, outputs]) {
  const [ours, peak] = least(bench, [bench.gemm(side, inputs, outputs), bench.peak()]);
  const rates = {
    ours: rate(side * side * inputs * outputs, ours),
    theirs: rate(bench.peakProducts(), peak),
    unit: 'GMAC/s',
  };
  const work = `INT8 GEMM, ${side * side} rows, ${inputs} to ${outputs} channels`;
  return row(work, 'i32x4.dot_i16x8 at its peak', rates, 'at least', 0.85);
}

function depthwiseRow(bench, [side, channels, kernel, stride]) {
  const output = Math.floor((side - 1) / stride) + 1;
  const written = output * output * channels;
  const [ours, peak, traffic] = least(bench, [
    bench.depthwise(side, channels, kernel, stride),
    bench.peak(),
    bench.traffic(side * side * channels, written),
  ]);
  const products = written * kernel * kernel;
  const multiplying = (products * peak) / bench.peakProducts();
  const rates = {
    ours: rate(products, ours),
    theirs: rate(products, Math.max(multiplying, traffic)),
    unit: 'GMAC/s',
  };
  const bound = multiplying > traffic ? 'i32x4.dot_i16x8 at its peak' : 'reading and writing alone';
  const work = `INT8 depthwise ${kernel}x${kernel}, stride ${stride}, ${side}x${side}x${channels}`;
  return row(work, bound, rates, 'at least', 0.6);
}

export function kernelRows() {
  build();
  const bench = load();
  return [
    ...POINTWISE.map((shape) => gemmRow(bench, shape)),
    ...DEPTHWISE.map((shape) => depthwiseRow(bench, shape)),
  ];
}
