// octet demo: quantizes the embedded model with its images and shows what came of it.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import {
  type LoadedNet,
  loadModel,
  type NodeError,
  type Partition,
  recommendedQuantization,
  type Target,
  topK,
} from 'octet-quant';
import { addOutputOptions, images, UNIT_RANGE, workersOption } from '../options.js';
import { count, type OutputOptions, progressBar, show, table } from '../output.js';
import { errorTable } from './analyze.js';
import { partitionText } from './inspect.js';

/** Images that the error of layers is measured with. */
const ANALYZED_IMAGES = 100;
const WORST_LAYERS = 5;

interface Options extends OutputOptions {
  readonly outputDir: string;
  readonly workers?: number;
}

/** What --json prints. Accuracies are shares, times are of one image. */
interface DemoResult {
  readonly model: string;
  readonly target: Target;
  readonly calibration_images: number;
  readonly test_images: number;
  readonly float_top1: number;
  readonly int8_top1: number;
  readonly float_bytes: number;
  readonly int8_bytes: number;
  readonly octet_bytes: number;
  readonly float_ms: number;
  readonly int8_ms: number;
  readonly worst_layers: readonly NodeError[];
  readonly partition: Partition;
  readonly files: {
    readonly float: string;
    readonly tflite: string;
    readonly octet: string;
    readonly report: string;
  };
}

export function demoCommand(): Command {
  const command = new Command('demo')
    .description('Quantize the embedded model and show accuracy, size, time and the worst layers.')
    .option('--output-dir <folder>', 'where the files are written', 'octet-demo')
    .addOption(workersOption())
    .action(demo);
  return addOutputOptions(command);
}

async function demo(options: Options): Promise<void> {
  const samples = fileURLToPath(new URL('../../../../web/public/samples/fashion/', import.meta.url));
  const { classes }: { classes: string[] } = JSON.parse(await readFile(join(samples, 'labels.json'), 'utf8'));
  const { onProgress, finish } = progressBar(options);
  const call = { onProgress, ...(options.workers === undefined ? {} : { workers: options.workers }) };

  const floatFile = join(samples, 'fashion.tflite');
  const net = await loadModel(floatFile);
  const calibration = await images([join(samples, 'calibration.zip')], net, UNIT_RANGE);
  const test = await images([join(samples, 'test.zip')], net, UNIT_RANGE);

  const params = recommendedQuantization.withRequantizationMode(net.defaultQuantization.requantization);
  const model = await net.quantize(calibration, params, call);
  const tflite = await model.toTFLite();
  const octet = model.save();
  await mkdir(options.outputDir, { recursive: true });
  const files = {
    float: floatFile,
    tflite: resolve(options.outputDir, 'fashion_int8.tflite'),
    octet: resolve(options.outputDir, 'fashion.octet'),
    report: resolve(options.outputDir, 'report.json'),
  };
  await writeFile(files.tflite, tflite);
  await writeFile(files.octet, octet);
  await writeFile(files.report, `${JSON.stringify(model.report(), null, 1)}\n`);

  const floatTop1 = await net.evaluate(test, topK(1, classes), call);
  const int8Top1 = await model.evaluate(test, topK(1, classes), call);
  const spread = Math.max(1, Math.floor(test.length / ANALYZED_IMAGES));
  const analyzed = test.select([...test.items.keys()].filter((index) => index % spread === 0));
  const errors = await model.analyzeQuantizationError(analyzed, 'sqnr', call);
  finish();
  const sample = await test.sample(0);
  const floatTime = await net.measureTime(sample);
  const int8Time = await model.measureTime(sample);

  const result: DemoResult = {
    model: net.name,
    target: net.target,
    calibration_images: calibration.length,
    test_images: test.length,
    float_top1: floatTop1,
    int8_top1: int8Top1,
    float_bytes: (await readFile(floatFile)).length,
    int8_bytes: tflite.length,
    octet_bytes: octet.length,
    float_ms: floatTime.milliseconds,
    int8_ms: int8Time.milliseconds,
    worst_layers: errors.slice(0, WORST_LAYERS),
    partition: net.partition,
    files,
  };
  show(options, result, () => text(net, result));
}

function text(net: LoadedNet, result: DemoResult): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const { files } = result;
  const rows = [
    ['', '>float', '>INT8'],
    [`top-1 of ${result.test_images} images`, percent(result.float_top1), percent(result.int8_top1)],
    ['bytes of the .tflite', count(result.float_bytes), count(result.int8_bytes)],
    ['ms per image', result.float_ms.toFixed(3), result.int8_ms.toFixed(3)],
  ];
  return [
    `Quantized ${files.float} with ${result.calibration_images} images.`,
    '',
    partitionText(net),
    '',
    table(rows[0] ?? [], rows.slice(1)),
    '',
    `The ${result.worst_layers.length} worst layers`,
    errorTable(result.worst_layers),
    '',
    'Files',
    `  ${files.tflite}`,
    `  ${files.octet}`,
    `  ${files.report}`,
  ].join('\n');
}
