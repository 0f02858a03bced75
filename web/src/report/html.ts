// The report as one HTML file: no script, no address, nothing to load.

import { heatOf } from '../graph/heat';
import type { Network } from '../graph/network';
import { bytes, count, decibels, figure, milliseconds, percent } from '../graph/words';
import { outputError, scoresOf, withLabels, worstErrors } from '../state/derive';
import type { LoadedModel, Run } from '../state/types';

const STYLE = `
:root{color-scheme:light dark;--ink:#151a18;--soft:#5a6360;--line:#d9dddb;--ground:#fff;--heat:#c2184b;--pale:#eeb4c6}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecea;--soft:#98a19e;--line:#2f373a;--ground:#141819;--heat:#ff6590;--pale:#6b2f42}}
body{margin:0 auto;max-width:1000px;padding:32px 20px 60px;font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;color:var(--ink);background:var(--ground)}
h1{font-size:24px;margin:0 0 4px}h2{font-size:16px;margin:36px 0 8px}p{margin:4px 0}.soft{color:var(--soft)}
dl{display:flex;flex-wrap:wrap;gap:12px 36px;margin:20px 0}dt{font-size:12px;color:var(--soft)}dd{margin:0;font-size:20px;font-weight:600}
table{border-collapse:collapse;width:100%;font-size:12px}th{text-align:left;font-weight:500;color:var(--soft)}th,td{padding:3px 10px 3px 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}td{overflow-wrap:anywhere}svg{display:block;width:100%;height:140px}pre{font-size:12px;overflow:auto;padding:12px;border:1px solid var(--line)}`;

export function reportHtml(run: Run, model: LoadedModel, network: Network): string {
  const title = `${model.fileName}: ${run.name}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(model.fileName)}</h1>
<p class="soft">${escapeHtml(run.name)}, quantized for ${run.target} by Octet ${escapeHtml(run.report.provenance.octetVersion)} on ${new Date(run.finishedAt).toISOString().slice(0, 10)}, ${run.calibrationImages > 0 ? `with ${run.calibrationImages} images to find ranges` : 'with the scales of the file'} and ${run.compareImages} images to compare on.</p>
${figures(run, model)}
<h2>Error along the network</h2>
<p class="soft">Signal to quantization noise of each layer's output; taller is worse, flat is 40 dB and better. Wide: with the errors of all layers before it. Narrow and dark: of the layer alone, on exact inputs.</p>
${bars(run)}
<h2>Worst layers</h2>
${table(
  ['Layer', 'Operator', 'Unit', 'Own SQNR', 'SQNR', 'Cosine', 'Largest error'],
  worstErrors(run, 'own')
    .slice(0, 20)
    .map((error) => [
      error.label,
      error.operator,
      error.unit,
      decibels(error.local.sqnr),
      decibels(error.sqnr),
      error.cosine.toFixed(5),
      figure(error.maxError),
    ]),
  3,
)}
<h2>Placement</h2>
${table(
  ['Unit', 'Nodes', 'Multiply-accumulates', 'Parameters'],
  run.report.partition.units.map((unit) => [
    unit.unit,
    String(unit.nodes),
    count(unit.multiplyAccumulates),
    count(unit.parameters),
  ]),
  1,
)}
${reasons(run, model)}
<h2>All layers</h2>
${allLayers(run, network)}
${run.report.warnings.length > 0 ? `<h2>Warnings</h2>${run.report.warnings.map((warning) => `<p>${escapeHtml(withLabels(warning))}</p>`).join('')}` : ''}
<h2>Settings</h2>
<pre>${escapeHtml(JSON.stringify({ target: run.target, quantization: run.settings, preprocessing: run.preprocessing }, null, 2))}</pre>
</body></html>
`;
}

