// The network: what is marked in it, and the keys that move along it.

import { type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import { noticeOf } from '../model/notice';
import { chosenNodes } from '../model/precision';
import { sqnrOf } from '../model/results';
import { useErrorOf } from '../state/derive';
import { toggleKept } from '../state/settings';
import { select, setState, useStore } from '../state/store';
import { type Marks, type Scene, sceneOf } from './draw';
import './GraphView.css';
import { matches, type Network, unitOf } from '../model/network';
import { Legend } from './Legend';
import { layoutOf } from './layout';
import { Toolbar } from './Toolbar';
import { NETWORK_TO_DRAW, useCanvas } from './useCanvas';

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

function useScene(network: Network): Scene | undefined {
  const [scene, setScene] = useState<Scene>();
  useEffect(() => {
    let current = true;
    performance.mark(NETWORK_TO_DRAW);
    layoutOf(network).then(
      (layout) => {
        if (current) setScene(sceneOf(network, layout));
      },
      (error: unknown) => {
        if (current) setState({ notice: noticeOf(error, 'Drawing the network') });
      },
    );
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
      coloring !== 'unit' && errorOf.size > 0
        ? new Map(
            [...errorOf].map(([name, error]) => [
              name,
              sqnrOf(error, coloring === 'own' ? 'own' : 'accumulated'),
            ]),
          )
        : undefined,
    [coloring, errorOf],
  );
  const selected = selectedId === undefined ? undefined : network.indexOf.get(selectedId);
  return useMemo(
    () => ({
      selected,
      hovered: undefined,
      found,
      errors,
      own: new Set(chosenNodes(params.toJSON()).map(({ node }) => node)),
    }),
    [selected, found, errors, params],
  );
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
