// Two bars a layer in network order, on the scale of heat.ts: wide and pale what has piled up, narrow and strong what
// the layer adds itself. A click selects the layer.

import type { NodeError } from 'octet-quant';
import { CALM_DB, decibels, HOT_DB, heatOf } from 'octet-quant/display';
import { type PointerEvent, useState } from 'react';
import type { Network } from '../model/network';
import { select, useStore } from '../state/store';

const LINES = [10, 20, 30] as const;

interface Props {
  readonly errors: readonly NodeError[];
  readonly network: Network;
  readonly marked: ReadonlySet<string>;
}

export function ErrorBars({ errors, network, marked }: Props) {
  const selected = useStore((state) => state.selected);
  const [pointed, setPointed] = useState<number>();
  const shown = errors[pointed ?? errors.findIndex(({ node }) => node === selected)];
  const step = 1000 / errors.length;

  const at = (event: PointerEvent<SVGSVGElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(
      errors.length - 1,
      Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * errors.length)),
    );
  };

  return (
    <>
      <div className="bars-stage">
        <ul className="bars-axis" aria-hidden="true">
          {LINES.map((line) => (
            <li key={line} style={{ bottom: `${heatOf(line) * 100}%` }}>
              {line} dB
            </li>
          ))}
          <li style={{ bottom: 0 }}>{CALM_DB} dB</li>
        </ul>
        <svg
          className="bars"
          viewBox="0 0 1000 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={`Error of ${errors.length} layers in network order; the list beside has the figures`}
          onPointerMove={(event) => setPointed(at(event))}
          onPointerLeave={() => setPointed(undefined)}
          onPointerDown={(event) => select(errors[at(event)]?.node)}
        >
          {LINES.map((line) => (
            <line
              key={line}
              x1="0"
              x2="1000"
              y1={100 - heatOf(line) * 100}
              y2={100 - heatOf(line) * 100}
              stroke="var(--line)"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {errors.map((error, index) => {
            const bar = (sqnr: number, part: number, fill: string) => {
              const height = Math.max(1, heatOf(sqnr) * 100);
              const x = index * step + (step * (1 - part)) / 2;
              return <rect x={x} width={step * part} y={100 - height} height={height} fill={fill} />;
            };
            return (
              <g key={error.node} className={`unit-${error.unit}`}>
                {(error.node === selected || index === pointed) && (
                  <rect x={index * step} width={step} y="0" height="100" fill="var(--focus-tint)" />
                )}
                {bar(error.sqnr, 0.8, 'var(--heat-pale)')}
                {bar(error.local.sqnr, 0.36, 'var(--heat)')}
                {marked.has(error.node) && (
                  <rect x={index * step + step * 0.1} width={step * 0.8} y="0" height="3" fill="var(--ink)" />
                )}
              </g>
            );
          })}
          {errors.map((error, index) => (
            <rect
              key={error.node}
              className={`unit-${error.unit}`}
              x={index * step}
              width={step}
              y="98.5"
              height="1.5"
              fill="var(--unit)"
            />
          ))}
        </svg>
      </div>
      <p className="bars-shown small">
        {shown ? (
          <>
            <strong>{decibels(shown.sqnr)}</strong>, its own <strong>{decibels(shown.local.sqnr)}</strong>{' '}
            {nodeTitle(network, shown)} <span className="muted mono">{shown.label}</span>
          </>
        ) : (
          <span className="muted">
            {HOT_DB} dB and worse reach the top; {CALM_DB} dB and better are flat.
          </span>
        )}
      </p>
    </>
  );
}

function nodeTitle(network: Network, error: NodeError): string {
  const index = network.indexOf.get(error.node);
  return index === undefined ? error.operator : (network.nodes[index]?.title ?? error.operator);
}
