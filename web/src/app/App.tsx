// The frame: top bar, steps, network, inspector, drawer; on narrow screens the same as tabs.

import { type DragEvent, useEffect, useState } from 'react';
import { Drawer } from '../drawer/Drawer';
import { GraphView } from '../graph/GraphView';
import { Inspector } from '../inspector/Inspector';
import type { PhoneTab } from '../model/types';
import { activeRun, useNetwork } from '../state/derive';
import { openDropped } from '../state/opening';
import { select, setState, useStore } from '../state/store';
import { Steps } from '../steps/Steps';
import { Empty } from './Empty';
import { Notice } from './Notice';
import { ShapeQuestion } from './ShapeQuestion';
import { Shortcuts } from './Shortcuts';
import './App.css';
import { TopBar } from './TopBar';
import { useTheme } from './theme';

export function App() {
  useTheme();
  useShortcuts();
  const network = useNetwork();
  const tab = useStore((state) => state.phoneTab);
  const drop = useDrop();
  return (
    <div className="app" data-tab={tab} data-dropping={drop.active || undefined} {...drop.handlers}>
      <TopBar />
      {network ? (
        <>
          <main className="workspace">
            <Steps />
            <GraphView network={network} />
            <Inspector network={network} />
            <Drawer network={network} />
          </main>
          <PhoneTabs />
        </>
      ) : (
        <Empty />
      )}
      <Notice />
      <ShapeQuestion />
      <Shortcuts />
    </div>
  );
}

const TABS: readonly { readonly id: PhoneTab | 'table'; readonly label: string }[] = [
  { id: 'setup', label: 'Setup' },
  { id: 'network', label: 'Network' },
  { id: 'node', label: 'Node' },
  { id: 'table', label: 'Table' },
  { id: 'results', label: 'Results' },
];

function PhoneTabs() {
  const tab = useStore((state) => state.phoneTab);
  const selected = useStore((state) => state.selected);
  const run = useStore(activeRun);
  const view = useStore((state) => state.view);
  const hasImages = useStore((state) => state.images.length > 0);
  const hasResults = run !== undefined || hasImages;
  // The table and the results share the drawer; before there are results it holds the table alone.
  const current = tab === 'results' && (view === 'table' || !hasResults) ? 'table' : tab;
  const show = (id: PhoneTab | 'table'): void => {
    if (id === 'table') setState({ phoneTab: 'results', view: 'table' });
    else if (id === 'results')
      setState({ phoneTab: 'results', view: !run ? 'outputs' : view === 'table' ? 'errors' : view });
    else setState({ phoneTab: id });
  };
  return (
    <nav className="phone-tabs" aria-label="Parts of the page">
      {TABS.map(({ id, label }) => (
        <button
          key={id}
          type="button"
          aria-current={current === id ? 'page' : undefined}
          disabled={id === 'results' && !hasResults}
          onClick={() => show(id)}
        >
          {label}
          {id === 'node' && selected !== undefined && <span className="phone-dot" />}
        </button>
      ))}
    </nav>
  );
}

function useDrop() {
  const [active, setActive] = useState(false);
  const holdsFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  return {
    active,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setActive(true);
      },
      onDragLeave: (event: DragEvent) => {
        if (event.relatedTarget === null) setActive(false);
      },
      onDrop: (event: DragEvent) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setActive(false);
        void openDropped(event.dataTransfer);
      },
    },
  };
}

/** "/" searches, "?" lists the keys, Escape lets go of the selection. */
function useShortcuts(): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '/') {
        event.preventDefault();
        setState({ phoneTab: 'network' });
        const focus = (): void => document.getElementById('node-search')?.focus();
        // At once, for what is typed next; and again where the network was behind another tab.
        focus();
        requestAnimationFrame(focus);
      }
      if (event.key === '?') setState({ showsKeys: true });
      if (event.key === 'Escape') select(undefined);
    };
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
