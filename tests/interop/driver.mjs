// Runs jobs through the JavaScript API, many in one process: quantize a model on given samples, run inputs, and tell all.
// usage: node driver.mjs JOBS.json RESULTS.json
// Jobs:    [{name, model, target, precision, requantization, calibration: [sample], inputs: [sample]}], a sample being
//          {input name: tensor}, a tensor {dtype, shape, data}; model and data are base64.
// Results: [{name, octet, tflite?, nodes, runs: [{tensor name: tensor}]}] or [{name, error}].
import { readFileSync, writeFileSync } from 'node:fs';
import { defaultQuantization, int16Quantization, loadModel } from '../../bindings/js/dist/index.js';
import { decode, encode, mapValues } from './tensors.mjs';

async function work({ name, model: file, target, precision, requantization, calibration, inputs }) {
  const net = await loadModel(Uint8Array.from(Buffer.from(file, 'base64')), { target });
  const preset = precision === 'int16' ? int16Quantization : defaultQuantization;
  const params = preset.withRequantizationMode(requantization);
  const samples = calibration.map((sample) => mapValues(sample, decode));
  const model = await net.quantize(samples, params, { workers: 1 });
  const runs = [];
  for (const sample of inputs) {
    const outputs = await model.execute(mapValues(sample, decode), { keepLayerOutputs: 'all' });
    runs.push(mapValues(outputs, encode));
  }
  const result = {
    name,
    octet: Buffer.from(model.save()).toString('base64'),
    nodes: model.nodes,
    runs,
  };
  if (requantization === 'tflite') {
    result.tflite = Buffer.from(await model.toTFLite()).toString('base64');
  }
  model.dispose();
  net.dispose();
  return result;
}

const [jobsPath, resultsPath] = process.argv.slice(2);
const results = [];
for (const job of JSON.parse(readFileSync(jobsPath, 'utf8'))) {
  try {
    results.push(await work(job));
  } catch (error) {
    results.push({ name: job.name, error: `${error.code ?? error.name}: ${error.message}` });
  }
}
writeFileSync(resultsPath, JSON.stringify(results));
