// Tables of the report.

import { html, type Markup, type MarkupValue } from './markup.js';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => MarkupValue;
  /** Numbers are aligned to the right; names may be long. */
  readonly kind?: 'number' | 'name';
  /** What a sortable table goes by, where it is not the text. */
  readonly value?: (row: Row) => number;
}

export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { sortable = false }: { readonly sortable?: boolean } = {},
): Markup {
  const kindOf = ({ kind }: Column<Row>): Markup | undefined =>
    kind === undefined ? undefined : html` class="${kind === 'number' ? 'n' : 'name'}"`;
  const head = columns.map(
    (column) =>
      html`<th scope="col"${kindOf(column)}>${sortable ? html`<button type="button">${column.head}</button>` : column.head}</th>`,
  );
  const lines = rows.map((row) => {
    const cells = columns.map((column) => {
      const value = sortable && column.value ? html` data-v="${column.value(row)}"` : undefined;
      return html`<td${kindOf(column)}${value}>${column.cell(row)}</td>`;
    });
    return html`<tr>${cells}</tr>\n`;
  });
  return html`<div class="scroll" tabindex="0"><table${sortable ? html` class="sortable"` : undefined}><thead><tr>${head}</tr></thead><tbody>${lines}</tbody></table></div>`;
}
