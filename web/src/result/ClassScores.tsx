// The classes with the highest scores, float beside quantized.

import { realValues } from 'octet-quant';
import { percent } from 'octet-quant/display';
import { classNames } from '../model/classes';
import { useStore } from '../state/store';
import type { Outputs } from './useOutputs';

const SHOWN = 6;

export function ClassScores({ outputs }: { readonly outputs: Outputs }) {
  const classes = useStore((state) => state.model && classNames(state).join('\n')) ?? '';
  const names = classes === '' ? [] : classes.split('\n');
  const [float] = Object.values(outputs.float ?? {}).map(realValues);
  const [quantized] = Object.values(outputs.quantized).map(realValues);
  if (!quantized) return null;
  const reference = float ?? quantized;
  const order = Array.from(reference.keys()).sort((a, b) => (reference[b] ?? 0) - (reference[a] ?? 0));
  const shown = order.slice(0, SHOWN);
  const best = (values: Float32Array): number => values.indexOf(Math.max(...values));
  const answer = best(quantized);
  if (!shown.includes(answer)) shown[SHOWN - 1] = answer;
  const isShare = [...quantized].every((value) => value >= 0 && value <= 1.001);
  const most = isShare ? 1 : Math.max(...reference, ...quantized, 1e-9);
  const text = (value: number): string => (isShare ? percent(value) : value.toFixed(2));
  return (
    <table className="scores">
      <thead>
        <tr>
          <th scope="col">Class</th>
          {float && <th scope="col">{outputs.floatName}</th>}
          <th scope="col">{outputs.quantizedName}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((index) => (
          <tr key={index}>
            <th scope="row">
              {names[index] ?? index}
              {names[index] !== undefined && names[index] === outputs.image.label && (
                <span className="scores-truth" title="its folder">
                  true
                </span>
              )}
            </th>
            {[float, quantized].map((values, column) =>
              values ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed
                <td key={column} data-best={best(values) === index || undefined}>
                  <span
                    className="score-bar"
                    style={{ '--share': `${(Math.max(0, values[index] ?? 0) / most) * 100}%` }}
                  >
                    {text(values[index] ?? 0)}
                  </span>
                </td>
              ) : null,
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
