// Errors of outputs by their parts: a head of boxes and scores in one scale, whose ratio as a whole looks good.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  counter,
  createReport,
  loadModel,
  type Model,
  type NodeError,
  type OutputError,
  outputErrors,
  reportHtml,
  type Sample,
} from 'octet-quant';
import { channelsText } from 'octet-quant/display';
import { calibrationImages, loadFashion, ROOT } from './support/fashion.js';

const HEAD = join(ROOT, 'tests/assets/boxes_beside_scores_int8.tflite');
const SCORES_ARE_LOST =
  /^Output 'Identity': channels 4 and 5, from [\d.]+ to 0\.\d+, are lost: their whole range is below one step of the integers, 2\.32\. .*INT16/;

let head: Model;
let samples: readonly Sample[];

beforeAll(async () => {
  const net = await loadModel(HEAD, { target: 'tflite' });
  head = await net.convertToSimaQuantization({ requantization: 'tflite' });
  const [input] = head.inputs;
  const shape = input?.shape ?? [];
  const values = (sample: number) =>
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, at) => (1 + Math.sin(at * 7 + sample)) / 2,
    );
  samples = [0, 1, 2].map((sample) => ({ [input?.name ?? '']: { data: values(sample), shape } }));
});

test('an analysis gives the parts of the output, and names what is lost', async () => {
  const errors = await head.analyzeQuantizationError(samples);
  const [output, ...others] = outputErrors(errors);
  expect(others).toEqual([]);
  expect(output).toMatchObject({ output: 'Identity', parts: [{}, {}] });
  expect(output?.sqnr).toBeGreaterThan(40);
  const [boxes, scores] = output?.parts ?? [];
  expect(boxes).toMatchObject({ axis: 3, channels: [0, 1, 2, 3], lost: [], weak: false });
  expect(scores).toMatchObject({ axis: 3, channels: [4, 5], lost: [4, 5], weak: true, sqnr: 0 });
  expect(scores?.high).toBeLessThan(1);
  expect(scores?.step).toBe(boxes?.step);
  expect(output?.warnings).toEqual([expect.stringMatching(SCORES_ARE_LOST)]);

  const joining = errors.find(({ node }) => node === output?.node);
  expect(joining?.parts).toEqual(output?.parts);
  expect(joining?.causes).toEqual([
    expect.objectContaining({ kind: 'lost_channels', channels: [4, 5], remedy: expect.any(String) }),
  ]);
  expect(errors.filter(({ parts }) => parts !== undefined)).toHaveLength(1);
});

test('parts do not depend on the number of workers', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map((workers) => head.analyzeQuantizationError(samples, 'sqnr', { workers })),
  );
  expect(two).toEqual(one);
});

test('outputs with a lost part come first, then those with a weak one, then by their ratio', () => {
  const output = (name: string, sqnr: number, lost: readonly number[], weak: boolean): OutputError => {
    const figures = { low: 0, high: 1, sqnr, mse: 0, local: { sqnr, mse: 0 } };
    const part = { ...figures, axis: 1, channels: [0], lost, weak };
    return { ...figures, output: name, node: name, parts: [part], warnings: [] };
  };
  const errors: Pick<NodeError, 'outputs'>[] = [
    { outputs: [output('bad', 10, [], false), output('lost', 50, [0], false)] },
    {},
    { outputs: [output('exact', Number.POSITIVE_INFINITY, [], false), output('weak', 60, [], true)] },
  ];
  expect(outputErrors(errors).map((found) => found.output)).toEqual(['lost', 'weak', 'bad', 'exact']);
});

test('an evaluation warns of it, and of nothing in a sound model', async () => {
  const warningsOf = async (model: Model, inputs: readonly Sample[]): Promise<readonly string[]> => {
    const warnings: string[] = [];
    const labelled = inputs.map((sample) => ({ inputs: sample, groundTruth: 0 }));
    const seen = await model.evaluate(
      labelled,
      counter(() => 1, 1),
      {
        onWarning: (warning) => warnings.push(warning),
      },
    );
    expect(seen).toBeDefined();
    return warnings;
  };
  expect(await warningsOf(head, samples)).toEqual(
    expect.arrayContaining([expect.stringMatching(SCORES_ARE_LOST)]),
  );
  const net = await loadFashion();
  const images = await calibrationImages(net, 8);
  const sound = await Promise.all(Array.from({ length: 8 }, (_, index) => images.sample(index)));
  expect(await warningsOf(await net.quantize(images), sound)).toEqual([]);
});

test('a report has it, as its schema says, and as HTML', async () => {
  const report = await createReport(head, samples);
  const validate = new Ajv2020({ allErrors: true }).compile(
    JSON.parse(readFileSync(join(ROOT, 'schemas/report.schema.json'), 'utf8')),
  );
  validate(JSON.parse(JSON.stringify(report)));
  expect(validate.errors).toBeNull();
  expect(report.outputs[0]?.error).toMatchObject({
    parts: [{ channels: [0, 1, 2, 3] }, { channels: [4, 5], lost: [4, 5], sqnr: 0 }],
    warnings: [expect.stringMatching(SCORES_ARE_LOST)],
  });
  const text = reportHtml(report);
  expect(text).toContain('Outputs by their parts');
  expect(text).toMatch(/4–5 of axis 3/);
  expect(text).toMatch(/channels 4 and 5, from/);
});

describe('octet analyze', () => {
  const analyze = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [join(ROOT, 'bindings/cli/dist/main.js'), 'analyze', HEAD, ...args], {
      encoding: 'utf8',
    });
  const data = join(ROOT, 'tests/assets/photos.zip');

  test.each([[[]], [['--at-outputs']]])('lists the parts of outputs: %j', (more) => {
    const text = analyze('--data', data, ...more);
    expect(text).toMatch(
      /output and its parts\n +[\d.]+ +Identity\n.*channels 0–3 of axis 3\n +0\.0 .*channels 4–5 of axis 3, lost\n/,
    );
    expect(text.match(/are lost: their whole range/g)).toHaveLength(1);
    const { outputs, nodes, roundings } = JSON.parse(analyze('--data', data, '--json', ...more));
    const [output] = outputs ?? outputErrors(nodes);
    expect(output.parts[1].lost).toEqual([4, 5]);
    expect(roundings === undefined).toBe(more.length === 0);
  });
});

test('runs of channels are named by their ends', () => {
  expect(channelsText([3])).toBe('3');
  expect(channelsText([0, 1, 2, 3, 7, 9, 10])).toBe('0–3, 7, 9–10');
  expect(channelsText([0, 2, 4, 6, 8, 10, 12])).toBe('0, 2, 4, 6, 8, 10, …');
});
