// The error of every layer: the course of it through the network, and the worst, to be given a higher precision.

import type { NodeError, NodePrecision } from 'octet-quant';
import { decibels } from 'octet-quant/display';
import { useMemo, useState } from 'react';
import type { Network } from '../model/network';
import { chosenNodes, numbersOf, type OwnChoice, PRECISION_NAMES, remediesOn } from '../model/precision';
import { nodeByName, passingOn, type Ranking, sqnrOf, worstErrors } from '../model/results';
import type { Run } from '../model/types';
import { fix, mix } from '../state/runs';
import { select, useStore } from '../state/store';
import { ErrorBars } from './ErrorBars';
import { MethodFindings } from './MethodFindings';
import './ErrorView.css';

const SHOWN = 200;
const TO_MARK = 3;
const INT16_SHARE = 0.1;

const RANKINGS: Readonly<Record<Ranking, { readonly name: string; readonly what: string }>> = {
  own: { name: 'own', what: 'What a layer adds itself, on exact inputs: where a higher precision helps' },
  accumulated: { name: 'piled up', what: 'All the error at a layer, with that of the layers before it' },
};

export function ErrorView({ run, network }: { readonly run: Run; readonly network: Network }) {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [ranking, setRanking] = useState<Ranking>('own');
  const canMark = useCanMark(run);
  const worst = useMemo(() => worstErrors(run, ranking), [run, ranking]);
  const precisionOf = useMemo(
    () => new Map(chosenNodes(run.settings).map(({ node, precision }) => [node, precision])),
    [run],
  );
  if (run.errors.length === 0) {
    return (
      <p className="error-none small muted">
        The error of the layers was not measured: that needs the float model and images.
      </p>
    );
  }
  const toggle = (name: string): void => {
    const next = new Set(marked);
    if (!next.delete(name)) next.add(name);
    setMarked(next);
  };
  return (
    <div className="error-view">
      <figure className="error-course">
        <figcaption className="small muted bars-legend">
          <span>Signal to noise along the network, taller is worse:</span>
          <span className="bars-key">piled up</span>
          <span className="bars-key" data-own>
            of the layer itself
          </span>
        </figcaption>
        <ErrorBars errors={run.errors} network={network} marked={marked} />
        {run.report.methods && <MethodFindings findings={run.report.methods} />}
      </figure>
      <section className="error-worst" aria-label="Worst layers">
        <div className="error-actions">
          <h2>Worst by</h2>
          <fieldset className="segmented" aria-label="Rank layers by">
            {(['own', 'accumulated'] as const).map((value) => (
              <button
                key={value}
                type="button"
                aria-pressed={ranking === value}
                title={RANKINGS[value].what}
                onClick={() => setRanking(value)}
              >
                {RANKINGS[value].name}
              </button>
            ))}
          </fieldset>
          <Remedy run={run} marked={marked} mark={setMarked} canMark={canMark} />
        </div>
        <ol className="error-list">
          {worst.slice(0, SHOWN).map((error) => (
            <WorstLine
              key={error.node}
              error={error}
              ranking={ranking}
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

/** Which layers a higher precision can be chosen for, that the run did not have. */
function useCanMark(run: Run): (error: NodeError) => boolean {
  const info = useStore((state) => state.model?.info);
  const fixable = useStore((state) => state.model?.quantized === false);
  return useMemo(() => {
    const chosen = new Map(chosenNodes(run.settings).map(({ node, precision }) => [node, precision]));
    return ({ node }) => fixable && nodeByName(info, node)?.unit === 'MLA' && chosen.get(node) !== 'FLOAT';
  }, [run, info, fixable]);
}

interface RemedyProps {
  readonly run: Run;
  readonly marked: ReadonlySet<string>;
  readonly mark: (nodes: ReadonlySet<string>) => void;
  readonly canMark: (error: NodeError) => boolean;
}

/** First marks the layers that add most themselves, then quantizes again with them in a higher precision. */
function Remedy({ run, marked, mark, canMark }: RemedyProps) {
  const info = useStore((state) => state.model?.info);
  const job = useStore((state) => state.job);
  const [wanted, setWanted] = useState<NodePrecision>();
  const candidates = useMemo(() => {
    const passing = info ? passingOn(run, info) : new Set<string>();
    const chosen = new Set(chosenNodes(run.settings).map(({ node }) => node));
    return worstErrors(run, 'own').filter(
      (error) => canMark(error) && !passing.has(error.node) && !chosen.has(error.node),
    );
  }, [run, info, canMark]);
  const worst = candidates.slice(0, TO_MARK);
  const remedies = remediesOn(run.target, numbersOf(run.settings));
  const remedy = remedies.find((value) => value === wanted) ?? remedies[0] ?? 'FLOAT';
  if (marked.size === 0) {
    return (
      <div className="error-remedy">
        {remedies.includes('INT16') && candidates.length > 0 && (
          <button
            type="button"
            className="button"
            disabled={job !== undefined}
            title="Finds what rounding each layer costs at the outputs, and quantizes again with INT16 where it helps most, up to a tenth of the multiply-accumulates"
            onClick={() => void mix(run, INT16_SHARE)}
          >
            INT16 for a tenth
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={worst.length === 0}
          onClick={() => mark(new Set(worst.map(({ node }) => node)))}
        >
          Mark the worst {worst.length}
        </button>
      </div>
    );
  }
  return (
    <div className="error-remedy">
      {remedies.length > 1 && (
        <select
          className="field"
          aria-label="Precision for the marked layers"
          value={remedy}
          onChange={({ target: box }) => setWanted(remedies.find((value) => value === box.value))}
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
        title={`Quantize again with ${marked.size} layers in ${PRECISION_NAMES[remedy]}; the ranges are known`}
        onClick={() => void fix(run, [...marked], remedy)}
      >
        Fix {marked.size}
      </button>
    </div>
  );
}

/** "CONV_2D" and "clipped_range" as they are read. */
function inWords(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ');
}

interface LineProps {
  readonly error: NodeError;
  readonly ranking: Ranking;
  readonly marked: boolean;
  readonly own: OwnChoice | undefined;
  readonly canMark: boolean;
  readonly toggle: (name: string) => void;
}

function WorstLine({ error, ranking, marked, own, canMark, toggle }: LineProps) {
  const selected = useStore((state) => state.selected === error.node);
  const other = ranking === 'own' ? 'accumulated' : 'own';
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
      <button
        type="button"
        className="error-name"
        title={[error.node, ...error.causes.map(({ sentence }) => sentence)].join('\n')}
        onClick={() => select(error.node)}
      >
        <span>{error.label}</span>{' '}
        <span className="muted">
          {[
            own ? `in ${PRECISION_NAMES[own]}` : inWords(error.operator),
            ...error.causes.map(({ kind }) => inWords(kind)),
          ].join(', ')}
        </span>
      </button>
      <span className="number" title={RANKINGS[ranking].what}>
        {decibels(sqnrOf(error, ranking))}
      </span>
      <span className="number muted" title={RANKINGS[other].what}>
        {decibels(sqnrOf(error, other))}
      </span>
    </li>
  );
}
