// npm run bench:accuracy: what every precision and every accuracy method costs or gives, beside ai-edge-quantizer and ONNX
// Runtime on the same images: signal to quantization noise at each output of real models, and top-1 of the sample.
// usage: node tests/bench/accuracy.mjs [--only MODEL]... [--setting PATTERN] [--method NAME]... [--requantization NAME]...
//                                      [--peer NAME]... [--every-method] [--fresh] [--out FOLDER]
// Methods other than the first are measured with the default settings alone, unless --every-method asks for all.
// Writes accuracy.json and accuracy.md into tests/bench, or into --out. The page says which filters were on.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadModel, QuantizationParams } from '../../bindings/js/dist/index.js';
import { HARD, page } from './accuracy_page.mjs';
import { METHODS, RECOMMENDED, REQUANTIZATIONS, SETTINGS } from './accuracy_settings.mjs';

process.chdir(new URL('../..', import.meta.url).pathname);

const MODELS = ['face_short', 'face_full', 'face_full_sparse', 'hand_landmark', 'selfie', 'fashion', HARD];
const FOLDER = 'build/accuracy';
const WORKERS = 2;
const PEERS = ['ai_edge_int8', 'ai_edge_16x8', 'ort_min_max', 'ort_entropy', 'ort_percentile'];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: MODELS },
    setting: { type: 'string' },
    method: { type: 'string', multiple: true, default: METHODS },
    requantization: { type: 'string', multiple: true, default: REQUANTIZATIONS },
    peer: { type: 'string', multiple: true, default: PEERS },
    out: { type: 'string', default: 'tests/bench' },
    'every-method': { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
  },
});

