// Outputs that are just numbers: float against quantized, point by point, and how far apart they are.

import { type OutputTensor, realValues } from 'octet-quant';
import { decibels, figure, shapeText } from 'octet-quant/display';
import { useEffect, useRef } from 'react';
import { readTheme } from '../graph/theme';
import { useStore } from '../state/store';
import type { Outputs } from './useOutputs';

const FEWEST_TO_PLOT = 8;

export function Numbers({ outputs }: { readonly outputs: Outputs }) {
  return (
    <div className="number-plots">
      {Object.entries(outputs.quantized).map(([name, tensor]) => (
        <NumberPlot key={name} name={name} quantized={tensor} float={outputs.float?.[name]} />
      ))}
    </div>
  );
}

interface PlotProps {
  readonly name: string;
  readonly quantized: OutputTensor;
  readonly float: OutputTensor | undefined;
}

function NumberPlot({ name, quantized, float }: PlotProps) {
  const y = realValues(quantized);
  const x = float && realValues(float);
  const difference = x && compare(x, y);
  return (
    <figure className="number-plot">
      {x && x.length >= FEWEST_TO_PLOT && <Scatter x={x} y={y} label={`${name}: quantized against float`} />}
      <figcaption className="small">
        <strong>{name}</strong> <span className="muted">{shapeText(quantized.shape)}</span>
        {difference && (
          <dl className="facts">
            <dt>Signal to noise</dt>
            <dd>{decibels(difference.sqnr)}</dd>
            <dt>Mean difference</dt>
            <dd>{figure(difference.mean)}</dd>
            <dt>Largest difference</dt>
            <dd>{figure(difference.most)}</dd>
          </dl>
        )}
        <span className="muted">
          First values{x ? ', float and quantized' : ''}:{' '}
          {Array.from(y.subarray(0, 3), (value, index) =>
            x ? `${figure(x[index] ?? 0)} / ${figure(value)}` : figure(value),
          ).join(', ')}
        </span>
      </figcaption>
    </figure>
  );
}

/** Points on the diagonal are equal; canvas, because there may be ten thousands of them. */
function Scatter({
  x,
  y,
  label,
}: {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useStore((state) => state.theme);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of theme redraws
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const colors = readTheme(element);
    const side = 320;
    element.width = side;
    element.height = side;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of x) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const place = (value: number): number => 8 + ((value - low) / (high - low || 1)) * (side - 16);
    context.strokeStyle = colors.lineStrong;
    context.beginPath();
    context.moveTo(0, side);
    context.lineTo(side, 0);
    context.stroke();
    context.fillStyle = colors.heat;
    context.globalAlpha = x.length > 2000 ? 0.35 : 0.7;
    x.forEach((value, index) => {
      context.fillRect(place(value) - 1.5, side - place(y[index] ?? 0) - 1.5, 3, 3);
    });
  }, [x, y, theme]);
  return <canvas ref={canvas} className="scatter" role="img" aria-label={label} />;
}

function compare(
  x: Float32Array,
  y: Float32Array,
): { readonly sqnr: number; readonly mean: number; readonly most: number } {
  let [signal, noise, sum, most] = [0, 0, 0, 0];
  x.forEach((value, index) => {
    const difference = Math.abs(value - (y[index] ?? 0));
    signal += value * value;
    noise += difference * difference;
    sum += difference;
    most = Math.max(most, difference);
  });
  return {
    sqnr: noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise),
    mean: sum / Math.max(1, x.length),
    most,
  };
}
