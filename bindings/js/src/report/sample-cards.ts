// What came out for a few samples, before and after.

import { decibels, figure, shapeText } from '../display.js';
import type { Box } from '../statistics/types.js';
import { ratio, scatter } from './charts.js';
import { html, type Markup } from './markup.js';
import { table } from './table.js';
import type { Report, ReportOutput, ReportSample } from './types.js';

export function samples({ samples: shown }: Report): Markup | undefined {
  if (shown.length === 0) return undefined;
  return html`<section><h2>Before and after</h2>
<p class="soft small">A few samples, as the model sees them, with what the float and the quantized model make of them.</p>
<div class="samples">${shown.map(card)}</div></section>`;
}

function card({ name, input, outputs }: ReportSample): Markup {
  const found = outputs.flatMap((output) => (output.kind === 'boxes' ? [boxes(output)] : []));
  const seen =
    input === undefined
      ? undefined
      : html`<div class="${found.length > 0 ? 'overlaid' : 'seen'}"><img src="${input}" alt="What the model sees of ${name}">${found}</div>`;
  return html`<article class="sample"><h3>${name}</h3>${seen}${outputs.map(outputOf)}</article>`;
}

function outputOf(output: ReportOutput): Markup {
  const { tensor, shape, sqnr } = output;
  return html`<p class="small soft">${tensor}, ${shapeText(shape)}: ${decibels(ratio(sqnr))}</p>${contentsOf(output)}`;
}

function contentsOf(output: ReportOutput): Markup {
  switch (output.kind) {
    case 'classes':
      return table(
        [
          { head: 'Class', cell: ({ label }) => label, kind: 'name' },
          { head: 'Float', cell: ({ float }) => figure(float), kind: 'number' },
          { head: 'Quantized', cell: ({ quantized }) => figure(quantized), kind: 'number' },
        ],
        output.classes,
      );
    case 'picture':
      return html`<div class="pictures"><figure><img src="${output.float}" alt="Float output ${output.tensor}"><figcaption>Float, ${figure(output.low)} to ${figure(output.high)}</figcaption></figure><figure><img src="${output.quantized}" alt="Quantized output ${output.tensor}"><figcaption>Quantized</figcaption></figure></div>`;
    case 'boxes':
      if (output.float.length + output.quantized.length === 0)
        return html`<p class="small">Nothing found.</p>`;
      return table(
        [
          { head: 'Found', cell: ({ what }) => what },
          { head: 'Class', cell: ({ label }) => label, kind: 'name' },
          { head: 'Score', cell: ({ score }) => figure(score), kind: 'number' },
        ],
        [
          ...output.float.map((box) => ({ what: html`<span class="was">float</span>`, ...box })),
          ...output.quantized.map((box) => ({ what: html`<span class="is">quantized</span>`, ...box })),
        ],
      );
    case 'numbers':
      return scatter(output);
  }
}

/** What both models find, over the picture of the input. */
function boxes({ float, quantized }: Extract<ReportOutput, { kind: 'boxes' }>): Markup {
  const outline = ({ left, top, right, bottom }: Box, kind: string): Markup =>
    html`<rect class="${kind}" x="${left}" y="${top}" width="${Math.max(0, right - left)}" height="${Math.max(0, bottom - top)}"/>`;
  return html`<svg viewBox="0 0 1 1" preserveAspectRatio="none" role="img" aria-label="${float.length} boxes found in float, ${quantized.length} quantized">${float.map((box) => outline(box, 'was'))}${quantized.map((box) => outline(box, 'is'))}</svg>`;
}
