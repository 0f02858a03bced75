// npm run bench:sensitivity: how near the estimate of sensitivities is to the exact ranking and what it takes, and what
// INT16 for a share of the multiply-accumulates gains. Writes sensitivity.md and sensitivity.json into tests/bench.
// usage: node tests/bench/sensitivity.mjs [--images 32] [--rounds 5]
// The models and images are those of npm run bench:accuracy, in build/accuracy. One worker; times are CPU time of the
// process, the least of interleaved runs, so that what else the machine does counts little.

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadModel, recommendedQuantization } from '../../bindings/js/dist/index.js';

process.chdir(new URL('../..', import.meta.url).pathname);

const RANKED = ['fashion', 'face_short', 'face_full'];
const MIXED = ['face_short', 'face_full', 'hand_landmark', 'selfie'];
const RECOMMENDED_SHARES = [0, 0.1, 0.2];

const { values: options } = parseArgs({
  options: { images: { type: 'string', default: '32' }, rounds: { type: 'string', default: '5' } },
});

function floats(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

async function opened(name) {
  const net = await loadModel(`build/accuracy/${name}/float.tflite`, { target: 'tflite' });
  const [input] = net.inputs;
  const size = input.shape.reduce((product, extent) => product * extent, 1);
  const all = floats(`build/accuracy/${name}/calibration.f32`);
  const count = Math.min(Number(options.images), all.length / size);
  // At equal distances: neighbours may be alike.
  const images = Array.from({ length: count }, (_, i) => {
    const at = Math.floor((i * all.length) / size / count) * size;
    return { [input.name]: { data: all.slice(at, at + size), shape: input.shape } };
  });
  return { net, images };
}

async function cpuMilliseconds(run) {
  const before = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: (user + system) / 1000, result };
}

/** Places by value; equal values share the mean of theirs. */
function ranks(values) {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const places = [];
  for (let first = 0; first < order.length; ) {
    let end = first;
    while (end < order.length && order[end].value === order[first].value) end++;
    for (let i = first; i < end; i++) places[order[i].index] = (first + end - 1) / 2;
    first = end;
  }
  return places;
}

/** Pearson's correlation of the places. */
function spearman(a, b) {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length - 1) / 2;
  const sum = (p, q) => p.reduce((total, value, i) => total + (value - middle) * (q[i] - middle), 0);
  return sum(x, y) / Math.sqrt(sum(x, x) * sum(y, y));
}

async function ranking(name) {
  const { net, images } = await opened(name);
  const model = await net.quantize(images);
  const call = { workers: 1 };
  const nothing = { add() {}, result: () => 0 };
  const labelled = images.map((inputs) => ({ inputs, groundTruth: 0 }));
  const least = { evaluation: Number.POSITIVE_INFINITY, estimate: Number.POSITIVE_INFINITY };
  let estimated;
  for (let round = 0; round < Number(options.rounds); round++) {
    const evaluation = await cpuMilliseconds(() => model.evaluate(labelled, nothing, call));
    const estimate = await cpuMilliseconds(() =>
      model.rankSensitivity(images, 'sqnr', { estimate: true, ...call }),
    );
    least.evaluation = Math.min(least.evaluation, evaluation.milliseconds);
    least.estimate = Math.min(least.estimate, estimate.milliseconds);
    estimated = new Map(estimate.result.map((row) => [`${row.node} ${row.rounded}`, row.sqnr]));
  }
  const exact = await cpuMilliseconds(() =>
    model.rankSensitivity(images, 'sqnr', { samples: images.length, ...call }),
  );
  const rows = exact.result.map((row) => [row.sqnr, estimated.get(`${row.node} ${row.rounded}`)]);
  const result = {
    images: images.length,
    nodes: net.nodes.length,
    roundings: rows.length,
    spearman: spearman(
      rows.map(([value]) => value),
      rows.map(([, value]) => value),
    ),
    evaluationMilliseconds: least.evaluation,
    estimateInEvaluations: least.estimate / least.evaluation,
    exactInEvaluations: exact.milliseconds / least.evaluation,
  };
  console.log(name, JSON.stringify(result));
  model.dispose();
  return result;
}

