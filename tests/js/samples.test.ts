// Samples that come once, and calls that look at them several times.

import {
  createReport,
  type LoadedNet,
  OctetError,
  recommendedQuantization,
  type Sample,
  type SampleSource,
} from 'octet-quant';
// The limit is too large to be reached in a test.
import { Repeatable } from '../../bindings/js/dist/data/repeatable.js';
import { repeatableSamples } from '../../bindings/js/dist/data/samples.js';
import { calibrationImages, expectRejection, loadFashion } from './support/fashion.js';

const COUNT = 6;

let net: LoadedNet;
let input: string;
let samples: readonly Sample[];

beforeAll(async () => {
  net = await loadFashion();
  input = net.inputs[0]?.name ?? '';
  const images = await calibrationImages(net, COUNT);
  samples = await Promise.all(Array.from({ length: COUNT }, (_, index) => images.sample(index)));
});

afterAll(() => net.dispose());

const stream = <T>(items: readonly T[]): ReadableStream<T> =>
  new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item);
      controller.close();
    },
  });

/** What is iterable again and again, and empty from the second time on. */
const drained = <T>(items: readonly T[]): Iterable<T> => {
  const rest = [...items];
  return {
    *[Symbol.iterator]() {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) yield item;
    },
  };
};

/** Fills one buffer for all samples. */
function* inOneBuffer(): Generator<Sample> {
  const tensor = samples[0]?.[input];
  if (tensor === undefined) throw new Error('There is no sample.');
  const data = new Float32Array(tensor.data.length);
  for (const sample of samples) {
    data.set(sample[input]?.data as Float32Array);
    yield { [input]: { data, shape: tensor.shape } };
  }
}

describe('the bytes are those of an array', () => {
  let expected: Uint8Array;

  const quantized = async (source: SampleSource): Promise<Uint8Array> => {
    const model = await net.quantize(source, recommendedQuantization, { workers: 2 });
    const bytes = model.save();
    model.dispose();
    return bytes;
  };

  beforeAll(async () => {
    expected = await quantized(samples);
  });

  test.each<[string, () => SampleSource]>([
    ['a stream', () => stream(samples)],
    ['a generator', () => samples.values()],
    ['what can be emptied', () => drained(samples)],
    ['a generator with one buffer', inOneBuffer],
  ])('of %s', async (_, source) => {
    expect(Buffer.compare(await quantized(source()), expected)).toBe(0);
  });
});

test('accuracy feedback evaluates on a stream again and again', async () => {
  const labelled = samples.map((inputs) => ({ inputs, groundTruth: undefined }));
  let seen = 0;
  const { model, evaluations } = await net.quantizeWithAccuracyFeedback(
    samples,
    stream(labelled),
    undefined,
    {
      accuracyScore: () => {
        let own = 0;
        return {
          add: () => {
            own += 1;
            seen += 1;
          },
          result: () => -own,
        };
      },
      targetAccuracy: 0,
      maxOptimizationSteps: 1,
    },
  );
  expect(evaluations).toBeGreaterThan(1);
  expect(seen).toBe(COUNT * evaluations);
  model.dispose();
});

test('and so does it without labels; a report takes a stream, too', async () => {
  const options = { accuracyScore: 'sqnr', targetAccuracy: 1000, maxOptimizationSteps: 1 } as const;
  const of = async (source: SampleSource) => {
    const { model, accuracy } = await net.quantizeWithAccuracyFeedback(samples, source, undefined, options);
    const report = await createReport(model, stream(samples));
    model.dispose();
    return { accuracy, compared: report.provenance.comparedSamples };
  };
  const ofStream = await of(stream(samples));
  expect(ofStream.accuracy).toBeGreaterThan(0);
  expect(ofStream.compared).toBe(COUNT);
  expect(await of(samples)).toEqual(ofStream);
});

test('what cannot be gone through is refused', async () => {
  await expectRejection(net.quantize(undefined as never), 'INVALID_INPUT', /one by one/);
});

describe('beyond what is kept', () => {
  const items = ['a', 'bb', 'ccc'];
  const of = (begin: () => Iterable<string>, once: boolean, most = 4) =>
    new Repeatable({ begin, once, bytesOf: ({ length }: string) => length }, most);

  const taken = async (pass: AsyncIterable<string>): Promise<string[]> => {
    const list: string[] = [];
    for await (const item of pass) list.push(item);
    return list;
  };

  test('what comes once is refused as soon as it is too much, where it is needed again', async () => {
    const given: string[] = [];
    const pass = of(() => items, true).pass(true);
    const all = (async () => {
      for await (const item of pass) given.push(item);
    })();
    await expectRejection(all, 'INVALID_INPUT', /more than once.*MiB/);
    expect(given).toEqual(['a', 'bb']);
  });

  test('it serves a single pass, and no other', async () => {
    const repeatable = of(() => items, true);
    expect(await taken(repeatable.pass(false))).toEqual(items);
    await expectRejection(taken(repeatable.pass(false)), 'INVALID_INPUT', /needed again/);
  });

  test('a pass that was left leaves nothing for another', async () => {
    const repeatable = of(() => items, true, 100);
    for await (const item of repeatable.pass(true)) if (item === 'bb') break;
    await expectRejection(taken(repeatable.pass(true)), 'INVALID_INPUT', /not all seen/);
  });

  test('what begins anew is gone through again', async () => {
    const repeatable = of(() => items, false);
    expect(await taken(repeatable.pass(true))).toEqual(items);
    expect(await taken(repeatable.pass(true))).toEqual(items);
  });

  test('what turns out to be empty then is no second pass', async () => {
    const rest = drained(items);
    const repeatable = of(() => rest, false);
    expect(await taken(repeatable.pass(true))).toEqual(items);
    await expectRejection(taken(repeatable.pass(true)), 'INVALID_INPUT', /found 3, a further one 0/);
  });

  test('the limit counts the bytes of tensors', async () => {
    const bytes = COUNT * (samples[0]?.[input]?.data.byteLength ?? 0);
    const through = async (most: number): Promise<void> => {
      for await (const _ of repeatableSamples(stream(samples), most).items(true));
    };
    await through(bytes);
    await expect(through(bytes - 1)).rejects.toThrow(OctetError);
  });
});
