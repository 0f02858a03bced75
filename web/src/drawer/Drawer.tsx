// Below the network: the figures of the run, and one of four views.

import { type KeyboardEvent, useRef } from 'react';
import type { Network } from '../graph/network';
import { OutputsView } from '../result/OutputsView';
import { useActiveRun } from '../state/derive';
import { setState, useStore } from '../state/store';
import type { DrawerView } from '../state/types';
import { CompareView } from './CompareView';
import { ErrorView } from './ErrorView';
import { LayerTable } from './LayerTable';
import { Summary } from './Summary';
import './Drawer.css';

const VIEWS: readonly {
  readonly id: DrawerView;
  readonly label: string;
  readonly needs: 'model' | 'images' | 'run';
}[] = [
  { id: 'table', label: 'Table', needs: 'model' },
  { id: 'errors', label: 'Error', needs: 'run' },
  { id: 'outputs', label: 'Outputs', needs: 'images' },
  { id: 'compare', label: 'Compare', needs: 'run' },
];

export function Drawer({ network }: { readonly network: Network }) {
  const wanted = useStore((state) => state.view);
  const run = useActiveRun();
  const hasImages = useStore((state) => state.images.length > 0);
  const views = VIEWS.filter(
    ({ needs }) => needs === 'model' || run !== undefined || (needs === 'images' && hasImages),
  );
  const view = views.some(({ id }) => id === wanted) ? wanted : 'table';
  return (
    <section className="drawer" aria-label="Results">
      <div className="drawer-head">
        <Resizer />
        <div
          className="drawer-tabs"
          role="tablist"
          aria-label="Views"
          onKeyDown={(event) => moveTab(event, views, view)}
        >
          {views.map(({ id, label }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`tab-${id}`}
              aria-selected={id === view}
              aria-controls="drawer-panel"
              tabIndex={id === view ? 0 : -1}
              onClick={() => setState({ view: id })}
            >
              {label}
            </button>
          ))}
        </div>
        {run && <Summary run={run} />}
      </div>
      <div className="drawer-panel" role="tabpanel" id="drawer-panel" aria-labelledby={`tab-${view}`}>
        {view === 'table' && <LayerTable network={network} />}
        {view === 'errors' && run && <ErrorView key={run.id} run={run} network={network} />}
        {view === 'outputs' && <OutputsView run={run} />}
        {view === 'compare' && <CompareView />}
      </div>
    </section>
  );
}

function moveTab(
  event: KeyboardEvent,
  views: readonly { readonly id: DrawerView }[],
  view: DrawerView,
): void {
  const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (by === 0) return;
  const at = views.findIndex(({ id }) => id === view);
  const next = views[(at + by + views.length) % views.length];
  if (!next) return;
  setState({ view: next.id });
  document.getElementById(`tab-${next.id}`)?.focus();
}

const LEAST_HEIGHT = 120;

/** The edge between network and drawer, to be dragged or moved with the arrow keys. */
function Resizer() {
  const start = useRef<{ y: number; height: number } | undefined>(undefined);
  const set = (element: HTMLElement, height: number): void => {
    const workspace = element.closest<HTMLElement>('.workspace');
    const most = (workspace?.clientHeight ?? 800) - 160;
    workspace?.style.setProperty(
      '--drawer',
      `${Math.round(Math.min(most, Math.max(LEAST_HEIGHT, height)))}px`,
    );
  };
  const heightOf = (element: HTMLElement): number => element.closest('.drawer')?.clientHeight ?? 0;
  return (
    <div
      className="resizer"
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the results"
      aria-valuenow={50}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { y: event.clientY, height: heightOf(event.currentTarget) };
      }}
      onPointerMove={(event) => {
        if (start.current) set(event.currentTarget, start.current.height + start.current.y - event.clientY);
      }}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowUp' ? 24 : event.key === 'ArrowDown' ? -24 : 0;
        if (by !== 0) set(event.currentTarget, heightOf(event.currentTarget) + by);
      }}
    />
  );
}
