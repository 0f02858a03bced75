// Faces of the MediaPipe face detectors (BlazeFace, short and full range), which are known by the shapes of their inputs
// and outputs. The core makes boxes of what they compute.

import {
  faceDetectionTransform,
  type GraphInfo,
  type OutputTensor,
  realValues,
  type Tensor,
  type TensorMap,
} from 'octet-quant';

export interface Face {
  readonly score: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Eyes, nose, mouth, ears. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export type FaceRange = 'short' | 'full';

const VALUES_PER_ANCHOR = 16;
/** By the side of the input: which detector it is, and how many anchors that has. */
const DETECTORS: Readonly<Record<number, { readonly range: FaceRange; readonly anchors: number }>> = {
  128: { range: 'short', anchors: 896 },
  192: { range: 'full', anchors: 2304 },
};

/** Which face detector `info` is, if any. */
export function faceRange(info: GraphInfo): FaceRange | undefined {
  const detector = DETECTORS[info.inputs[0]?.shape[1] ?? 0];
  if (!detector) return undefined;
  const holds = (last: number): boolean =>
    info.outputs.some(({ shape }) => shape.at(-1) === last && shape.at(-2) === detector.anchors);
  return holds(VALUES_PER_ANCHOR) && holds(1) ? detector.range : undefined;
}

/** The faces found, best first. Everything in parts of the picture's side. */
export async function facesIn(outputs: TensorMap, range: FaceRange): Promise<readonly Face[]> {
  const tensors = Object.values(outputs);
  const boxes = tensors.find(({ shape }) => shape.at(-1) === VALUES_PER_ANCHOR);
  const scores = tensors.find(({ shape }) => shape.at(-1) === 1);
  if (!boxes || !scores) return [];
  const detections = await faceDetectionTransform({ range }).apply([inReals(boxes), inReals(scores)]);
  const [corners = [], , found = [], count = [], points = []] = detections.map(({ data }) =>
    Array.from(data, Number),
  );
  return Array.from({ length: count[0] ?? 0 }, (_, face) => {
    const [top = 0, left = 0, bottom = 0, right = 0] = corners.slice(4 * face, 4 * face + 4);
    const pairs = points.length / found.length;
    const own = points.slice(face * pairs, (face + 1) * pairs);
    return {
      score: found[face] ?? 0,
      left,
      top,
      width: right - left,
      height: bottom - top,
      points: Array.from({ length: own.length / 2 }, (_, point) => ({
        x: own[2 * point] ?? 0,
        y: own[2 * point + 1] ?? 0,
      })),
    };
  });
}

function inReals(tensor: OutputTensor): Tensor {
  return { data: realValues(tensor), shape: tensor.shape };
}
