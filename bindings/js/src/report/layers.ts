// All layers of a report: a table, and what is known of each.

import { count, decibels, figure, percent, shapeText, share } from '../display.js';
import { channelBars, histogram, ratio } from './charts.js';
import { html, type Markup } from './markup.js';
import { partTable } from './parts.js';
import { type Column, table } from './table.js';
import type { Report, ReportNode, ReportRange, ReportWeights } from './types.js';

export function layers(report: Report): Markup {
  const ranges = new Map(report.ranges.map((range) => [range.tensor, range]));
  const weights = new Map(report.weights.map((some) => [some.node, some]));
  const inputs = report.inputs.flatMap(({ name }) => ranges.get(name) ?? []);
  return html`<section><h2>All layers</h2>
${table(columnsOf(report), [...report.nodes.keys()], { sortable: true })}
<h2>Layer by layer</h2>
<p class="soft small">The values of each layer over some samples with the range that was chosen, and its weights by channel.</p>
${inputs.map((range) => html`<details><summary>Input <span class="soft">${range.tensor}</span></summary><div>${rangeOf(range)}</div></details>`)}
${report.nodes.map((node, index) => detail(node, index, ranges.get(node.tensor), weights.get(node.name)))}</section>`;
}

function columnsOf({ nodes }: Report): readonly Column<number>[] {
  const measured = nodes.some(({ error }) => error !== undefined);
  const of = (index: number): ReportNode | undefined => nodes[index];
  const number = (
    head: string,
    value: (node: ReportNode) => number,
    cell: (value: number) => string,
  ): Column<number> => ({
    head,
    kind: 'number',
    value: (index) => value(of(index) as ReportNode),
    cell: (index) => cell(value(of(index) as ReportNode)),
  });
  const errors = [
    number('SQNR', ({ error }) => ratio(error?.sqnr), decibels),
    number('Own', ({ error }) => ratio(error?.local.sqnr), decibels),
    number(
      'Cosine',
      ({ error }) => error?.cosine ?? 1,
      (value) => value.toFixed(5),
    ),
    number('Largest error', ({ error }) => error?.maxError ?? 0, figure),
  ];
  return [
    { head: 'No.', kind: 'number', value: (index) => index, cell: (index) => index + 1 },
    {
      head: 'Layer',
      kind: 'name',
      cell: (index) => html`<a href="#node-${index}" title="${of(index)?.name}">${of(index)?.label}</a>`,
    },
    { head: 'Operator', cell: (index) => of(index)?.operator },
    { head: 'Output', kind: 'number', cell: (index) => shapeText(of(index)?.shape ?? []) },
    {
      head: 'Unit',
      cell: (index) => html`<span class="unit unit-${of(index)?.unit}">${of(index)?.unit}</span>`,
    },
    { head: 'Precision', cell: (index) => of(index)?.precision },
    number(
      'MACs',
      ({ multiplyAccumulates }) => multiplyAccumulates,
      (value) => (value === 0 ? '' : count(value)),
    ),
    number(
      'Parameters',
      ({ parameters }) => parameters,
      (value) => (value === 0 ? '' : count(value)),
    ),
    ...(measured ? errors : []),
  ];
}

function detail(
  node: ReportNode,
  index: number,
  range: ReportRange | undefined,
  weights: ReportWeights | undefined,
): Markup {
  const { name, label, operator, unit, segment, precision, error, reasons, causes, parts } = node;
  const ratios = error
    ? `${decibels(ratio(error.sqnr))} piled up, its own ${decibels(ratio(error.local.sqnr))}`
    : undefined;
  return html`<details><summary>${index + 1}. ${label} <span class="soft">${operator}${ratios === undefined ? '' : `, ${ratios}`}</span></summary><div>
<h3 id="node-${index}">${name}</h3>
<p class="small soft"><span class="unit unit-${unit}">${segment || unit}</span>${precision === '' ? '' : `, ${precision}`}${error ? `, mean squared error ${figure(error.mse)} (its own ${figure(error.local.mse)}), mean absolute error ${figure(error.mae)}, cosine ${error.cosine.toFixed(6)}, largest error ${figure(error.maxError)}` : ''}</p>
${reasons.map((reason) => html`<p>${reason}</p>`)}
${noiseOf(node)}
${parts === undefined ? undefined : partTable(parts)}
${causes.map(({ sentence, remedy }) => html`<p class="cause">${sentence} <span class="soft">${remedy}</span></p>`)}
<div class="detail">${range ? html`<div>${rangeOf(range)}</div>` : undefined}${weights ? html`<div>${channelBars(weights)}<p class="small soft">Weights in ${weights.bits} bits, ${weights.limits.length > 1 ? 'a scale for each channel' : 'one scale'}.</p></div>` : undefined}</div></div></details>
`;
}

/** What the node's own noise consists of. */
function noiseOf({ noise, saturation = 0 }: ReportNode): Markup | undefined {
  const sentences = [
    ...(noise === undefined || noise.weights === 0
      ? []
      : [`Of its own noise, rounded weights make ${percent(noise.weights, 0)}, activations the rest.`]),
    ...(saturation === 0
      ? []
      : [`${share(saturation)} of its integers are at an end of their range where float values are not.`]),
  ];
  return sentences.length === 0 ? undefined : html`<p class="small soft">${sentences.join(' ')}</p>`;
}

function rangeOf(range: ReportRange): Markup {
  const { observed, chosen, scale, zeroPoint } = range;
  const pair = ([low, high]: readonly [number, number]): string => `${figure(low)} to ${figure(high)}`;
  return html`${range.histogram ? histogram(range) : undefined}<p class="small soft">Seen ${pair(observed)}, chosen ${pair(chosen)}; scale ${figure(scale)}, zero point ${figure(zeroPoint)}.</p>`;
}