function python(model) {
  const result = spawnSync(
    'build/venv/bin/python',
    ['tests/bench/accuracy_peers.py', model, ...options.peer],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  if (result.status !== 0) throw new Error(`accuracy_peers.py ${model} failed:\n${result.stderr}`);
}

function floats(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function elements(shape) {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Signal to noise in dB of each output; rows are images, an image's outputs one after another. */
function sqnr(outputs, reference, actual) {
  const width = outputs.reduce((sum, output) => sum + output.elements, 0);
  let begin = 0;
  return outputs.map(({ elements: size }) => {
    let signal = 0;
    let noise = 0;
    for (let row = begin; row < reference.length; row += width) {
      for (let i = row; i < row + size; i++) {
        signal += reference[i] ** 2;
        noise += (reference[i] - actual[i]) ** 2;
      }
    }
    begin += size;
    return round(10 * Math.log10(signal / noise));
  });
}

function top1(scores, labels) {
  const classes = scores.length / labels.length;
  let right = 0;
  labels.forEach((label, image) => {
    const row = scores.subarray(image * classes, (image + 1) * classes);
    if (row.indexOf(Math.max(...row)) === label) right++;
  });
  return round((100 * right) / labels.length);
}

function round(value) {
  return Math.round(value * 100) / 100;
}

/** One model: its images, the references, and what was measured of it. */
class Bench {
  constructor(name) {
    this.name = name;
    python(name);
    this.folder = `${FOLDER}/${name}`;
    const { outputs, results } = JSON.parse(readFileSync(`${this.folder}/description.json`, 'utf8'));
    this.outputs = outputs;
    this.results = results;
    this.reference = this.peer('float', 'evaluation');
    if (results.float.test !== undefined) this.labels = [...readFileSync(`${this.folder}/labels.u8`)];
  }

  peer(tool, set) {
    return floats(`${this.folder}/${this.results[tool][set]}`);
  }

  /** The figures of a set of outputs. `test` gives the outputs on the labelled images, where there are any. */
  figures(evaluation, test) {
    return {
      sqnr: sqnr(this.outputs, this.reference, evaluation),
      ...(test === undefined ? {} : { top1: top1(test, this.labels) }),
    };
  }

  peers() {
    return Object.fromEntries(
      Object.keys(this.results)
        .filter((tool) => tool !== 'float')
        .map((tool) => [
          tool,
          this.figures(this.peer(tool, 'evaluation'), this.labels && this.peer(tool, 'test')),
        ]),
    );
  }

  async octet(settings, target) {
    const net = await loadModel(`${this.folder}/float.tflite`, { target });
    const [input] = net.inputs;
    const samples = (set) => {
      const all = floats(`${this.folder}/${set}.f32`);
      const size = elements(input.shape);
      return Array.from({ length: all.length / size }, (_, i) => ({
        [input.name]: { data: all.slice(i * size, (i + 1) * size), shape: input.shape },
      }));
    };
    const params = QuantizationParams.fromJSON(settings);
    const calibration = samples('calibration');
    const start = performance.now();
    const model = await net.quantize(calibration, params, { workers: WORKERS });
    const seconds = round((performance.now() - start) / 1000);
    const run = async (set) => {
      const rows = await Promise.all(
        samples(set).map(async (sample) => {
          const results = await model.execute(sample);
          return model.outputs.flatMap(({ name }) => [...results[name].data]);
        }),
      );
      return Float32Array.from(rows.flat());
    };
    const figures = this.figures(await run('evaluation'), this.labels && (await run('test')));
    model.dispose();
    net.dispose();
    return { ...figures, seconds };
  }
}

/** All that is to be measured of Octet: {setting, method, requantization, target, settings}. */
function jobs() {
  const list = [];
  for (const requantization of options.requantization) {
    const target = requantization === 'tflite' ? 'tflite' : 'gen1';
    const method = RECOMMENDED.changes.calibration.method;
    list.push({
      setting: RECOMMENDED.name,
      int8: true,
      method,
      requantization,
      target,
      settings: { ...RECOMMENDED.changes, requantization },
    });
    for (const method of options.method) {
      for (const setting of SETTINGS) {
        const first = method === options.method[0] || setting.name === 'default';
        if (!first && !options['every-method']) continue;
        if (!(setting.requantizations ?? REQUANTIZATIONS).includes(requantization)) continue;
        if (setting.target !== undefined && requantization === 'tflite') continue;
        list.push({
          setting: setting.name,
          int8: setting.int8 ?? false,
          method,
          requantization,
          target: setting.target ?? target,
          settings: { calibration: { method }, requantization, ...setting.changes },
        });
      }
    }
  }
  return options.setting === undefined
    ? list
    : list.filter(({ setting }) => new RegExp(options.setting).test(setting));
}

/** A figure, or the sentence that says why there is none: a setting that this build does not know yet. */
async function measured(bench, { settings, target }) {
  try {
    return await bench.octet(settings, target);
  } catch (error) {
    if (error.code !== 'INVALID_CONFIG') throw error;
    return { missing: error.message };
  }
}

if (options.fresh) rmSync(FOLDER, { recursive: true, force: true });
const models = {};
for (const name of options.only) {
  const bench = new Bench(name);
  const rows = [];
  models[name] = {
    outputs: bench.outputs.map(({ name: output }) => output),
    peers: bench.peers(),
    octet: rows,
  };
  if (bench.labels) models[name].float = { top1: top1(bench.peer('float', 'test'), bench.labels) };
  for (const [tool, { sqnr: values, top1: points }] of Object.entries(models[name].peers))
    console.log(name, tool, ...values, points ?? '');
  const list = jobs();
  for (const [index, job] of list.entries()) {
    const { setting, int8, method, requantization } = job;
    const figures = await measured(bench, job);
    rows.push({ setting, int8, method, requantization, ...figures });
    const shown = figures.missing ?? `${figures.sqnr.join(' ')} ${figures.top1 ?? ''} (${figures.seconds} s)`;
    console.log(`${name} ${index + 1}/${list.length} ${setting}, ${method}, ${requantization}: ${shown}`);
  }
}
writeFileSync(`${options.out}/accuracy.json`, `${JSON.stringify(models, null, 1)}\n`);
writeFileSync(`${options.out}/accuracy.md`, page(models, process.argv.slice(2).join(' ')));
process.exit(0);
