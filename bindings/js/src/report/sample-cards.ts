// What came out for a few samples, before and after.

import { decibels, figure, shapeText } from '../display.js';
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
  return html`<article class="sample"><h3>${name}</h3>${input === undefined ? undefined : html`<img src="${input}" alt="What the model sees of ${name}">`}${outputs.map(outputOf)}</article>`;
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
    case 'numbers':
      return scatter(output);
  }
}
