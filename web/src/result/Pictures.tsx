// Outputs that are pictures (masks, heat maps): float, quantized and the difference, one channel at a time.

import { realValues } from 'octet-quant';
import { figure } from 'octet-quant/display';
import { useEffect, useRef, useState } from 'react';
import { pictureSize } from './kind';
import type { Outputs } from './useOutputs';

interface Plane {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

export function Pictures({ outputs }: { readonly outputs: Outputs }) {
  const [channel, setChannel] = useState(0);
  const found = Object.entries(outputs.quantized).find(([, tensor]) => pictureSize(tensor.shape));
  const size = found && pictureSize(found[1].shape);
  if (!found || !size) return null;
  const [name, tensor] = found;
  const plane = (values: Float32Array): Plane => ({
    values: Float32Array.from(
      { length: size.width * size.height },
      (_, pixel) => values[pixel * size.channels + channel] ?? 0,
    ),
    width: size.width,
    height: size.height,
  });
  const quantized = plane(realValues(tensor));
  const reference = outputs.float?.[name];
  const float = reference && plane(realValues(reference));
  const [low, high] = extremes(float ?? quantized);
  const difference = float && {
    ...float,
    values: float.values.map((value, pixel) => Math.abs(value - (quantized.values[pixel] ?? 0))),
  };
  const [, most] = difference ? extremes(difference) : [0, 0];
  return (
    <div className="pictures">
      {float && (
        <Picture
          plane={float}
          low={low}
          high={high}
          caption={`${outputs.floatName}, ${figure(low)} to ${figure(high)}`}
        />
      )}
      <Picture
        plane={quantized}
        low={low}
        high={high}
        caption={`${outputs.quantizedName}, on the same scale`}
      />
      {difference && (
        <Picture
          plane={difference}
          low={0}
          high={Math.max(most, 1e-9)}
          caption={`Difference, up to ${figure(most)}`}
          hot
        />
      )}
      {size.channels > 1 && (
        <label className="control pictures-channel">
          <span>Channel</span>
          <select
            className="field"
            value={channel}
            onChange={({ target }) => setChannel(Number(target.value))}
          >
            {Array.from({ length: size.channels }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: channels are their positions
              <option key={index} value={index}>
                {index}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

interface PictureProps {
  readonly plane: Plane;
  readonly low: number;
  readonly high: number;
  readonly caption: string;
  readonly hot?: boolean;
}

function Picture({ plane, low, high, caption, hot = false }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    element.width = plane.width;
    element.height = plane.height;
    const image = context.createImageData(plane.width, plane.height);
    plane.values.forEach((value, pixel) => {
      const level = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
      image.data.set(
        hot ? [255 * level, 60 * level, 110 * level, 255] : [255 * level, 255 * level, 255 * level, 255],
        4 * pixel,
      );
    });
    context.putImageData(image, 0, 0);
  }, [plane, low, high, hot]);
  return (
    <figure className="picture">
      <canvas ref={canvas} role="img" aria-label={caption} />
      <figcaption className="small muted">{caption}</figcaption>
    </figure>
  );
}

function extremes({ values }: Plane): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
