// The convolution kernels beside what the machine can do, in the browser: single layers, one thread.

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

async function load() {
  const { instance } = await WebAssembly.instantiateStreaming(
    fetch('/build/wasm/tests/bench/core/octet_bench.wasm'),
    // Only what ends the program on an error is imported.
    new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0 }) }),
  );
  instance.exports._initialize();
  await addSideModule(instance.exports);
  return instance.exports;
}

/** What the product does where the engine has relaxed SIMD: see addSideModule in bindings/js/src/worker/core.ts. */
async function addSideModule(exports) {
  const values = Object.values(exports);
  const memory = values.find((value) => value instanceof WebAssembly.Memory);
  const table = values.find((value) => value instanceof WebAssembly.Table);
  const file = fetch('/build/wasm/bindings/embind/side_module.wasm');
  const { instance } = await WebAssembly.instantiateStreaming(file, { env: { memory } });
  for (const [name, value] of Object.entries(instance.exports)) {
    const index = table.grow(1);
    table.set(index, value);
    exports[`use_${name}`]?.(index);
  }
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

/** What a layer of a type is made by, and what bounds it. */
const INT8 = {
  name: 'INT8',
  bytes: 1,
  gemm: 'gemm',
  depthwise: 'depthwise',
  peak: 'peak',
  bound: 'i32x4.dot_i16x8 at its peak',
  targets: { gemm: 0.85, depthwise: 0.6 },
};
/** Fused multiply-add, which this peak is without, may take the float layers beyond it. */
const FLOAT = {
  name: 'float',
  bytes: 4,
  gemm: 'floatGemm',
  depthwise: 'floatDepthwise',
  peak: 'floatPeak',
  bound: 'f32x4.mul and add at their peak',
  targets: { gemm: 0.85, depthwise: 0.5 },
};

function gemmRow(bench, type, [side, inputs, outputs]) {
  const [ours, peak] = least(bench, [bench[type.gemm](side, inputs, outputs), bench[type.peak]()]);
  const rates = {
    ours: rate(side * side * inputs * outputs, ours),
    theirs: rate(bench[`${type.peak}Products`](), peak),
    unit: 'GMAC/s',
  };
  const work = `${type.name} GEMM, ${side * side} rows, ${inputs} to ${outputs} channels`;
  return { work, bound: type.bound, rates, target: type.targets.gemm };
}

function depthwiseRow(bench, type, [side, channels, kernel, stride]) {
  const output = Math.floor((side - 1) / stride) + 1;
  const written = output * output * channels;
  const [ours, peak, traffic] = least(bench, [
    bench[type.depthwise](side, channels, kernel, stride),
    bench[type.peak](),
    bench.traffic(type.bytes * side * side * channels, type.bytes * written),
  ]);
  const products = written * kernel * kernel;
  const multiplying = (products * peak) / bench[`${type.peak}Products`]();
  const rates = {
    ours: rate(products, ours),
    theirs: rate(products, Math.max(multiplying, traffic)),
    unit: 'GMAC/s',
  };
  const bound = multiplying > traffic ? type.bound : 'reading and writing alone';
  const work = `${type.name} depthwise ${kernel}x${kernel}, stride ${stride}, ${side}x${side}x${channels}`;
  return { work, bound, rates, target: type.targets.depthwise };
}

window.measure = async () => {
  const bench = await load();
  return [INT8, FLOAT].flatMap((type) => [
    ...POINTWISE.map((shape) => gemmRow(bench, type, shape)),
    ...DEPTHWISE.map((shape) => depthwiseRow(bench, type, shape)),
  ]);
};
window.isReady = true;
