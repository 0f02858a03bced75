// All nodes in a table: sorted, filtered by the same search as the network, only the rows in view in the document.

import { count, decibels, tintOf } from 'octet-quant/display';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { Network } from '../model/network';
import { useErrorOf } from '../state/derive';
import { select, setState, useStore } from '../state/store';
import { PrecisionSelect, useCanChoose } from '../ui/PrecisionSelect';
import './LayerTable.css';
import { type Column, type Row, rowsOf, type Sorting } from './rows';

const OVERSCAN = 8;

const COLUMNS: readonly {
  readonly id: Column;
  readonly label: string;
  readonly numeric: boolean;
  readonly needsRun: boolean;
}[] = [
  { id: 'position', label: '#', numeric: true, needsRun: false },
  { id: 'operator', label: 'Operator', numeric: false, needsRun: false },
  { id: 'name', label: 'Name', numeric: false, needsRun: false },
  { id: 'shape', label: 'Output', numeric: false, needsRun: false },
  { id: 'unit', label: 'Unit', numeric: false, needsRun: false },
  { id: 'macs', label: 'MACs', numeric: true, needsRun: false },
  { id: 'parameters', label: 'Parameters', numeric: true, needsRun: false },
  { id: 'sqnr', label: 'SQNR', numeric: true, needsRun: true },
  { id: 'own', label: 'Own SQNR', numeric: true, needsRun: true },
  { id: 'cosine', label: 'Cosine', numeric: true, needsRun: true },
];

export function LayerTable({ network }: { readonly network: Network }) {
  const query = useStore((state) => state.query);
  const selected = useStore((state) => state.selected);
  const errorOf = useErrorOf();
  const [sorting, setSorting] = useState<Sorting>({ column: 'position', descending: false });
  const rows = useMemo(() => rowsOf(network, errorOf, query, sorting), [network, errorOf, query, sorting]);
  const columns = COLUMNS.filter(({ needsRun }) => !needsRun || errorOf.size > 0);
  const { box, first, last, rowHeight } = useWindow(rows.length);
  const at = rows.findIndex(({ node }) => node.name === selected);

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when the selection changes, not when the table does
  useEffect(() => {
    if (at >= 0) scrollToRow(box.current, at, rowHeight);
  }, [selected]);

  const keys = (event: KeyboardEvent): void => {
    // A list of precisions inside has these keys itself.
    if (event.target instanceof HTMLSelectElement) return;
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -rows.length, End: rows.length }[
      event.key
    ];
    if (by === undefined) return;
    event.preventDefault();
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) select(next.node.name);
  };

  return (
    <div className="layer-table" data-errors={errorOf.size > 0 || undefined}>
      <div
        ref={box}
        className="table-scroll"
        role="grid"
        aria-label="Nodes"
        aria-rowcount={rows.length + 1}
        tabIndex={0}
        onKeyDown={keys}
      >
        <div role="row" className="table-head" aria-rowindex={1}>
          {columns.map(({ id, label, numeric }) => (
            <div
              key={id}
              role="columnheader"
              aria-sort={sorting.column === id ? (sorting.descending ? 'descending' : 'ascending') : 'none'}
              className={numeric ? 'number' : ''}
              data-column={id}
            >
              <button
                type="button"
                onClick={() =>
                  setSorting({ column: id, descending: sorting.column === id && !sorting.descending })
                }
              >
                {label}
                {sorting.column === id && <span aria-hidden="true">{sorting.descending ? ' ↓' : ' ↑'}</span>}
              </button>
            </div>
          ))}
          <div role="columnheader" data-column="precision">
            Precision
          </div>
        </div>
        <div style={{ height: first * rowHeight }} role="presentation" />
        {rows.slice(first, last).map((row, index) => (
          <RowLine
            key={row.node.name}
            row={row}
            index={first + index}
            selected={row.node.name === selected}
            withErrors={errorOf.size > 0}
          />
        ))}
        <div style={{ height: (rows.length - last) * rowHeight }} role="presentation" />
      </div>
      {rows.length === 0 && (
        <p className="table-none small muted">
          No node matches “{query}”.{' '}
          <button type="button" className="node-link" onClick={() => setState({ query: '' })}>
            Show all
          </button>
        </p>
      )}
    </div>
  );
}

interface LineProps {
  readonly row: Row;
  readonly index: number;
  readonly selected: boolean;
  readonly withErrors: boolean;
}

function RowLine({ row, index, selected, withErrors }: LineProps) {
  const { node, error } = row;
  const canChoose = useCanChoose(node);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      role="row"
      className={`table-row unit-${node.unit}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      onClick={() => select(node.name)}
    >
      <Cell column="position" numeric>
        {row.position}
      </Cell>
      <Cell column="operator">{row.title}</Cell>
      <Cell column="name" title={node.name}>
        <span className="mono">{node.label}</span>
      </Cell>
      <Cell column="shape">{row.shape}</Cell>
      <Cell column="unit" title={node.reasons.join(' ')}>
        <span className="unit-badge">{node.segment}</span>
      </Cell>
      <Cell column="macs" numeric>
        {node.multiplyAccumulates > 0 ? count(node.multiplyAccumulates) : ''}
      </Cell>
      <Cell column="parameters" numeric>
        {node.parameters > 0 ? count(node.parameters) : ''}
      </Cell>
      {withErrors && (
        <>
          <Cell column="sqnr" numeric>
            {error && <Heat sqnr={error.sqnr} />}
          </Cell>
          <Cell column="own" numeric>
            {error && <Heat sqnr={error.local.sqnr} />}
          </Cell>
          <Cell column="cosine" numeric>
            {error?.cosine.toFixed(4)}
          </Cell>
        </>
      )}
      <Cell column="precision">{canChoose && <PrecisionSelect node={node} />}</Cell>
    </div>
  );
}

function Heat({ sqnr }: { readonly sqnr: number }) {
  return (
    <span className="heat-cell" style={{ '--amount': `${Math.round(tintOf(sqnr) * 60)}%` }}>
      {decibels(sqnr)}
    </span>
  );
}

interface CellProps {
  readonly column: Column | 'precision';
  readonly children?: ReactNode;
  readonly numeric?: boolean;
  readonly title?: string;
}

function Cell({ column, children, numeric = false, title }: CellProps) {
  return (
    <div role="gridcell" className={numeric ? 'number' : ''} data-column={column} title={title || undefined}>
      {children}
    </div>
  );
}

/** Which rows are in view. */
function useWindow(total: number) {
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ first: 0, last: 40, rowHeight: 26 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const update = (): void => {
      const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 26;
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - OVERSCAN);
      const last = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + OVERSCAN;
      setRange((before) =>
        before.first === first && before.last === last && before.rowHeight === rowHeight
          ? before
          : { first, last, rowHeight },
      );
    };
    update();
    element.addEventListener('scroll', update, { passive: true });
    const observer = new ResizeObserver(update);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', update);
      observer.disconnect();
    };
  }, []);
  const last = Math.min(total, range.last);
  return { box, first: Math.min(range.first, last), last, rowHeight: range.rowHeight };
}

function scrollToRow(box: HTMLDivElement | null, index: number, rowHeight: number): void {
  if (!box) return;
  const top = index * rowHeight;
  const room = box.clientHeight - 2 * rowHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + room) box.scrollTop = top - room;
}
