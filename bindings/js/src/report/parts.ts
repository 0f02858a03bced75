// Outputs and layers by their parts: channels whose ranges are alike.

import { channelsText, decibels, figure } from '../display.js';
import { ratio } from './charts.js';
import { html, type Markup } from './markup.js';
import { table } from './table.js';
import type { Report, ReportPart } from './types.js';

/** Outputs whose parts differ, or that something is said about. */
export function outputParts({ outputs }: Report): Markup | undefined {
  const told = outputs.flatMap(({ name, error }) =>
    error !== undefined && (error.parts.length > 1 || error.warnings.length > 0) ? [{ name, ...error }] : [],
  );
  if (told.length === 0) return undefined;
  return html`<section><h2>Outputs by their parts</h2>
<p class="soft small">Channels whose ranges are alike, together: the ratio of a whole output is that of its widest channels.</p>
${told.map(
  ({
    name,
    sqnr,
    parts,
    warnings,
  }) => html`<h3>${name} <span class="soft">${decibels(ratio(sqnr))}</span></h3>
${partTable(parts)}
${warnings.map((warning) => html`<p class="cause">${warning}</p>`)}`,
)}</section>`;
}

export function partTable(parts: readonly ReportPart[]): Markup {
  return table(
    [
      {
        head: 'Channels',
        cell: ({ channels, axis }) => `${channelsText(channels)} of axis ${axis}`,
        kind: 'name',
      },
      { head: 'From', cell: ({ low }) => figure(low), kind: 'number' },
      { head: 'To', cell: ({ high }) => figure(high), kind: 'number' },
      { head: 'Step', cell: ({ step }) => (step === undefined ? '' : figure(step)), kind: 'number' },
      { head: 'SQNR', cell: ({ sqnr }) => decibels(ratio(sqnr)), kind: 'number' },
      { head: 'Own', cell: ({ ownSqnr }) => decibels(ratio(ownSqnr)), kind: 'number' },
      { head: 'Lost', cell: ({ lost }) => channelsText(lost) },
    ],
    parts,
  );
}
