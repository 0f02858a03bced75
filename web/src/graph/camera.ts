// Where the camera goes: to all of the network, nearer, or to a node.

import type { Camera, Scene } from './draw';
import { NODE_HEIGHT } from './layout';
import { MINIMAP_WIDTH } from './minimap';

const LEAST_SCALE = 0.02;
const MOST_SCALE = 2.5;

/** All of the network, or its beginning at `least` where all of it would be smaller than that. */
export function fitted(canvas: HTMLCanvasElement, { layout }: Scene, least: number): Camera {
  const [width, height] = [canvas.clientWidth - MINIMAP_WIDTH, canvas.clientHeight];
  // Room for the toolbar, which takes two lines on a phone.
  const topMargin = width < 600 ? 108 : 56;
  const whole = Math.min(
    (width - 48) / layout.width,
    (height - topMargin - 32) / (layout.height + NODE_HEIGHT),
    1,
  );
  if (whole >= least) {
    return {
      scale: whole,
      x: (width - layout.width * whole) / 2,
      y: topMargin + (height - topMargin - layout.height * whole) / 2,
    };
  }
  const first = layout.positions[0]?.x ?? layout.width / 2;
  const x =
    layout.width * least <= width - 48 ? (width - layout.width * least) / 2 : width / 2 - first * least;
  return { scale: least, x, y: topMargin + 12 };
}

export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
  const scale = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, camera.scale * factor));
  const ratio = scale / camera.scale;
  return { scale, x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio };
}

/** Moves no further than needed to bring a point well inside. */
export function revealed(
  camera: Camera,
  center: { x: number; y: number },
  canvas: HTMLCanvasElement,
): Camera {
  const scale = Math.max(camera.scale, 0.5);
  const base =
    scale === camera.scale
      ? camera
      : zoomed(camera, scale / camera.scale, canvas.clientWidth / 2, canvas.clientHeight / 2);
  const x = center.x * base.scale + base.x;
  const y = center.y * base.scale + base.y;
  const [width, height] = [canvas.clientWidth - MINIMAP_WIDTH, canvas.clientHeight];
  const across = x < 100 || x > width - 100 ? width / 2 - x : 0;
  const down = y < 80 || y > height - 60 ? height / 2 - y : 0;
  return { ...base, x: base.x + across, y: base.y + down };
}
