// Rows about whole commands: time and memory of quantizing, beside the Python tools, and how both grow.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { loadModel } from '../../bindings/js/dist/index.js';
import { row } from './report.mjs';

const FOLDER = 'build/bench';
const PYTHON = 'build/venv/bin/python';
const WORKERS = 2;

function run(command, args) {
  const result = spawnSync('python3', ['tests/bench/measure.py', command, ...args], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${result.stderr}`);
  return JSON.parse(result.stdout);
}

/** Seconds and peak bytes of `octet quantize` with the default settings. */
export function octet(model, images, workers = WORKERS, name = 'octet') {
  return run('node', [
    'bindings/cli/dist/main.js',
    ...['quantize', `${FOLDER}/${model}/float.tflite`, '--calibration', images],
    ...(model === 'fashion' || model === 'hand_landmark' || model === 'selfie'
      ? ['--mean', '0', '--std', '255']
      : ['--mean', '127.5', '--std', '127.5']),
    ...['--target', 'tflite', '--preset', 'default', '--workers', String(workers), '--quiet'],
    ...['--output', `${FOLDER}/${model}/${name}.tflite`, '--output', `${FOLDER}/${model}/${name}.octet`],
  ]);
}

/** The same of another tool, which writes peer_<kind> beside the model. */
export function peer(kind, model, images) {
  const ending = kind === 'ai-edge' ? 'tflite' : 'onnx';
  const [source, output] = [
    `${FOLDER}/${model}/float.${ending}`,
    `${FOLDER}/${model}/peer_${kind}.${ending}`,
  ];
  return run(PYTHON, ['tests/bench/quantize_peer.py', kind, source, images, output]);
}

/** The least seconds and bytes of `rounds` runs of each command, in turn: the machine only adds to both. */
function interleaved(rounds, commands) {
  const least = commands.map(() => ({
    seconds: Number.POSITIVE_INFINITY,
    peakBytes: Number.POSITIVE_INFINITY,
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, command] of commands.entries()) {
      const { seconds, peakBytes } = command();
      least[index].seconds = Math.min(least[index].seconds, seconds);
      least[index].peakBytes = Math.min(least[index].peakBytes, peakBytes);
    }
  }
  return least;
}

const PEERS = [
  { kind: 'ai-edge', name: 'ai-edge-quantizer (min/max)', time: 0.6, memory: 1, slow: false },
  { kind: 'min_max', name: 'ONNX Runtime (min/max)', time: 0.6, memory: 1, slow: false },
  { kind: 'percentile', name: 'ONNX Runtime (percentile)', time: 0.12, memory: 0.05, slow: true },
  { kind: 'entropy', name: 'ONNX Runtime (entropy)', time: 0.12, memory: 0.05, slow: true },
];

/** The whole command on a MobileNet with 100 images. */
export function quantizeRows(rounds) {
  const images = `${FOLDER}/images224`;
  const ours = () => octet('mobilenet', images);
  return PEERS.flatMap(({ kind, name, time, memory, slow }) => {
    // One run of the slow ones: they take half a minute and gigabytes.
    const [mine, theirs] = interleaved(slow ? 1 : rounds, [ours, () => peer(kind, 'mobilenet', images)]);
    const seconds = { ours: mine.seconds, theirs: theirs.seconds, unit: 's' };
    const megabytes = { ours: mine.peakBytes / 1e6, theirs: theirs.peakBytes / 1e6, unit: 'MB' };
    return [
      row('quantize MobileNet, 100 images', name, seconds, 'at most', time),
      row('memory of that, all workers', name, megabytes, 'at most', memory),
    ];
  });
}

/** A folder of `count` links to the images of another. */
function linked(source, count) {
  const folder = `${FOLDER}/${count}_images`;
  mkdirSync(folder, { recursive: true });
  const present = new Set(readdirSync(folder));
  const files = readdirSync(source);
  for (let index = 0; index < count; index += 1) {
    const name = `${String(index).padStart(5, '0')}.png`;
    if (!present.has(name))
      symlinkSync(`${process.cwd()}/${source}/${files[index % files.length]}`, `${folder}/${name}`);
  }
  return folder;
}

async function multiplyAccumulates(model) {
  const net = await loadModel(`${FOLDER}/${model}/float.tflite`);
  const total = net.nodes.reduce((sum, node) => sum + node.multiplyAccumulates, 0);
  net.dispose();
  return total;
}

/** Workers, images and net size. */
export async function growthRows(rounds) {
  const images = `${FOLDER}/images224`;
  const few = linked(images, 4);
  const [one, two, oneFew, twoFew] = interleaved(rounds, [
    () => octet('mobilenet', images, 1),
    () => octet('mobilenet', images, 2),
    () => octet('mobilenet', few, 1),
    () => octet('mobilenet', few, 2),
  ]);
  // What 96 further images cost: starting up is not what workers share.
  const perImage = (all, start) => 96 / (all.seconds - start.seconds);
  const fashionImages = `${FOLDER}/fashion/images`;
  const [hundred, many] = [linked(fashionImages, 100), linked(fashionImages, 10_000)];
  const [small, large] = interleaved(1, [() => octet('fashion', hundred), () => octet('fashion', many)]);
  const [narrow, whole] = interleaved(rounds, [
    () => octet('mobilenet_small', images),
    () => octet('mobilenet', images),
  ]);
  const ratio = (await multiplyAccumulates('mobilenet')) / (await multiplyAccumulates('mobilenet_small'));
  return [
    row(
      'images per second, 2 workers',
      '1 worker',
      { ours: perImage(two, twoFew), theirs: perImage(one, oneFew), unit: 'images/s' },
      'at least',
      1.8,
    ),
    row(
      'time of 10,000 images',
      '100 times that of 100',
      { ours: large.seconds, theirs: 100 * small.seconds, unit: 's' },
      'at most',
      1.1,
    ),
    row(
      'memory of 10,000 images',
      '100 images',
      { ours: large.peakBytes / 1e6, theirs: small.peakBytes / 1e6, unit: 'MB' },
      'at most',
      1.25,
    ),
    row(
      'time of MobileNet 1.0',
      `${ratio.toFixed(1)} times that of a net with so many times fewer MACs`,
      { ours: whole.seconds, theirs: ratio * narrow.seconds, unit: 's' },
      'at most',
      1.1,
    ),
  ];
}
