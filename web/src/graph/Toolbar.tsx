// Above the network: search, colours, zoom.

import { useMemo, useState } from 'react';
import type { Network } from '../model/network';
import { activeRun } from '../state/derive';
import { select, setState, useStore } from '../state/store';
import type { View } from './useCanvas';

const COLORINGS = {
  unit: { name: 'Unit', what: 'Which compute unit runs a node' },
  error: { name: 'Error', what: 'All the error that has piled up at a node' },
  own: { name: 'Own error', what: 'The error that a node adds itself, on exact inputs' },
} as const;

export function Toolbar({
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
          {(['unit', 'error', 'own'] as const).map((value) => (
            <button
              key={value}
              type="button"
              aria-pressed={coloring === value}
              title={COLORINGS[value].what}
              onClick={() => setState({ coloring: value })}
            >
              {COLORINGS[value].name}
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
