// npm run bench:accuracy: what every precision and every accuracy method costs or gives, beside ai-edge-quantizer and ONNX
// Runtime on the same images: signal to quantization noise at each output of real models, and top-1 of the sample.
// usage: node tests/bench/accuracy.mjs [--only MODEL]... [--setting PATTERN] [--method NAME]... [--requantization NAME]...
//                                      [--peer NAME]... [--every-method] [--fresh] [--out FOLDER]
// Methods other than the first are measured with the default settings alone, unless --every-method asks for the settings
// that ranges matter to; those share their statistics, so they have no time.
// What was measured with this build of the core is kept in build/accuracy/results.json and not measured again; --fresh
// forgets it, images and peers' results included. Writes accuracy.json and accuracy.md, of all that is kept, into
// tests/bench, or into --out.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadModel, QuantizationParams } from '../../bindings/js/dist/index.js';
import { familyOf, MODELS } from './accuracy/families.mjs';
import { comparison, figuresOf, measure, round, top1 } from './accuracy/figures.mjs';
import { harms, page, targets } from './accuracy_page.mjs';
import { hashOf, Results } from './accuracy_results.mjs';
import { METHODS, RECOMMENDED, REQUANTIZATIONS, SETTINGS, WITHOUT } from './accuracy_settings.mjs';

process.chdir(new URL('../..', import.meta.url).pathname);

const FOLDER = 'build/accuracy';
const WORKERS = 2;
const CORE = hashOf(readFileSync('bindings/js/dist/octet.wasm'));
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

/** A model as its folder has it: its outputs and its peers' results, on the images that the folder's files name. */
class Prepared {
  constructor(name) {
    this.name = name;
    this.folder = `${FOLDER}/${name}`;
    const { outputs, results } = JSON.parse(readFileSync(`${this.folder}/description.json`, 'utf8'));
    this.outputs = outputs;
    this.results = results;
    // The files' names hold a hash of net, images and script.
    this.images = Object.values(results.float).map((file) => file.replace(/^float-/, ''));
  }

  static exists(name) {
    return existsSync(`${FOLDER}/${name}/description.json`);
  }

  /** What the figures of a peer depend on. */
  ofPeer(tool) {
    return { model: this.name, images: this.images, tool };
  }

  /** What the figures of Octet depend on. */
  ofOctet({ setting, int16Share, method, requantization, target, settings }) {
    return {
      model: this.name,
      images: this.images,
      core: CORE,
      setting,
      int16Share,
      method,
      requantization,
      target,
      settings,
    };
  }

  /** All that is kept of the model, for the page; undefined where nothing of Octet is. */
  row(results, list) {
    const kept = list
      .map((job) => ({ ...job, figures: results.get(this.ofOctet(job)) }))
      .filter(({ figures }) => figures !== undefined);
    if (kept.length === 0) return undefined;
    const peers = Object.fromEntries(
      PEERS.map((tool) => [tool, results.get(this.ofPeer(tool))]).filter(([, figures]) => figures !== undefined),
    );
    const float = results.get(this.ofPeer('float'));
    return {
      family: familyOf(this.name),
      outputs: figuresOf(this.outputs).map(({ name }) => name),
      peers,
      octet: kept.map(({ setting, int8, method, requantization, figures: { noise, ...figures } }) => ({
        setting,
        int8,
        method,
        requantization,
        ...figures,
      })),
      methods: this.#methods(kept),
      ...(float?.top1 === undefined ? {} : { float: { top1: float.top1 } }),
    };
  }

  /** What each method of the recommended settings gives each output, or part of one, where both were measured. */
  #methods(kept) {
    const names = figuresOf(this.outputs).map(({ name }) => name);
    return kept
      .filter(({ without }) => without !== undefined)
      .flatMap(({ without, requantization, figures }) => {
        const all = kept.find((job) => job.preset && job.requantization === requantization);
        if (all?.figures.noise === undefined || figures.noise === undefined) return [];
        return names.map((output, i) => ({
          method: without,
          requantization,
          output,
          ...comparison(all.figures.noise[i], figures.noise[i]),
        }));
      });
  }
}

/** Measures one model, which is prepared first. */
class Bench extends Prepared {
  constructor(name) {
    python(name);
    super(name);
    this.reference = this.peer('float', 'evaluation');
    if (this.results.float.test !== undefined) this.labels = [...readFileSync(`${this.folder}/labels.u8`)];
  }

  peer(tool, set) {
    return floats(`${this.folder}/${this.results[tool][set]}`);
  }

  /** The figures of a set of outputs. `test` gives the outputs on the labelled images, where there are any. */
  figures(evaluation, test) {
    return {
      ...measure(this.outputs, this.reference, evaluation),
      ...(test === undefined ? {} : { top1: top1(test, this.labels) }),
    };
  }

  ofTool(tool) {
    const { noise, ...figures } = this.figures(
      this.peer(tool, 'evaluation'),
      this.labels && this.peer(tool, 'test'),
    );
    return figures;
  }

  samples(input, set) {
    const all = floats(`${this.folder}/${set}.f32`);
    const size = elements(input.shape);
    return Array.from({ length: all.length / size }, (_, i) => ({
      [input.name]: { data: all.slice(i * size, (i + 1) * size), shape: input.shape },
    }));
  }

  async calibrated(settings, target) {
    const net = await loadModel(`${this.folder}/float.tflite`, { target });
    const params = QuantizationParams.fromJSON(settings);
    const calibration = await net.calibrate(this.samples(net.inputs[0], 'calibration'), params, { workers: WORKERS });
    return {
      calibration,
      dispose() {
        calibration.dispose();
        net.dispose();
      },
    };
  }

