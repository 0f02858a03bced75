// The table's rows: filtered and sorted.

import type { NodeError, NodeInfo } from 'octet-quant';
import { shapeText } from 'octet-quant/display';
import { matches, type Network } from '../model/network';

export interface Row {
  readonly position: number;
  readonly node: NodeInfo;
  readonly title: string;
  readonly shape: string;
  readonly error: NodeError | undefined;
}

export type Column =
  | 'position'
  | 'name'
  | 'operator'
  | 'shape'
  | 'unit'
  | 'macs'
  | 'parameters'
  | 'sqnr'
  | 'own'
  | 'cosine';

export interface Sorting {
  readonly column: Column;
  readonly descending: boolean;
}

export function rowsOf(
  network: Network,
  errorOf: ReadonlyMap<string, NodeError>,
  query: string,
  sorting: Sorting,
): readonly Row[] {
  const rows: Row[] = [];
  let position = 0;
  for (const node of network.nodes) {
    if (node.kind !== 'operator') continue;
    position += 1;
    if (!matches(node, query)) continue;
    const output = network.tensors.get(node.node.outputs[0] ?? '');
    rows.push({
      position,
      node: node.node,
      title: node.title,
      shape: output ? shapeText(output.shape) : '',
      error: errorOf.get(node.id),
    });
  }
  const sign = sorting.descending ? -1 : 1;
  return rows.sort(
    (a, b) =>
      sign * compare(columnValue(a, sorting.column), columnValue(b, sorting.column)) ||
      a.position - b.position,
  );
}

function columnValue(row: Row, column: Column): string | number {
  switch (column) {
    case 'position':
      return row.position;
    case 'name':
      return row.node.label;
    case 'operator':
      return row.title;
    case 'shape':
      return row.shape;
    case 'unit':
      return `${row.node.unit} ${row.node.segment}`;
    case 'macs':
      return row.node.multiplyAccumulates;
    case 'parameters':
      return row.node.parameters;
    case 'sqnr':
      return row.error?.sqnr ?? Number.POSITIVE_INFINITY;
    case 'own':
      return row.error?.local.sqnr ?? Number.POSITIVE_INFINITY;
    case 'cosine':
      return row.error?.cosine ?? 2;
  }
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : a < b ? -1 : 1;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
