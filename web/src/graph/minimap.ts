// The strip beside the network: all of it at once, with what is in view marked. Networks are tall and narrow, so the
// strip stretches them sideways, up to four times.

import { tintOf } from 'octet-quant/display';
import { unitOf } from '../model/network';
import type { Camera, Marks, Scene } from './draw';
import { NODE_HEIGHT, nodeWidth } from './layout';
import type { CanvasTheme } from './theme';

export const MINIMAP_WIDTH = 52;
const MARGIN = 6;

export interface MinimapScale {
  readonly x: number;
  readonly y: number;
  readonly left: number;
  readonly top: number;
}

export function minimapScale(scene: Scene, height: number): MinimapScale {
  const y = Math.min((height - 2 * MARGIN) / Math.max(1, scene.layout.height + NODE_HEIGHT), 0.25);
  const x = Math.min((MINIMAP_WIDTH - 2 * MARGIN) / Math.max(1, scene.layout.width), 4 * y);
  return { x, y, left: (MINIMAP_WIDTH - scene.layout.width * x) / 2, top: MARGIN };
}

export function drawMinimap(
  context: CanvasRenderingContext2D,
  size: { readonly height: number; readonly ratio: number },
  view: { readonly width: number; readonly height: number },
  scene: Scene,
  camera: Camera,
  marks: Marks,
  theme: CanvasTheme,
): void {
  context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  context.clearRect(0, 0, MINIMAP_WIDTH, size.height);
  const scale = minimapScale(scene, size.height);
  scene.network.nodes.forEach((node, index) => {
    const center = scene.layout.positions[index];
    if (!center) return;
    const unit = unitOf(node);
    const error = marks.errors?.get(node.id);
    const width = Math.max(2, nodeWidth(node) * scale.x);
    const height = Math.max(1, NODE_HEIGHT * scale.y);
    const x = scale.left + center.x * scale.x - width / 2;
    const y = scale.top + center.y * scale.y - height / 2;
    context.globalAlpha = marks.errors ? 0.25 : 1;
    context.fillStyle = unit ? theme.unit[unit] : theme.ink3;
    context.fillRect(x, y, width, height);
    if (error !== undefined) {
      context.globalAlpha = tintOf(error);
      context.fillStyle = theme.heat;
      context.fillRect(x, y, width, height);
    }
    context.globalAlpha = 1;
    if (marks.selected === index || marks.found?.has(index)) {
      context.fillStyle = theme.focus;
      context.fillRect(MINIMAP_WIDTH - 4, y, 4, Math.max(2, height));
    }
  });
  const top = scale.top + (-camera.y / camera.scale) * scale.y;
  const height = (view.height / camera.scale) * scale.y;
  context.strokeStyle = theme.ink2;
  context.lineWidth = 1;
  context.strokeRect(1.5, Math.round(top) + 0.5, MINIMAP_WIDTH - 3, Math.max(4, Math.round(height)));
}