  /** The last statistics that jobs without a time shared, made anew where they do not serve. */
  async shared(settings, target) {
    const params = QuantizationParams.fromJSON(settings);
    if (this.kept?.target === target && (await this.kept.calibration.serves(params))) return this.kept;
    this.kept?.dispose();
    this.kept = { target, ...(await this.calibrated(settings, target)) };
    return this.kept;
  }

  async octet(job) {
    const { settings, target, int16Share, timed } = job;
    const start = performance.now();
    const { calibration, dispose } = await (timed
      ? this.calibrated(settings, target)
      : this.shared(settings, target));
    const params = QuantizationParams.fromJSON(settings);
    const options = { workers: WORKERS };
    const mixed = int16Share && (await calibration.mixedPrecision(params, { share: int16Share, ...options }));
    const model = await calibration.quantize(mixed?.params ?? params, options);
    const seconds = round((performance.now() - start) / 1000);
    const run = async (set) => {
      const rows = await Promise.all(
        this.samples(model.inputs[0], set).map(async (sample) => {
          const results = await model.execute(sample);
          return model.outputs.flatMap(({ name }) => [...results[name].data]);
        }),
      );
      return Float32Array.from(rows.flat());
    };
    const { noise, ...figures } = this.figures(
      await run('evaluation'),
      this.labels && (await run('test')),
    );
    model.dispose();
    if (timed) dispose();
    return {
      ...figures,
      ...(job.preset || job.without ? { noise } : {}),
      ...(timed ? { seconds } : {}),
      ...(mixed ? { int16Macs: round(100 * mixed.share) } : {}),
    };
  }
}

/**
 * Jobs of Octet, {setting, int8, int16Share?, preset?, without?, method, requantization, target, settings, timed}. `preset` are
 * the recommended settings themselves, of which those with `without` lack the method of that name.
 */
function jobs(methods, requantizations, everyMethod) {
  return requantizations.flatMap((requantization) => {
    const target = requantization === 'tflite' ? 'tflite' : 'gen1';
    const recommended = [...RECOMMENDED, ...WITHOUT].map(({ name, int8, int16Share, without, changes }) => ({
      setting: name,
      int8,
      int16Share,
      preset: int16Share === undefined && without === undefined,
      without,
      method: changes.calibration.method,
      requantization,
      target,
      settings: { ...changes, requantization },
      timed: without === undefined,
    }));
    const others = methods.flatMap((method) =>
      SETTINGS.filter(
        (setting) =>
          (method === METHODS[0] || setting.name === 'default' || (everyMethod && setting.everyMethod)) &&
          (setting.requantizations ?? REQUANTIZATIONS).includes(requantization) &&
          (setting.target === undefined || requantization !== 'tflite'),
      ).map((setting) => ({
        setting: setting.name,
        int8: setting.int8 ?? false,
        method,
        requantization,
        target: setting.target ?? target,
        settings: { calibration: { method }, requantization, ...setting.changes },
        timed: method === METHODS[0] || setting.name === 'default',
      })),
    );
    return [...recommended, ...others];
  });
}

/** A figure, or the sentence that says why there is none: a setting that this build does not know yet. */
async function measured(bench, job) {
  try {
    return await bench.octet(job);
  } catch (error) {
    if (error.code !== 'INVALID_CONFIG') throw error;
    return { missing: error.message };
  }
}

async function measureModel(name, results) {
  const bench = new Bench(name);
  for (const tool of Object.keys(bench.results)) {
    const subject = bench.ofPeer(tool);
    if (results.get(subject) === undefined) results.set(subject, bench.ofTool(tool));
    const { sqnr: values, top1: points } = results.get(subject);
    if (tool !== 'float') console.log(name, tool, ...values, points ?? '');
  }
  const list = jobs(options.method, options.requantization, options['every-method']).filter(
    ({ setting }) => options.setting === undefined || new RegExp(options.setting).test(setting),
  );
  for (const [index, job] of list.entries()) {
    const subject = bench.ofOctet(job);
    const kept = results.get(subject);
    if (kept === undefined) results.set(subject, await measured(bench, job));
    const { setting, method, requantization } = job;
    const { missing, sqnr: values, top1: points, seconds, int16Macs } = results.get(subject);
    const share = int16Macs === undefined ? '' : `, ${int16Macs} % of the MACs`;
    const time = seconds === undefined ? 'not timed' : `${seconds} s`;
    const shown = missing ?? `${values.join(' ')} ${points ?? ''} (${time}${share}${kept ? ', kept' : ''})`;
    console.log(`${name} ${index + 1}/${list.length} ${setting}, ${method}, ${requantization}: ${shown}`);
  }
}

if (options.fresh) rmSync(FOLDER, { recursive: true, force: true });
const results = new Results(`${FOLDER}/results.json`);
for (const name of options.only) await measureModel(name, results);

const everything = jobs(METHODS, REQUANTIZATIONS, true);
const models = Object.fromEntries(
  MODELS.filter((name) => Prepared.exists(name))
    .map((name) => [name, new Prepared(name).row(results, everything)])
    .filter(([, row]) => row !== undefined),
);
const report = { targets: targets(models), harms: harms(models), models };
writeFileSync(`${options.out}/accuracy.json`, `${JSON.stringify(report, null, 1)}\n`);
writeFileSync(`${options.out}/accuracy.md`, page(models));
const held = report.targets.filter(({ holds }) => holds).length;
console.log(
  `${held} of ${report.targets.length} targets hold; at ${report.harms.length} outputs a recommended method costs accuracy.`,
);
process.exit(0);
