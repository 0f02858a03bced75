// The error of every layer: the course of it through the network, and the worst, to be given a higher precision.

import type { NodeError, NodePrecision } from 'octet-quant';
import { useMemo, useState } from 'react';
import { heatOf } from '../graph/heat';
import type { Network } from '../graph/network';
import { decibels } from '../graph/words';
import { fix } from '../state/actions';
import { nodeByName, worstErrors } from '../state/derive';
import { chosenNodes, numbersOf, PRECISION_NAMES, remediesOn } from '../state/precision';
import { select, useStore } from '../state/store';
import type { Run } from '../state/types';
import { ErrorBars } from './ErrorBars';
import './ErrorView.css';

const SHOWN = 200;

export function ErrorView({ run, network }: { readonly run: Run; readonly network: Network }) {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const info = useStore((state) => state.model?.info);
  const job = useStore((state) => state.job);
  const fixable = useStore((state) => state.model?.format === 'tflite');
  const target = useStore((state) => state.target);
  const numbers = useStore((state) => numbersOf(state.params));
  const [wanted, setWanted] = useState<NodePrecision>('BFLOAT_16');
  const worst = useMemo(() => worstErrors(run), [run]);
  if (run.errors.length === 0) {
    return (
      <p className="error-none small muted">
        The error of the layers was not measured: that needs the float model and images.
      </p>
    );
  }
  const precisionOf = new Map(chosenNodes(run.settings).map(({ node, precision }) => [node, precision]));
  const remedies = remediesOn(target, numbers);
  const remedy = remedies.includes(wanted) ? wanted : (remedies[0] ?? 'FLOAT');
  const canMark = (error: NodeError): boolean =>
    fixable &&
    nodeByName(info, error.node)?.unit === 'MLA' &&
    precisionOf.get(error.node) !== 'FLOAT' &&
    precisionOf.get(error.node) !== remedy;
  const candidates = worst.filter(canMark).slice(0, 3);
  const toggle = (name: string): void => {
    const next = new Set(marked);
    if (!next.delete(name)) next.add(name);
    setMarked(next);
  };
  return (
    <div className="error-view">
      <figure className="error-course">
        <figcaption className="small muted">
          Signal to quantization noise along the network, accumulated: taller is worse.{' '}
          {run.compareImages > 64 ? '64' : run.compareImages} images.
        </figcaption>
        <ErrorBars errors={run.errors} network={network} marked={marked} />
      </figure>
      <section className="error-worst" aria-label="Worst layers">
        <div className="error-actions">
          <h2>Worst first</h2>
          {fixable &&
            (marked.size === 0 ? (
              <button
                type="button"
                className="button"
                disabled={candidates.length === 0}
                onClick={() => setMarked(new Set(candidates.map(({ node }) => node)))}
              >
                Mark the worst {candidates.length}
              </button>
            ) : (
              <div className="error-remedy">
                {remedies.length > 1 && (
                  <select
                    className="field"
                    aria-label="Precision for the marked layers"
                    value={remedy}
                    onChange={({ target: box }) =>
                      setWanted(remedies.find((value) => value === box.value) ?? remedy)
                    }
                  >
                    {remedies.map((value) => (
                      <option key={value} value={value}>
                        {PRECISION_NAMES[value]}
                      </option>
                    ))}
                  </select>
                )}
                <button
                  type="button"
                  className="button primary"
                  disabled={job !== undefined}
                  onClick={() => void fix([...marked], remedy)}
                >
                  Keep {marked.size} in {PRECISION_NAMES[remedy]}, quantize again
                </button>
              </div>
            ))}
        </div>
        <ol className="error-list">
          {worst.slice(0, SHOWN).map((error) => (
            <WorstLine
              key={error.node}
              error={error}
              marked={marked.has(error.node)}
              own={precisionOf.get(error.node)}
              canMark={canMark(error)}
              toggle={toggle}
            />
          ))}
        </ol>
      </section>
    </div>
  );
}

interface LineProps {
  readonly error: NodeError;
  readonly marked: boolean;
  readonly own: NodePrecision | undefined;
  readonly canMark: boolean;
  readonly toggle: (name: string) => void;
}

function WorstLine({ error, marked, own, canMark, toggle }: LineProps) {
  const selected = useStore((state) => state.selected === error.node);
  return (
    <li className={`error-line unit-${error.unit}`} data-selected={selected || undefined}>
      {canMark ? (
        <input
          type="checkbox"
          aria-label={`Mark ${error.label} for a higher precision`}
          checked={marked}
          onChange={() => toggle(error.node)}
        />
      ) : (
        <span />
      )}
      <button type="button" className="error-name" title={error.node} onClick={() => select(error.node)}>
        <span>{error.label}</span>{' '}
        <span className="muted">
          {own ? `in ${PRECISION_NAMES[own]}` : error.operator.toLowerCase().replaceAll('_', ' ')}
        </span>
      </button>
      <span className="error-bar" aria-hidden="true">
        <span style={{ width: `${heatOf(error.sqnr) * 100}%` }} />
      </span>
      <span className="number">{decibels(error.sqnr)}</span>
    </li>
  );
}
