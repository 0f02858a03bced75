// Turns pointer and wheel into camera movements and selections.

import { select } from '../state/store';
import { zoomed } from './camera';
import { type Camera, nodeAt, type Scene } from './draw';
import { minimapScale } from './minimap';

export interface Controls {
  readonly camera: () => Camera;
  readonly scene: () => Scene | undefined;
  readonly move: (camera: Camera) => void;
  readonly hover: (node: number | undefined) => void;
}

/** Wheel scrolls, with Ctrl or a pinch it zooms; dragging pans, two fingers pinch; a click selects. */
export function listen(main: HTMLCanvasElement, strip: HTMLCanvasElement, controls: Controls): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const pointers = new Map<number, { x: number; y: number }>();
  let travelled = 0;

  const nodeUnder = (event: MouseEvent): number | undefined => {
    const current = controls.scene();
    const { x, y, scale } = controls.camera();
    return current && nodeAt(current, { x: (event.offsetX - x) / scale, y: (event.offsetY - y) / scale });
  };

  main.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const camera = controls.camera();
      if (event.ctrlKey || event.metaKey) {
        controls.move(
          zoomed(
            camera,
            Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.005 : 0.1)),
            event.offsetX,
            event.offsetY,
          ),
        );
      } else {
        const unit = event.deltaMode === 0 ? 1 : 30;
        const [across, down] = event.shiftKey ? [event.deltaY, event.deltaX] : [event.deltaX, event.deltaY];
        controls.move({ ...camera, x: camera.x - across * unit, y: camera.y - down * unit });
      }
    },
    { signal, passive: false },
  );
  main.addEventListener(
    'pointerdown',
    (event) => {
      main.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      travelled = pointers.size > 1 ? 100 : 0;
    },
    { signal },
  );
  main.addEventListener(
    'pointermove',
    (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) {
        controls.hover(nodeUnder(event));
        return;
      }
      const after = { x: event.offsetX, y: event.offsetY };
      const camera = controls.camera();
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      pointers.set(event.pointerId, after);
      travelled += Math.hypot(after.x - before.x, after.y - before.y);
      if (other) {
        const factor =
          Math.hypot(after.x - other.x, after.y - other.y) /
          Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
        controls.move(zoomed(camera, factor, (after.x + other.x) / 2, (after.y + other.y) / 2));
      } else {
        controls.move({ ...camera, x: camera.x + after.x - before.x, y: camera.y + after.y - before.y });
      }
    },
    { signal },
  );
  const release = (event: PointerEvent): void => {
    const wasOnly = pointers.size === 1;
    pointers.delete(event.pointerId);
    if (event.type !== 'pointerup' || !wasOnly || travelled > 5) return;
    const node = nodeUnder(event);
    select(node === undefined ? undefined : controls.scene()?.network.nodes[node]?.id);
  };
  main.addEventListener('pointerup', release, { signal });
  main.addEventListener('pointercancel', release, { signal });
  main.addEventListener('pointerleave', () => controls.hover(undefined), { signal });

  const scrollTo = (event: PointerEvent): void => {
    const current = controls.scene();
    if (!current || event.buttons === 0) return;
    const scale = minimapScale(current, strip.clientHeight);
    const camera = controls.camera();
    controls.move({
      ...camera,
      y: main.clientHeight / 2 - ((event.offsetY - scale.top) / scale.y) * camera.scale,
    });
  };
  strip.addEventListener(
    'pointerdown',
    (event) => {
      strip.setPointerCapture(event.pointerId);
      scrollTo(event);
    },
    { signal },
  );
  strip.addEventListener('pointermove', scrollTo, { signal });
  return () => abort.abort();
}
