// The canvas behind the network and its strip: drawn on demand, outside React.

import { type RefObject, useCallback, useEffect, useMemo, useRef } from 'react';
import { useStore } from '../state/store';
import { fitted, revealed, zoomed } from './camera';
import { type Camera, draw, type Marks, type Scene } from './draw';
import { drawMinimap } from './minimap';
import { listen } from './pointer';
import { readTheme } from './theme';

/** Marks on the browser's time line, for whoever measures: a network is to be drawn, and is. */
export const NETWORK_TO_DRAW = 'network to draw';
const NETWORK_DRAWN = 'network drawn';

const READABLE_SCALE = 0.85;

export interface View {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly minimap: RefObject<HTMLCanvasElement | null>;
  readonly fit: () => void;
  readonly zoomBy: (factor: number) => void;
  readonly reveal: (node: number) => void;
}

/** Keeps the canvas drawn, and says how to move the camera. */
export function useCanvas(scene: Scene | undefined, marks: Marks): View {
  const canvas = useRef<HTMLCanvasElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const camera = useRef<Camera>({ x: 0, y: 0, scale: 1 });
  const hovered = useRef<number | undefined>(undefined);
  const frame = useRef(0);
  const drawn = useRef<Scene | undefined>(undefined);
  const latest = useRef({ scene, marks });
  latest.current = { scene, marks };
  const theme = useStore((state) => state.theme);

  const paint = useCallback((): void => {
    frame.current = 0;
    const main = canvas.current;
    const context = main?.getContext('2d');
    const { scene: current, marks: shown } = latest.current;
    if (!main || !context || !current) return;
    const size = fitToBox(main);
    const colors = readTheme(main);
    const all = { ...shown, hovered: hovered.current };
    draw(context, size, current, camera.current, all, colors);
    const strip = minimap.current;
    const stripContext = strip?.getContext('2d');
    if (strip && stripContext)
      drawMinimap(stripContext, fitToBox(strip), size, current, camera.current, all, colors);
    if (drawn.current !== current) performance.mark(NETWORK_DRAWN);
    drawn.current = current;
  }, []);

  const schedule = useCallback((): void => {
    if (frame.current === 0) frame.current = requestAnimationFrame(paint);
  }, [paint]);

  const move = useCallback(
    (next: Camera): void => {
      camera.current = next;
      schedule();
    },
    [schedule],
  );

  const fit = useCallback((): void => {
    const main = canvas.current;
    const current = latest.current.scene;
    if (main && current) move(fitted(main, current, 0));
  }, [move]);

  const zoomBy = useCallback(
    (factor: number, x?: number, y?: number): void => {
      const main = canvas.current;
      if (!main) return;
      move(zoomed(camera.current, factor, x ?? main.clientWidth / 2, y ?? main.clientHeight / 2));
    },
    [move],
  );

  const reveal = useCallback(
    (node: number): void => {
      const main = canvas.current;
      const center = latest.current.scene?.layout.positions[node];
      if (main && center) move(revealed(camera.current, center, main));
    },
    [move],
  );

  useEffect(() => {
    if (scene && canvas.current) move(fitted(canvas.current, scene, READABLE_SCALE));
  }, [scene, move]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: any change of what is marked, or of theme, redraws
  useEffect(schedule, [marks, theme, schedule]);

  useEffect(() => {
    const { scene: current } = latest.current;
    if (current && marks.selected !== undefined) reveal(marks.selected);
  }, [marks.selected, reveal]);

  useEffect(() => {
    const main = canvas.current;
    const strip = minimap.current;
    if (!main || !strip) return;
    let wasShown = main.clientWidth > 0;
    const observer = new ResizeObserver(() => {
      const isShown = main.clientWidth > 0;
      const current = latest.current.scene;
      // On narrow screens the network is behind a tab when it is laid out.
      if (isShown && !wasShown && current) camera.current = fitted(main, current, READABLE_SCALE);
      wasShown = isShown;
      schedule();
    });
    observer.observe(main);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', schedule);
    const stop = listen(main, strip, {
      camera: () => camera.current,
      scene: () => latest.current.scene,
      move,
      hover: (node) => {
        if (hovered.current === node) return;
        hovered.current = node;
        main.style.cursor = node === undefined ? 'grab' : 'pointer';
        schedule();
      },
    });
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', schedule);
      stop();
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [move, schedule]);

  return useMemo(() => ({ canvas, minimap, fit, zoomBy, reveal }), [fit, zoomBy, reveal]);
}

function fitToBox(canvas: HTMLCanvasElement): { width: number; height: number; ratio: number } {
  const ratio = window.devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  return { width, height, ratio };
}
