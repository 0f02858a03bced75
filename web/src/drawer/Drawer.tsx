// Below the network: the figures of the run, and one of four views.

import { type KeyboardEvent, useRef, useState } from 'react';
import type { Network } from '../model/network';
import type { DrawerView } from '../model/types';
import { OutputsView } from '../result/OutputsView';
import { useActiveRun } from '../state/derive';
import { setState, useStore } from '../state/store';
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
  const at = views.findIndex(({ id }) => id === view);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: views.length - 1 }[event.key];
  const next = to === undefined ? undefined : views[(to + views.length) % views.length];
  if (!next) return;
  event.preventDefault();
  setState({ view: next.id });
  document.getElementById(`tab-${next.id}`)?.focus();
}

/** As App.css has it. */
const DEFAULT_HEIGHT = 292;
const LEAST_HEIGHT = 120;
const LEAST_NETWORK = 160;
const KEY_STEP = 24;

/** The edge between network and drawer, to be dragged or moved with the arrow keys. */
function Resizer() {
  const start = useRef<{ y: number; height: number } | undefined>(undefined);
  const [height, setHeight] = useState<number>();
  const mostOf = (workspace: HTMLElement | null): number =>
    Math.max(LEAST_HEIGHT, (workspace?.clientHeight ?? 800) - LEAST_NETWORK);
  const set = (element: HTMLElement, wanted: number): void => {
    const workspace = element.closest<HTMLElement>('.workspace');
    const next = Math.round(Math.min(mostOf(workspace), Math.max(LEAST_HEIGHT, wanted)));
    workspace?.style.setProperty('--drawer', `${next}px`);
    setHeight(next);
  };
  const heightOf = (element: HTMLElement): number => element.closest('.drawer')?.clientHeight ?? 0;
  return (
    <div
      className="resizer"
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the results"
      aria-valuemin={LEAST_HEIGHT}
      aria-valuemax={mostOf(document.querySelector<HTMLElement>('.workspace'))}
      aria-valuenow={height ?? DEFAULT_HEIGHT}
      aria-valuetext={`${height ?? DEFAULT_HEIGHT} pixels`}
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
        const by = event.key === 'ArrowUp' ? KEY_STEP : event.key === 'ArrowDown' ? -KEY_STEP : 0;
        if (by === 0) return;
        event.preventDefault();
        set(event.currentTarget, heightOf(event.currentTarget) + by);
      }}
    />
  );
}
