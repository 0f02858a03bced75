// Boxes and points of the MediaPipe face detectors (BlazeFace, short and full range): they are known by the shapes
// of their outputs. Each cell of a grid has anchors at its centre; a box is given relative to its anchor, in pixels.
// Source: the anchors' options in MediaPipe's face_detection graphs.

import type { GraphInfo } from 'octet-quant';

export interface Face {
  readonly score: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Eyes, nose, mouth, ears. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Anchors {
  /** Side of the square input in pixels. */
  readonly side: number;
  readonly centers: readonly { readonly x: number; readonly y: number }[];
}

const VALUES_PER_ANCHOR = 16;
const POINTS = 6;
const LEAST_SCORE = 0.5;
const OVERLAP = 0.3;
/** Cells a side and anchors a cell, by the side of the input. */
const GRIDS: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  128: [
    [16, 2],
    [8, 6],
  ],
  192: [[48, 1]],
};

/** The anchors of `info`, if it is such a detector. */
export function anchorsFor(info: GraphInfo): Anchors | undefined {
  const side = info.inputs[0]?.shape[1] ?? 0;
  const grids = GRIDS[side];
  if (!grids) return undefined;
  const centers = grids.flatMap(([cells, perCell]) =>
    Array.from({ length: cells * cells * perCell }, (_, index) => {
      const cell = Math.floor(index / perCell);
      return { x: ((cell % cells) + 0.5) / cells, y: (Math.floor(cell / cells) + 0.5) / cells };
    }),
  );
  const holds = (last: number): boolean =>
    info.outputs.some(({ shape }) => shape.at(-1) === last && shape.at(-2) === centers.length);
  return holds(VALUES_PER_ANCHOR) && holds(1) ? { side, centers } : undefined;
}

/** The faces found, best first; of those that overlap only the best. Everything in parts of the picture's side. */
export function decodeFaces(
  boxes: Float32Array,
  scores: Float32Array,
  { side, centers }: Anchors,
): readonly Face[] {
  const found = centers.flatMap((center, index): Face[] => {
    const score = 1 / (1 + Math.exp(-(scores[index] ?? Number.NEGATIVE_INFINITY)));
    if (score < LEAST_SCORE) return [];
    const value = (at: number): number => (boxes[index * VALUES_PER_ANCHOR + at] ?? 0) / side;
    const [width, height] = [value(2), value(3)];
    const points = Array.from({ length: POINTS }, (_, point) => ({
      x: center.x + value(4 + 2 * point),
      y: center.y + value(5 + 2 * point),
    }));
    return [
      {
        score,
        left: center.x + value(0) - width / 2,
        top: center.y + value(1) - height / 2,
        width,
        height,
        points,
      },
    ];
  });
  const kept: Face[] = [];
  for (const face of found.sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => overlap(face, other) < OVERLAP)) kept.push(face);
  }
  return kept;
}

function overlap(a: Face, b: Face): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  const common = Math.max(0, width) * Math.max(0, height);
  return common / (a.width * a.height + b.width * b.height - common);
}
