// The network: pan, zoom, select, search results in colour. The canvas is drawn outside React; React holds the toolbar.

import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { toggleKept } from '../state/actions';
import { activeRun, useErrorOf } from '../state/derive';
import { select, setState, useStore } from '../state/store';
import { Legend } from './Legend';
import './GraphView.css';
import { type Camera, draw, type Marks, nodeAt, type Scene, sceneOf } from './draw';
import { layoutOf, NODE_HEIGHT } from './layout';
import { drawMinimap, MINIMAP_WIDTH, minimapScale } from './minimap';
import { matches, type Network, unitOf } from './network';
import { readTheme } from './theme';

const LEAST_SCALE = 0.02;
const MOST_SCALE = 2.5;
const READABLE_SCALE = 0.85;

export function GraphView({ network }: { readonly network: Network }) {
  const scene = useScene(network);
  const marks = useMarks(network);
  const view = useCanvas(scene, marks);
  const selected = marks.selected === undefined ? undefined : network.nodes[marks.selected];

  const keys = (event: KeyboardEvent): void => {
    const moved = moveSelection(event.key, network, scene, marks.selected);
    if (moved !== undefined) {
      select(network.nodes[moved]?.id);
      view.reveal(moved);
    } else if (event.key === '+' || event.key === '=') view.zoomBy(1.25);
    else if (event.key === '-') view.zoomBy(0.8);
    else if (event.key === '0') view.fit();
    else if (event.key === 'Escape') select(undefined);
    else if (event.key === 'f' && selected?.kind === 'operator' && selected.node.unit === 'MLA')
      toggleKept(selected.id);
    else return;
    event.preventDefault();
  };

  return (
    <section className="graph" aria-label="Network">
      <div
        className="graph-stage"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application widget takes the keyboard itself
        tabIndex={0}
        aria-label="Network graph"
        aria-describedby="graph-keys"
        onKeyDown={keys}
      >
        <canvas ref={view.canvas} className="graph-canvas" />
        <canvas ref={view.minimap} className="graph-minimap" />
      </div>
      <p id="graph-keys" className="visually-hidden">
        Arrow keys move along the network, plus and minus zoom, 0 shows all of it, F keeps a node in float.
        The table below holds the same nodes.
      </p>
      <p className="visually-hidden" aria-live="polite">
        {selected ? `${selected.title}, ${selected.detail}, ${unitOf(selected) ?? selected.kind}` : ''}
      </p>
      <Toolbar network={network} found={marks.found} view={view} />
      <Legend />
    </section>
  );
}

interface View {
  readonly canvas: React.RefObject<HTMLCanvasElement | null>;
  readonly minimap: React.RefObject<HTMLCanvasElement | null>;
  readonly fit: () => void;
  readonly zoomBy: (factor: number) => void;
  readonly reveal: (node: number) => void;
}

function Toolbar({
  network,
  found,
  view,
}: {
  readonly network: Network;
  readonly found: ReadonlySet<number> | undefined;
  readonly view: View;
}) {
  const query = useStore((state) => state.query);
  const coloring = useStore((state) => state.coloring);
  const hasRun = useStore((state) => activeRun(state) !== undefined);
  const [at, setAt] = useState(0);
  const list = useMemo(() => [...(found ?? [])], [found]);

  const step = (by: number): void => {
    if (list.length === 0) return;
    const next = (at + by + list.length) % list.length;
    setAt(next);
    const node = list[next];
    if (node === undefined) return;
    select(network.nodes[node]?.id);
    view.reveal(node);
  };

  return (
    <div className="graph-toolbar">
      <label className="graph-search">
        <span className="visually-hidden">Search nodes</span>
        <input
          id="node-search"
          className="field"
          type="search"
          placeholder="Search nodes   /"
          value={query}
          onChange={(event) => {
            setState({ query: event.target.value });
            setAt(-1);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
            if (event.key === 'Escape') setState({ query: '' });
          }}
        />
        {found && (
          <output className="graph-found">
            {list.length === 0
              ? 'none'
              : at >= 0 && at < list.length
                ? `${at + 1} of ${list.length}`
                : list.length}
          </output>
        )}
      </label>
      {hasRun && (
        <fieldset className="segmented" aria-label="Colour nodes by">
          {(['unit', 'error'] as const).map((value) => (
            <button
              key={value}
              type="button"
              aria-pressed={coloring === value}
              onClick={() => setState({ coloring: value })}
            >
              {value === 'unit' ? 'Unit' : 'Error'}
            </button>
          ))}
        </fieldset>
      )}
      <fieldset className="segmented graph-zoom" aria-label="Zoom">
        <button type="button" aria-label="Zoom out" title="Zoom out  −" onClick={() => view.zoomBy(0.8)}>
          −
        </button>
        <button type="button" title="Show all  0" onClick={view.fit}>
          Fit
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in  +" onClick={() => view.zoomBy(1.25)}>
          +
        </button>
      </fieldset>
    </div>
  );
}

