// Quantizes nets for several targets with several presets, exports each, and runs it: many in one process.
// usage: node export.mjs JOBS.json RESULTS.json
// Jobs:    [{name, model, folder, calibration: [sample], inputs: [sample], variants: [{target, preset, ioTypes}]}], a
//          sample being {input name: tensor}, a tensor {dtype, shape, data}; data is base64, model and folder are paths.
// Results: {name: [{target, preset, files: {ioType: path}, refused: {ioType: message}, runs: [[tensor]]} or
//          {target, preset, error}]}, the tensors of a run being the model's outputs in its order.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bfloat16Quantization,
  defaultQuantization,
  int16Quantization,
  loadModel,
  OctetError,
  recommendedQuantization,
} from '../../bindings/js/dist/index.js';
import { decode, encode, mapValues } from './tensors.mjs';

const PRESETS = {
  default: defaultQuantization,
  recommended: recommendedQuantization,
  int16: int16Quantization,
  bfloat16: bfloat16Quantization,
};

const told = (error) => `${error.code ?? error.name}: ${error.message}`;

/** The model's files by type of input and output, and why there is none where its edges are not of that type. */
async function exported(model, ioTypes, stem) {
  const files = {};
  const refused = {};
  for (const ioType of ioTypes) {
    try {
      const path = `${stem}_${ioType}.tflite`;
      writeFileSync(path, await model.toTFLite({ ioType }));
      files[ioType] = path;
    } catch (error) {
      if (ioType === 'float32' || !(error instanceof OctetError)) throw error;
      refused[ioType] = told(error);
    }
  }
  return { files, refused };
}

async function variant(calibration, requantization, { preset, ioTypes }, inputs, stem) {
  const model = await calibration.quantize(PRESETS[preset].withRequantizationMode(requantization));
  try {
    const runs = [];
    for (const sample of inputs) {
      const outputs = await model.execute(sample);
      runs.push(model.outputs.map(({ name }) => encode(outputs[name])));
    }
    return { ...(await exported(model, ioTypes, stem)), runs };
  } finally {
    model.dispose();
  }
}

async function work({ name, model, folder, calibration: samples, inputs, variants }) {
  mkdirSync(folder, { recursive: true });
  const file = Uint8Array.from(readFileSync(model));
  const results = [];
  for (const target of new Set(variants.map((each) => each.target))) {
    const net = await loadModel(file, { target });
    const calibration = await net.calibrate(samples, defaultQuantization, { workers: 1 });
    const { requantization } = net.defaultQuantization;
    for (const each of variants.filter((one) => one.target === target)) {
      const stem = join(folder, `${target}_${each.preset}`);
      const made = await variant(calibration, requantization, each, inputs, stem).catch((error) => ({
        error: told(error),
      }));
      results.push({ target, preset: each.preset, ...made });
    }
    calibration.dispose();
    net.dispose();
  }
  return [name, results];
}

const [jobsPath, resultsPath] = process.argv.slice(2);
const results = [];
for (const job of JSON.parse(readFileSync(jobsPath, 'utf8'))) {
  const samples = (list) => list.map((sample) => mapValues(sample, decode));
  const started = { ...job, calibration: samples(job.calibration), inputs: samples(job.inputs) };
  const failed = (error) => [job.name, job.variants.map((each) => ({ ...each, error: told(error) }))];
  results.push(await work(started).catch(failed));
}
writeFileSync(resultsPath, JSON.stringify(Object.fromEntries(results)));
