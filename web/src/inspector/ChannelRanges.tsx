// The largest weight that each output channel can hold, in channel order: a few tall ones explain a bad layer.

import { figure } from 'octet-quant/display';

const WIDTH = 280;
const HEIGHT = 44;
const MOST_BARS = 140;

export function ChannelRanges({
  scale,
  bits = 8,
}: {
  readonly scale: readonly number[];
  readonly bits?: number | undefined;
}) {
  const levels = 2 ** (bits - 1) - 1;
  const limits = scale.map((step) => step * levels);
  const most = Math.max(...limits);
  const least = Math.min(...limits);
  const bars = merged(limits);
  const step = WIDTH / bars.length;
  return (
    <figure>
      <svg
        className="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        height={HEIGHT}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Weight ranges from ${figure(least)} to ${figure(most)}`}
      >
        {bars.map((value, index) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: bars are their positions
            key={index}
            x={index * step}
            width={Math.max(0.5, step - (step > 3 ? 1 : 0))}
            y={HEIGHT - (value / most) * HEIGHT}
            height={(value / most) * HEIGHT}
            fill="var(--ink-3)"
          />
        ))}
      </svg>
      <figcaption className="chart-caption">
        <span>±{figure(least)} the narrowest</span>
        <span>±{figure(most)} the widest</span>
      </figcaption>
    </figure>
  );
}

/** At most as many bars as there is room for; each is the largest of those that it stands for. */
function merged(values: readonly number[]): readonly number[] {
  const group = Math.ceil(values.length / MOST_BARS);
  return Array.from({ length: Math.ceil(values.length / group) }, (_, index) =>
    Math.max(...values.slice(index * group, (index + 1) * group)),
  );
}
