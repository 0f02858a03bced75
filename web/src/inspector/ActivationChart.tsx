// The distribution of a node's values over a few images, with the range that quantizing chose.

import { type NodeInfo, realValues } from 'octet-quant';
import { figure } from 'octet-quant/display';
import { useEffect, useState } from 'react';
import { datasetOf, floatNet } from '../engine/engine';
import { partsOf } from '../model/images';
import type { Run } from '../model/types';
import { getState, useStore } from '../state/store';
import { Group } from './Group';

const BINS = 70;
const IMAGES = 4;
const WIDTH = 280;
const HEIGHT = 64;
/** A node that is only passed by on the way to another is not worth running the network for. */
const SETTLE_MS = 200;

interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
  readonly images: number;
}

export function ActivationChart({ node, run }: { readonly node: NodeInfo; readonly run: Run }) {
  const record = run.report.tensors.find(({ tensor }) => node.outputs.includes(tensor));
  const histogram = useHistogram(node, record?.observed);
  if (!record || !histogram) return null;
  const [chosenLow, chosenHigh] = record.chosen;
  const low = Math.min(histogram.low, chosenLow);
  const high = Math.max(histogram.high, chosenHigh);
  const x = (value: number): number => ((value - low) / (high - low || 1)) * WIDTH;
  const bin = (histogram.high - histogram.low) / BINS;
  const most = Math.log1p(Math.max(...histogram.counts));
  return (
    <Group title={`Values over ${histogram.images} images, logarithmic`}>
      <figure>
        <svg
          className="chart"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          height={HEIGHT}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Values from ${figure(low)} to ${figure(high)}; range chosen ${figure(chosenLow)} to ${figure(chosenHigh)}`}
        >
          <rect
            x={x(chosenLow)}
            width={Math.max(1, x(chosenHigh) - x(chosenLow))}
            y="0"
            height={HEIGHT}
            fill="var(--focus-tint)"
          />
          {histogram.counts.map((value, index) => {
            const height = (Math.log1p(value) / (most || 1)) * (HEIGHT - 4);
            const from = histogram.low + index * bin;
            return (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: bars are their positions
                key={index}
                x={x(from)}
                width={Math.max(0.5, x(from + bin) - x(from) - 0.4)}
                y={HEIGHT - height}
                height={height}
                fill="var(--ink-3)"
              />
            );
          })}
          {[chosenLow, chosenHigh].map((edge) => (
            <line
              key={edge}
              x1={x(edge)}
              x2={x(edge)}
              y1="0"
              y2={HEIGHT}
              stroke="var(--focus)"
              strokeWidth="1.5"
              vectorEffect="non-scaling-stroke"
            />
          ))}
        </svg>
        <figcaption className="chart-caption">
          <span>{figure(low)}</span>
          <span>range chosen in blue</span>
          <span>{figure(high)}</span>
        </figcaption>
      </figure>
    </Group>
  );
}

function useHistogram(
  node: NodeInfo,
  observed: readonly [number, number] | undefined,
): Histogram | undefined {
  const images = useStore((state) => state.images);
  const [histogram, setHistogram] = useState<Histogram>();
  const [low, high] = observed ?? [0, 0];
  useEffect(() => {
    if (!(high > low)) return;
    let current = true;
    const timer = setTimeout(() => {
      void gather(node, images, low, high, () => current).then(
        (result) => current && setHistogram(result),
        () => undefined,
      );
    }, SETTLE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [node, images, low, high]);
  return histogram;
}

async function gather(
  node: NodeInfo,
  images: Parameters<typeof partsOf>[0],
  low: number,
  high: number,
  wanted: () => boolean,
): Promise<Histogram | undefined> {
  const { model, target, preprocessing } = getState();
  const { calibrate } = partsOf(images);
  if (!model || model.format === 'octet' || calibrate.length === 0) return undefined;
  const net = await floatNet(model, target);
  const dataset = await datasetOf(net, calibrate, preprocessing);
  const counts = new Array<number>(BINS).fill(0);
  const taken = Math.min(IMAGES, dataset.length);
  for (let image = 0; image < taken && wanted(); ++image) {
    // Spread over the set: it may be sorted by class.
    const sample = await dataset.sample(Math.floor((image * dataset.length) / taken));
    const outputs = await net.execute(sample, { keepLayerOutputs: [node.name] });
    const tensor = outputs[node.outputs[0] ?? ''];
    for (const value of tensor ? realValues(tensor) : []) {
      const bin = Math.floor(((value - low) / (high - low)) * BINS);
      const at = Math.min(BINS - 1, Math.max(0, bin));
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  return { low, high, counts, images: taken };
}