function useScene(network: Network): Scene | undefined {
  const [scene, setScene] = useState<Scene>();
  useEffect(() => {
    let current = true;
    void layoutOf(network).then((layout) => {
      if (current) setScene(sceneOf(network, layout));
    });
    return () => {
      current = false;
    };
  }, [network]);
  return scene?.network === network ? scene : undefined;
}

function useMarks(network: Network): Marks {
  const selectedId = useStore((state) => state.selected);
  const query = useStore((state) => state.query);
  const coloring = useStore((state) => state.coloring);
  const params = useStore((state) => state.params);
  const errorOf = useErrorOf();
  const found = useMemo(
    () =>
      query.trim() === ''
        ? undefined
        : new Set(network.nodes.flatMap((node, index) => (matches(node, query) ? [index] : []))),
    [network, query],
  );
  const errors = useMemo(
    () =>
      coloring === 'error' && errorOf.size > 0
        ? new Map([...errorOf].map(([name, error]) => [name, error.sqnr]))
        : undefined,
    [coloring, errorOf],
  );
  const selected = selectedId === undefined ? undefined : network.indexOf.get(selectedId);
  return useMemo(
    () => ({ selected, hovered: undefined, found, errors, kept: params.unquantizedNodes }),
    [selected, found, errors, params],
  );
}

/** Keeps the canvas drawn, and turns pointer and wheel into camera movements. */
function useCanvas(scene: Scene | undefined, marks: Marks): View {
  const canvas = useRef<HTMLCanvasElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const camera = useRef<Camera>({ x: 0, y: 0, scale: 1 });
  const hovered = useRef<number | undefined>(undefined);
  const frame = useRef(0);
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

interface Controls {
  readonly camera: () => Camera;
  readonly scene: () => Scene | undefined;
  readonly move: (camera: Camera) => void;
  readonly hover: (node: number | undefined) => void;
}

/** Wheel scrolls, with Ctrl or a pinch it zooms; dragging pans, two fingers pinch; a click selects. */
function listen(main: HTMLCanvasElement, strip: HTMLCanvasElement, controls: Controls): () => void {
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

function fitToBox(canvas: HTMLCanvasElement): { width: number; height: number; ratio: number } {
  const ratio = window.devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  return { width, height, ratio };
}

/** All of the network, or its beginning at `least` where all of it would be smaller than that. */
function fitted(canvas: HTMLCanvasElement, { layout }: Scene, least: number): Camera {
  const [width, height] = [canvas.clientWidth - MINIMAP_WIDTH, canvas.clientHeight];
  const topMargin = 56;
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

function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
  const scale = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, camera.scale * factor));
  const ratio = scale / camera.scale;
  return { scale, x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio };
}

/** Moves no further than needed to bring a point well inside. */
function revealed(camera: Camera, center: { x: number; y: number }, canvas: HTMLCanvasElement): Camera {
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

/** The node that an arrow key leads to: up and down along edges, left and right within a row. */
function moveSelection(
  key: string,
  network: Network,
  scene: Scene | undefined,
  from: number | undefined,
): number | undefined {
  if (!['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(key) || !scene)
    return undefined;
  if (key === 'Home' || from === undefined) return 0;
  if (key === 'End') return network.nodes.length - 1;
  if (key === 'ArrowDown') return network.edges.find((edge) => edge.from === from)?.to ?? from;
  if (key === 'ArrowUp') return network.edges.find((edge) => edge.to === from)?.from ?? from;
  const { rows, positions } = scene.layout;
  const here = positions[from]?.x ?? 0;
  const distance = (index: number): number =>
    ((positions[index]?.x ?? 0) - here) * (key === 'ArrowRight' ? 1 : -1);
  const row = rows.flatMap((value, index) => (value === rows[from] && distance(index) > 0 ? [index] : []));
  return row.sort((a, b) => distance(a) - distance(b))[0] ?? from;
}