/** Signal to noise of each output in dB, by name. */
async function sqnrOf(net, model, images) {
  const sums = new Map(net.outputs.map(({ name }) => [name, { signal: 0, noise: 0 }]));
  for (const image of images) {
    const [reference, actual] = await Promise.all([net.execute(image), model.execute(image)]);
    for (const [name, sum] of sums) {
      reference[name].data.forEach((value, i) => {
        sum.signal += value ** 2;
        sum.noise += (value - actual[name].data[i]) ** 2;
      });
    }
  }
  return Object.fromEntries(
    [...sums].map(([name, { signal, noise }]) => [name, 10 * Math.log10(signal / noise)]),
  );
}

async function curves(name) {
  const { net, images } = await opened(name);
  const requantization = net.defaultQuantization.requantization;
  const recommended = recommendedQuantization.withRequantizationMode(requantization);
  const curve = async (params, settings) => {
    const calibration = await net.calibrate(images, params);
    const points = await calibration.mixedPrecisionCurve(params, { measure: true, ...settings });
    const plain = await calibration.quantize(params);
    const sqnr = await sqnrOf(net, plain, images);
    plain.dispose();
    calibration.dispose();
    return { sqnr, points: points.map(({ nodes, ...point }) => ({ ...point, nodes: nodes.length })) };
  };
  const result = {
    default: await curve(net.defaultQuantization, {}),
    recommended: await curve(recommended, { shares: RECOMMENDED_SHARES }),
  };
  console.log(name, JSON.stringify(result.default.points.map(({ limit, measured }) => [limit, measured])));
  return result;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** By share: what the outputs of all models gain over the default settings in INT8. */
function gainRows(mixed, settings) {
  const [first] = Object.values(mixed);
  return first[settings].points.map(({ limit }, index) => {
    const gains = Object.fromEntries(
      Object.entries(mixed).map(([name, curve]) => {
        const { points, sqnr } = curve[settings];
        const start = (output) => sqnr[output] - curve.default.sqnr[output];
        return [name, Object.entries(points[index].measured).map(([output, gain]) => gain + start(output))];
      }),
    );
    return [
      settings,
      `${100 * limit} %`,
      median(Object.values(gains).flat()).toFixed(1),
      ...Object.values(gains).map((values) => median(values).toFixed(1)),
    ];
  });
}

function page({ ranked, mixed }) {
  const rankRows = Object.entries(ranked).map(([name, row]) => [
    name,
    row.nodes,
    row.roundings,
    row.images,
    row.spearman.toFixed(3),
    row.estimateInEvaluations.toFixed(1),
    row.exactInEvaluations.toFixed(1),
    row.spearman >= 0.9 && row.estimateInEvaluations <= 6 ? 'yes' : 'no',
  ]);
  return `# Sensitivity and mixed precision

Generated by \`npm run bench:sensitivity\`; all figures are in sensitivity.json.

## The estimate beside the exact ranking

\`rankSensitivity(…, 'sqnr', { estimate: true })\` and the exact ranking over all images, in evaluations: an evaluation runs the
quantized model over the same images, once each, by \`evaluate\`. CPU time of the process with one worker, the least of
interleaved runs. Target: Spearman's correlation of the orders at least 0.9, in at most 6 evaluations.

${table(['model', 'nodes', 'roundings', 'images', 'Spearman', 'estimate', 'exact', 'holds'], rankRows)}

## INT16 for a share of the multiply-accumulates

By how many dB the outputs' signal to noise rises over the default settings in INT8: the median of all outputs, and of each
model's. Measured over the calibration images. Target: 6 dB at one tenth.

${table(
  ['settings', 'share', 'all outputs', ...Object.keys(mixed)],
  [...gainRows(mixed, 'default'), ...gainRows(mixed, 'recommended')],
)}
`;
}

const ranked = {};
for (const name of RANKED) ranked[name] = await ranking(name);
const mixed = {};
for (const name of MIXED) mixed[name] = await curves(name);
const results = { ranked, mixed };
writeFileSync('tests/bench/sensitivity.json', `${JSON.stringify(results, null, 1)}\n`);
writeFileSync('tests/bench/sensitivity.md', page(results));
process.exit(0);
