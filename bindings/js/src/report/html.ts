// The report as one HTML file: nothing to load, and nothing that may run but the sorting of tables.

import {
  bytes,
  count,
  decibels,
  figure,
  methodSentence,
  milliseconds,
  percent,
  shapeText,
  shortName,
  withLabels,
} from '../display.js';
import type { Target } from '../types.js';
import { errorBars, precisionCurve, ratio } from './charts.js';
import { layers } from './layers.js';
import { html, Markup } from './markup.js';
import { outputParts } from './parts.js';
import { samples } from './sample-cards.js';
import { SCRIPT, SCRIPT_HASH, STYLE } from './style.js';
import { type Column, table } from './table.js';
import type { Report, ReportNode } from './types.js';

const WORST_LAYERS = 12;
const TARGETS: Readonly<Record<Target, string>> = {
  gen1: 'MLSoC (gen1)',
  gen2: 'Modalix (gen2)',
  tflite: 'TFLite',
};

/** A report as the text of one HTML file that needs nothing else, light or dark as the reader's system is. */
export function reportHtml(report: Report): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src '${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${report.title}: quantization report</title><style>${new Markup(STYLE)}</style></head><body>
<header><h1>${report.title}</h1>${introduction(report)}</header>
<main>
${summary(report)}
${outputParts(report)}
${errors(report)}
${feedback(report)}
${mixedPrecision(report)}
${samples(report)}
${placement(report)}
${layers(report)}
${notes(report)}
${settings(report)}
</main>
<script>${new Markup(SCRIPT)}</script>
</body></html>
`.text;
}

function introduction(report: Report): Markup {
  const { title, target, transforms, provenance } = report;
  const { octetVersion, modelFile, comparedSamples, date } = provenance;
  const what = transforms === undefined ? 'quantized' : 'pre- or post-processing';
  const named =
    modelFile === undefined || modelFile === title ? undefined : html`<strong>${modelFile}</strong>, `;
  const compared =
    comparedSamples > 0 ? `, ${comparedSamples.toLocaleString('en')} samples to compare on` : '';
  return html`<p class="soft">${named}${named === undefined ? `${what.charAt(0).toUpperCase()}${what.slice(1)}` : what} for ${TARGETS[target]} by Octet ${octetVersion}${date === undefined ? '' : ` on ${date}`}${rangesFrom(report)}${compared}.</p>`;
}

function rangesFrom({
  transforms,
  settings: { calibration },
  provenance: { calibrationSamples },
}: Report): string {
  if (transforms !== undefined) return '';
  return calibrationSamples > 0
    ? `, ${calibrationSamples.toLocaleString('en')} samples to find ranges (${calibration.method})`
    : ', with the scales of the file';
}

function summary(report: Report): Markup {
  const { accuracy, sizes, times, outputs, nodes } = report;
  const change = (before: string, after: string): string => `${before} → ${after}`;
  const share = (value: number): string => percent(value, 2);
  const entries: [string, string, string?][] = accuracy.map(
    ({ statistic, samples: number, float, quantized }) => [
      statistic,
      [float, quantized].flatMap((value) => (value === undefined ? [] : [share(value)])).join(' → '),
      `${number.toLocaleString('en')} samples`,
    ],
  );
  for (const { name } of outputs) {
    const error = nodes.find(({ tensor }) => tensor === name)?.error;
    if (error) entries.push(['Signal to noise at the output', decibels(ratio(error.sqnr)), name]);
  }
  entries.push([
    'Weights and biases',
    change(bytes(sizes.floatConstantBytes), bytes(sizes.quantizedConstantBytes)),
    'in memory',
  ]);
  if (sizes.tfliteBytes !== undefined)
    entries.push([
      'File',
      change(bytes(sizes.sourceBytes), bytes(sizes.tfliteBytes)),
      '.tflite before and after',
    ]);
  if (times)
    entries.push([
      'Time of a sample',
      change(milliseconds(times.float), milliseconds(times.quantized)),
      'emulated here',
    ]);
  const macs = nodes.reduce((sum, node) => sum + node.multiplyAccumulates, 0);
  const onMla = report.partition.units.find(({ unit }) => unit === 'MLA')?.multiplyAccumulates ?? 0;
  entries.push([
    report.target === 'tflite' ? 'In integers' : 'On the accelerator',
    macs > 0 ? percent(onMla / macs) : '–',
    `of ${count(macs)} multiply-accumulates`,
  ]);
  return html`<dl>${entries.map(([name, value, what]) => html`<div><dt>${name}</dt><dd>${unbroken(value)}${what === undefined ? undefined : html`<small>${what}</small>`}</dd></div>`)}</dl>`;
}

/** Without breaks between figures and their units. */
function unbroken(value: string): string {
  return value.replaceAll(/(?<=[\d.]) (?=[%A-Za-z])/g, '\u00a0');
}

function errors({ nodes }: Report): Markup | undefined {
  const measured = nodes.filter(({ error }) => error !== undefined);
  if (measured.length === 0) return undefined;
  const own = (node: ReportNode): number => ratio(node.error?.local.sqnr);
  const worst = [...measured]
    .sort((a, b) => (own(a) === own(b) ? 0 : own(a) - own(b)))
    .slice(0, WORST_LAYERS);
  return html`<section><h2>Error along the network</h2>
