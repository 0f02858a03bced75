// What a model's outputs are, as far as their shapes tell.

import type { GraphInfo } from 'octet-quant';
import { classCount } from '../model/classes';
import { faceRange } from './faces';

export type OutputKind = 'classes' | 'faces' | 'picture' | 'numbers';

const LEAST_PICTURE = 8;

export function outputKind(info: GraphInfo): OutputKind {
  if (classCount(info) !== undefined) return 'classes';
  if (faceRange(info)) return 'faces';
  return info.outputs.some(({ shape }) => pictureSize(shape)) ? 'picture' : 'numbers';
}

/** Height and width of a tensor that can be looked at as one picture a channel. */
export function pictureSize(
  shape: readonly number[],
): { readonly height: number; readonly width: number; readonly channels: number } | undefined {
  const [batch, height, width, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || batch !== 1 || height === undefined || width === undefined)
    return undefined;
  return height >= LEAST_PICTURE && width >= LEAST_PICTURE && channels <= 64
    ? { height, width, channels }
    : undefined;
}
