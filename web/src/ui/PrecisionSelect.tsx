// What one node computes in, to be chosen.

import type { NodeInfo } from 'octet-quant';
import { choiceOf, choicesOn, type NodeChoice, PRECISION_NAMES } from '../model/precision';
import { setPrecision } from '../state/settings';
import { useStore } from '../state/store';

/** Whether a node's precision can be chosen: the accelerator runs it, or would if it were not kept in float. */
export function useCanChoose(node: NodeInfo): boolean {
  const chosen = useStore((state) => choiceOf(state.params, node.name) !== 'DEFAULT');
  const isFloatModel = useStore((state) => state.model?.quantized === false);
  return isFloatModel && (node.unit === 'MLA' || chosen);
}

export function PrecisionSelect({ node }: { readonly node: NodeInfo }) {
  const choice = useStore((state) => choiceOf(state.params, node.name));
  const target = useStore((state) => state.target);
  const choices: readonly NodeChoice[] = ['DEFAULT', ...choicesOn(target)];
  // Settings from elsewhere may hold what this target does not offer.
  const shown = choices.includes(choice) ? choices : [...choices, choice];
  return (
    <select
      className="field precision"
      aria-label={`Precision of ${node.label}`}
      value={choice}
      data-chosen={choice !== 'DEFAULT' || undefined}
      onChange={({ target: box }) => {
        const chosen = shown.find((value) => value === box.value);
        if (chosen) setPrecision([node.name], chosen);
      }}
      onClick={(event) => event.stopPropagation()}
    >
      {shown.map((value) => (
        <option key={value} value={value}>
          {value === 'DEFAULT' ? 'as all' : PRECISION_NAMES[value]}
        </option>
      ))}
    </select>
  );
}