<p class="soft small">Signal to quantization noise of each layer's output: taller is worse, flat is 40 dB and better. Wide: with the errors of all layers before it. Narrow: of the layer alone, on exact inputs.</p>
${errorBars(nodes)}
<h2>Layers that add most</h2>
${table(
  [
    { head: 'Layer', cell: (node) => nodeAndOperator(node, nodes), kind: 'name' },
    { head: 'Own SQNR', cell: (node) => decibels(own(node)), kind: 'number' },
    { head: 'Piled up', cell: ({ error }) => decibels(ratio(error?.sqnr)), kind: 'number' },
    ...(worst.some(({ causes }) => causes.length > 0) ? [CAUSES] : []),
  ],
  worst,
)}</section>`;
}

const CAUSES: Column<ReportNode> = {
  head: 'Why',
  cell: ({ causes }) =>
    causes.map(
      ({ sentence, remedy }) => html`<div>${withLabels(sentence)} <span class="soft">${remedy}</span></div>`,
    ),
};

function nodeAndOperator(node: ReportNode, nodes: readonly ReportNode[]): Markup {
  return html`${nodeLink(node, nodes)} <span class="soft">${node.operator}</span>`;
}

/** A link to what the report says of a node. */
function nodeLink(node: ReportNode, nodes: readonly ReportNode[]): Markup {
  return html`<a href="#node-${nodes.indexOf(node)}" title="${node.name}">${node.label}</a>`;
}

function feedback({ feedback: found, nodes }: Report): Markup | undefined {
  if (found === undefined) return undefined;
  const { initialAccuracy, accuracy, reached, steps } = found;
  const labels = new Map(nodes.map(({ name, label }) => [name, label]));
  const change = (value: number): string => `${value < 0 ? '−' : '+'}${figure(Math.abs(value))}`;
  return html`<section><h2>Quantized until an accuracy was reached</h2>
<p>From ${figure(initialAccuracy)} to ${figure(accuracy)}, which ${reached ? 'reaches the target' : 'misses the target; it is the best that was found'}.</p>
${table(
  [
    {
      head: 'Layers',
      cell: (step) => step.nodes.map((name) => labels.get(name) ?? name).join(', '),
      kind: 'name',
    },
    { head: 'Became', cell: (step) => step.change },
    { head: 'Accuracy', cell: (step) => figure(step.accuracy), kind: 'number' },
    { head: 'Gain', cell: ({ gain }) => change(gain), kind: 'number' },
    { head: 'MACs', cell: ({ cost }) => percent(cost.macs), kind: 'number' },
    { head: 'Segments', cell: ({ cost }) => change(cost.segments), kind: 'number' },
    { head: 'Bytes between', cell: ({ cost }) => change(cost.boundaryBytes), kind: 'number' },
  ],
  steps,
)}</section>`;
}

function mixedPrecision({ mixedPrecision: points = [] }: Report): Markup | undefined {
  if (points.length === 0) return undefined;
  const names = [...new Set(points.flatMap(({ gain }) => Object.keys(gain)))];
  return html`<section><h2>What INT16 gains</h2>
