// octet preprocess: what a model would see of images, as PNG files.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { type ImageItem, inputPicture, OctetError } from 'octet-quant';
import sharp from 'sharp';
import {
  addModelOptions,
  addOutputOptions,
  addPreprocessingOptions,
  images,
  type ModelOptions,
  openFile,
  type PreprocessingOptions,
  preprocessingOf,
  repeated,
  UNIT_RANGE,
} from '../options.js';
import { count, type OutputOptions, show } from '../output.js';

interface Options extends OutputOptions, PreprocessingOptions, ModelOptions {
  readonly data: readonly string[];
  readonly outputDir: string;
}

export function preprocessCommand(): Command {
  const command = new Command('preprocess')
    .description(
      'Write what the model would see of images, as PNG files: preprocessed, and put back into pixels.',
    )
    .argument('<file>', 'the model that the images are for')
    .requiredOption('--data <path>', 'images, folder or zip (repeatable)', repeated)
    .requiredOption('--output-dir <folder>', 'where the PNG files are written')
    .action(preprocess);
  return addOutputOptions(addPreprocessingOptions(addModelOptions(command)));
}

async function preprocess(file: string, options: Options): Promise<void> {
  const model = await openFile(file, { ...options, target: 'tflite' });
  const saved = 'preprocessing' in model ? model.preprocessing : undefined;
  const preprocessing = preprocessingOf(options, saved ?? UNIT_RANGE);
  const dataset = await images(options.data, model, preprocessing);
  const [input] = model.inputs;
  const written: { image: string; path: string; width: number; height: number }[] = [];
  for (const [index, item] of dataset.items.entries()) {
    const [tensor] = Object.values(await dataset.sample(index));
    const picture = input && tensor && inputPicture(tensor, input, preprocessing);
    if (picture === undefined) {
      throw new OctetError({
        code: 'INVALID_INPUT',
        message: `Input '${input?.name}' is no picture.`,
        hint: 'It must have height, width, and 1 or 3 channels.',
      });
    }
    const { width, height, rgba } = picture;
    const path = join(options.outputDir, pngName(item, index));
    await mkdir(dirname(path), { recursive: true });
    await sharp(rgba, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .png()
      .toFile(path);
    written.push({ image: item.name, path, width, height });
  }
  show(options, { file, preprocessing, images: written }, () => {
    const [{ width = 0, height = 0 } = {}] = written;
    return `Wrote ${written.length === 1 ? 'one image' : `${count(written.length)} images`} of ${width} x ${height} pixels to ${options.outputDir}.`;
  });
}

/** "0003_boot.png": images of several folders may have the same name. */
function pngName({ name }: ImageItem, index: number): string {
  const base = name.split(/[\\/]/).at(-1) ?? '';
  return `${String(index).padStart(4, '0')}_${base.replace(/\.[^.]*$/, '')}.png`;
}