function figures(run: Run, model: LoadedModel): string {
  const scores = run.classification && scoresOf(run.classification);
  const atOutput = outputError(run, model.info);
  const size = run.sizes.tflite;
  const entries: [string, string][] = [];
  if (scores?.floatAccuracy !== undefined && scores.quantizedAccuracy !== undefined) {
    entries.push([
      'Accuracy',
      `${percent(scores.floatAccuracy, 2)} → ${percent(scores.quantizedAccuracy, 2)}`,
    ]);
  }
  if (scores) entries.push(['Same answer', percent(scores.agreement, 2)]);
  if (atOutput !== undefined) entries.push(['Signal to noise at the output', decibels(atOutput)]);
  if (size !== undefined) entries.push(['Size', `${bytes(run.sizes.source)} → ${bytes(size)}`]);
  if (run.timing)
    entries.push([
      'Time in the browser',
      `${milliseconds(run.timing.float)} → ${milliseconds(run.timing.quantized)}`,
    ]);
  return `<dl>${entries.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`;
}

function bars(run: Run): string {
  const step = 1000 / Math.max(1, run.errors.length);
  const bar = (index: number, sqnr: number, width: number, fill: string): string => {
    const height = Math.max(0.5, heatOf(sqnr) * 100);
    return `<rect x="${((index + 0.5) * step - width / 2).toFixed(2)}" y="${(100 - height).toFixed(2)}" width="${width.toFixed(2)}" height="${height.toFixed(2)}" fill="${fill}"/>`;
  };
  const shapes = run.errors.map((error, index) => {
    const title = `${escapeHtml(error.label)}: ${decibels(error.sqnr)}, its own ${decibels(error.local.sqnr)}`;
    return `<g><title>${title}</title>${bar(index, error.sqnr, step * 0.8, 'var(--pale)')}${bar(index, error.local.sqnr, step * 0.4, 'var(--heat)')}</g>`;
  });
  return `<svg viewBox="0 0 1000 100" preserveAspectRatio="none">${shapes.join('')}</svg>`;
}

function reasons(run: Run, model: LoadedModel): string {
  const labelOf = new Map(model.info.nodes.map(({ name, label }) => [name, label]));
  const off = run.report.nodes.filter((node) => node.reasons.length > 0);
  if (off.length === 0) return '';
  return `<h2>Not on the accelerator</h2>${table(
    ['Node', 'Operator', 'Unit', 'Why'],
    off.map((node) => [
      labelOf.get(node.name) ?? node.name,
      node.operator,
      node.unit,
      node.reasons.join(' '),
    ]),
    99,
  )}`;
}

function allLayers(run: Run, network: Network): string {
  const quantization = new Map(run.report.tensors.map((record) => [record.tensor, record]));
  const errorOf = new Map(run.errors.map((error) => [error.node, error]));
  const lines = network.nodes.flatMap((node) => {
    if (node.kind !== 'operator') return [];
    const record = quantization.get(node.node.outputs[0] ?? '');
    const error = errorOf.get(node.id);
    return [
      [
        node.node.label,
        node.title,
        node.detail,
        node.node.segment,
        record ? figure(record.scale) : '',
        record ? figure(record.zeroPoint) : '',
        record ? `${figure(record.chosen[0])} to ${figure(record.chosen[1])}` : '',
        error ? decibels(error.sqnr) : '',
        error ? decibels(error.local.sqnr) : '',
      ],
    ];
  });
  return table(
    ['Layer', 'Operator', 'Output', 'Segment', 'Scale', 'Zero point', 'Range', 'SQNR', 'Own'],
    lines,
    4,
  );
}

/** Columns from `firstNumber` on are figures. */
function table(head: readonly string[], rows: readonly (readonly string[])[], firstNumber: number): string {
  const attribute = (column: number): string => (column >= firstNumber ? ' class="n"' : '');
  const headLine = head.map((text, column) => `<th${attribute(column)}>${escapeHtml(text)}</th>`).join('');
  const lines = rows.map(
    (row) =>
      `<tr>${row.map((text, column) => `<td${attribute(column)}>${escapeHtml(text)}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr>${headLine}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