<p class="soft small">Signal to noise at the outputs over the same settings in INT8, with the nodes in INT16 that help most for their share of the multiply-accumulates.</p>
${precisionCurve(points)}
${table(
  [
    { head: 'Share', cell: ({ share }) => percent(share), kind: 'number' },
    { head: 'Nodes', cell: ({ nodes }) => count(nodes), kind: 'number' },
    ...names.map(
      (name): Column<(typeof points)[number]> => ({
        head: name,
        cell: ({ gain }) => (gain[name] === undefined ? '' : signed(gain[name])),
        kind: 'number',
      }),
    ),
  ],
  points,
)}</section>`;
}

function signed(gain: number): string {
  return `${gain < 0 ? '−' : '+'}${Math.abs(gain).toFixed(1)} dB`;
}

function placement({ partition, nodes, target }: Report): Markup {
  const { units, segments, boundaryBytes, notes: together = [] } = partition;
  const reasons = new Map<string, ReportNode[]>();
  for (const node of nodes)
    for (const reason of node.reasons) reasons.set(reason, [...(reasons.get(reason) ?? []), node]);
  const unitName = (unit: string) => html`<span class="unit unit-${unit}">${unit}</span>`;
  return html`<section><h2>Placement</h2>
${table(
  [
    { head: 'Unit', cell: ({ unit }) => unitName(unit) },
    { head: 'Nodes', cell: (share) => count(share.nodes), kind: 'number' },
    { head: 'Multiply-accumulates', cell: (share) => count(share.multiplyAccumulates), kind: 'number' },
    { head: 'Parameters', cell: ({ parameters }) => count(parameters), kind: 'number' },
  ],
  units.filter((share) => share.nodes > 0),
)}
<p>${segments.length > 1 ? `${segments.length} segments; ${bytes(boundaryBytes)} cross between them in one pass.` : 'All in one segment.'}</p>
${segments.length > 1 ? segmentTable(segments) : undefined}
${together.map((sentence) => html`<p>${withLabels(sentence)}</p>`)}
${
  reasons.size === 0
    ? undefined
    : html`<h2>${target === 'tflite' ? "Not in TFLite's integer kernels" : 'Not on the accelerator'}</h2>
${table(
  [
    { head: 'Why', cell: ([reason]) => withLabels(reason) },
    {
      head: 'Nodes',
      cell: ([, some]) =>
        some.map((node, at) => html`${at === 0 ? '' : ', '}${nodeAndOperator(node, nodes)}`),
      kind: 'name',
    },
  ],
  [...reasons],
)}`
}</section>`;
}

function segmentTable(segments: Report['partition']['segments']): Markup {
  return table(
    [
      { head: 'Segment', cell: ({ name, unit }) => html`<span class="unit unit-${unit}">${name}</span>` },
      { head: 'Nodes', cell: ({ nodes }) => count(nodes.length), kind: 'number' },
      { head: 'From', cell: ({ inputs }) => tensorNames(inputs), kind: 'name' },
      { head: 'To', cell: ({ outputs }) => tensorNames(outputs), kind: 'name' },
    ],
    segments,
  );
}

function tensorNames(names: readonly string[]): readonly Markup[] {
  return names.map(
    (name, at) => html`${at === 0 ? '' : ', '}<span title="${name}">${shortName(name)}</span>`,
  );
}

function notes({ warnings, methods = [], exportNotes }: Report): Markup {
  const list = (title: string, sentences: readonly string[]) =>
    sentences.length === 0
      ? undefined
      : html`<h2>${title}</h2>${sentences.map((sentence) => html`<p>${withLabels(sentence)}</p>`)}`;
  return html`<section>${list('Warnings', warnings)}${list('Methods', methods.map(methodSentence))}${list('As a .tflite', exportNotes)}</section>`;
}

function settings(report: Report): Markup {
  const {
    target,
    inputs,
    outputs,
    settings: quantization,
    preprocessing,
    transforms,
    parts,
    provenance,
  } = report;
  const ends = [
    ...inputs.map((tensor) => ({ ...tensor, end: 'input' })),
    ...outputs.map((tensor) => ({ ...tensor, end: 'output' })),
  ];
  return html`<section><h2>Settings and provenance</h2>
${table(
  [
    { head: 'End', cell: ({ end }) => end },
    { head: 'Tensor', cell: ({ name }) => name, kind: 'name' },
    { head: 'Shape', cell: ({ shape }) => shapeText(shape), kind: 'number' },
    { head: 'Type', cell: ({ dtype }) => dtype },
  ],
  ends,
)}
<pre tabindex="0">${JSON.stringify({ target, quantization, preprocessing, transforms, parts, provenance }, null, 2)}</pre></section>`;
}
