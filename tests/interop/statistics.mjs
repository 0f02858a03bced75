// Feeds cases from standard input to the statistics of the JavaScript API and prints what they say.
// Each case is {statistic, options, samples}: outputs by name as {data, shape}, and the ground truth.
import { readFileSync } from 'node:fs';
import { averagePrecisions, classIoU, topK } from '../../bindings/js/dist/index.js';

const STATISTICS = {
  topK: ({ k }) => topK(k),
  classIoU: (options) => classIoU(options),
  averagePrecisions: (options) => averagePrecisions(options),
};

const tensor = ({ data, shape }) => ({ data: Float32Array.from(data), shape, dtype: 'float32' });
const results = JSON.parse(readFileSync(0, 'utf8')).map(({ statistic, options, samples }) => {
  const made = STATISTICS[statistic](options);
  for (const { outputs, truth } of samples) {
    const tensors = Object.entries(outputs).map(([name, contents]) => [name, tensor(contents)]);
    made.add(Object.fromEntries(tensors), truth);
  }
  return made.result();
});
process.stdout.write(JSON.stringify(results));
