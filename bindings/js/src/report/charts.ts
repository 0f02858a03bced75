// The report's charts, as SVG. Their colours are the page's variables; their words stand beside them, in HTML, since they
// are stretched to the width that there is.

import { decibels, figure, heatOf, percent } from '../display.js';
import { html, type Markup } from './markup.js';
import type { ReportNode, ReportOutput, ReportPrecisionPoint, ReportRange, ReportWeights } from './types.js';

const LINES = [10, 20, 30] as const;

/** dB of a figure in which null is the ratio of what is equal. */
export function ratio(sqnr: number | null | undefined): number {
  return sqnr ?? Number.POSITIVE_INFINITY;
}

/** Two bars a node, in network order: wide and pale what has piled up, narrow and strong what it adds itself. */
export function errorBars(nodes: readonly ReportNode[]): Markup {
  const measured = nodes.filter(({ error }) => error !== undefined);
  const step = 1000 / Math.max(1, measured.length);
  const bar = (index: number, sqnr: number, part: number, kind: string): Markup => {
    const height = Math.max(0.6, heatOf(sqnr) * 100);
    const width = step * part;
    return html`<rect class="${kind}" x="${short((index + 0.5) * step - width / 2)}" y="${short(100 - height)}" width="${short(width)}" height="${short(height)}"/>`;
  };
  const bars = measured.map(({ label, operator, error }, index) => {
    const [all, own] = [ratio(error?.sqnr), ratio(error?.local.sqnr)];
    return html`<g><title>${label} (${operator}): ${decibels(all)}, its own ${decibels(own)}</title><rect class="clear" x="${short(index * step)}" y="0" width="${short(step)}" height="100"/>${bar(index, all, 0.8, 'pale')}${bar(index, own, 0.36, 'heat')}</g>`;
  });
  const lines = LINES.map((line) => {
    const y = short(100 - heatOf(line) * 100);
    return html`<line class="grid" x1="0" x2="1000" y1="${y}" y2="${y}"/>`;
  });
  const axis = LINES.map((line) => html`<li style="bottom:${short(heatOf(line) * 100)}%">${line} dB</li>`);
  return html`<div class="bars"><ul aria-hidden="true">${axis}</ul><svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="Error of ${measured.length} layers in network order; the table below has the figures">${lines}${bars}</svg></div>`;
}

/** How often values occur, logarithmically, over the range that was chosen. */
export function histogram({ observed, chosen, histogram: counts = [] }: ReportRange): Markup {
  const low = Math.min(observed[0], chosen[0]);
  const high = Math.max(observed[1], chosen[1]);
  const x = (value: number): number => ((value - low) / (high - low || 1)) * 1000;
  const most = Math.log1p(Math.max(1, ...counts));
  const bin = (observed[1] - observed[0]) / Math.max(1, counts.length);
  const outline = counts.map((count, at) => {
    const height = short(100 - (Math.log1p(count) / most) * 94);
    return `V${height}H${short(x(observed[0] + (at + 1) * bin))}`;
  });
  const edges = chosen.map(
    (edge) => html`<line class="edge" x1="${short(x(edge))}" x2="${short(x(edge))}" y1="0" y2="100"/>`,
  );
  return html`<figure><svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="Values from ${figure(observed[0])} to ${figure(observed[1])}; range chosen ${figure(chosen[0])} to ${figure(chosen[1])}"><rect class="chosen" x="${short(x(chosen[0]))}" width="${short(Math.max(1, x(chosen[1]) - x(chosen[0])))}" y="0" height="100"/><path class="ink" d="M${short(x(observed[0]))} 100${outline.join('')}V100Z"/>${edges}</svg><figcaption><span>${figure(low)}</span><span>values, logarithmic; range chosen in blue</span><span>${figure(high)}</span></figcaption></figure>`;
}

/** The largest weight of each channel, under the largest that its scale holds. */
export function channelBars({ largest, limits }: ReportWeights): Markup {
  const limitOf = (channel: number): number => limits[channel] ?? limits[0] ?? 0;
  const most = Math.max(...largest, ...limits) || 1;
  const step = 1000 / largest.length;
  const outline = (heightOf: (channel: number) => number): string =>
    `M0 100${largest.map((_, channel) => `V${short(100 - (heightOf(channel) / most) * 96)}H${short((channel + 1) * step)}`).join('')}V100Z`;
  const used = largest.map((value, channel) => value / (limitOf(channel) || 1));
  return html`<figure><svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="Largest weights of ${largest.length} channels, from ${figure(Math.min(...largest))} to ${figure(Math.max(...largest))}"><path class="chosen" d="${outline(limitOf)}"/><path class="ink" d="${outline((channel) => largest[channel] ?? 0)}"/></svg><figcaption><span>±${figure(Math.min(...largest))} the narrowest of ${largest.length} channels</span><span>at least ${percent(Math.min(...used), 0)} of its scale used</span><span>±${figure(Math.max(...largest))} the widest</span></figcaption></figure>`;
}

/** Quantized values against float ones: equal ones lie on the line. */
export function scatter({ float, quantized }: Extract<ReportOutput, { kind: 'numbers' }>): Markup {
  const low = Math.min(...float, ...quantized);
  const high = Math.max(...float, ...quantized);
  const at = (value: number): string => short(3 + ((value - low) / (high - low || 1)) * 94);
  const points = float.map(
    (value, index) =>
      html`<circle cx="${at(value)}" cy="${short(100 - Number(at(quantized[index] ?? 0)))}" r="0.9"/>`,
  );
  return html`<figure class="scatter"><svg viewBox="0 0 100 100" role="img" aria-label="${float.length} values, float to the right and quantized upwards, from ${figure(low)} to ${figure(high)}"><line class="grid" x1="3" y1="97" x2="97" y2="3"/><g class="dots">${points}</g></svg><figcaption><span>${figure(low)}</span><span>float →, quantized ↑</span><span>${figure(high)}</span></figcaption></figure>`;
}

/** Gain over plain INT8 at each output, against the share of multiply-accumulates in INT16. */
export function precisionCurve(points: readonly ReportPrecisionPoint[]): Markup {
  const names = [...new Set(points.flatMap(({ gain }) => Object.keys(gain)))];
  const most = Math.max(1, ...points.flatMap(({ gain }) => Object.values(gain)));
  const widest = Math.max(...points.map(({ share }) => share)) || 1;
  // Small shares gain most: the root gives them room.
  const x = (share: number): number => Math.sqrt(share / widest) * 1000;
  const y = (gain: number): number => 98 - (Math.max(0, gain) / most) * 94;
  const lines = names.map((name, index) => {
    const path = points.flatMap(({ share, gain }) => {
      const value = gain[name];
      return value === undefined ? [] : [`${short(x(share))} ${short(y(value))}`];
    });
    return html`<path class="line line-${index % 4}" d="M${path.join('L')}"><title>${name}</title></path>`;
  });
  const legend = names.map((name, index) => html`<li class="line-${index % 4}">${name}</li>`);
  return html`<figure><svg class="tall" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="Gain in dB against the share of multiply-accumulates in INT16; the table below has the figures">${lines}</svg><figcaption><span>0 %</span><span>share of multiply-accumulates in INT16; up to +${figure(most)} dB</span><span>${percent(widest, 0)}</span></figcaption><ul class="legend">${legend}</ul></figure>`;
}

/** A coordinate with two decimals, at most. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
