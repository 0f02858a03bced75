// All runs in one table; the best of each figure in bold.

import type { GraphInfo, QuantizationScheme, QuantizationSettings } from 'octet-quant';
import { bytes, decibels, duration, milliseconds, percent } from '../graph/words';
import { deleteRun, showRun, takeSettingsOf } from '../state/actions';
import { nodeByName, outputError, scoresOf, worstErrors } from '../state/derive';
import { chosenNodes, PRECISION_NAMES } from '../state/precision';
import { useStore } from '../state/store';
import type { Run } from '../state/types';
import './CompareView.css';

interface Measure {
  readonly label: string;
  readonly value: (run: Run, info: GraphInfo) => number | undefined;
  readonly text: (value: number) => string;
  readonly better: 'more' | 'less';
}

const MEASURES: readonly Measure[] = [
  {
    label: 'Accuracy',
    value: (run) => run.classification && scoresOf(run.classification).quantizedAccuracy,
    text: (value) => percent(value, 2),
    better: 'more',
  },
  {
    label: 'Same answer',
    value: (run) => run.classification && scoresOf(run.classification).agreement,
    text: (value) => percent(value, 2),
    better: 'more',
  },
  { label: 'Output', value: (run, info) => outputError(run, info), text: decibels, better: 'more' },
  {
    label: 'Worst layer',
    value: (run) => worstErrors(run, 'accumulated')[0]?.sqnr,
    text: decibels,
    better: 'more',
  },
  { label: 'Size', value: (run) => run.sizes.tflite, text: bytes, better: 'less' },
  { label: 'Time', value: (run) => run.timing?.quantized, text: milliseconds, better: 'less' },
];

const TARGET_NAMES = { gen1: 'MLSoC', gen2: 'Modalix', tflite: 'TFLite' } as const;

export function CompareView() {
  const runs = useStore((state) => state.runs);
  const active = useStore((state) => state.activeRun);
  const model = useStore((state) => state.model);
  if (!model) return null;
  const float = runs.find((run) => run.classification)?.classification;
  const floatAccuracy = float && scoresOf(float).floatAccuracy;
  const floatTime = runs.find((run) => run.timing)?.timing?.float;
  return (
    <div className="compare-view">
      <table className="compare">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">For</th>
            <th scope="col">Ranges by</th>
            <th scope="col">Activations</th>
            <th scope="col">Weights</th>
            <th scope="col">Arithmetic</th>
            <th scope="col">Corrections</th>
            <th scope="col">Own precision</th>
            {MEASURES.map(({ label }) => (
              <th key={label} scope="col" className="number">
                {label}
              </th>
            ))}
            <th scope="col" className="number">
              Took
            </th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className="compare-float">
            <th scope="row">Float</th>
            <td colSpan={7} className="muted">
              the model as it came
            </td>
            <td className="number">{floatAccuracy === undefined ? '' : percent(floatAccuracy, 2)}</td>
            <td />
            <td />
            <td />
            <td className="number">{bytes(model.bytes.length)}</td>
            <td className="number">{floatTime === undefined ? '' : milliseconds(floatTime)}</td>
            <td />
            <td />
          </tr>
          {runs.map((run) => (
            <tr key={run.id} aria-current={run.id === active || undefined}>
              <th scope="row">
                <button type="button" className="node-link" onClick={() => showRun(run.id)}>
                  {run.name}
                </button>
              </th>
              <td>{TARGET_NAMES[run.target]}</td>
              <td>{run.settings.calibration.method.replace('_', ' ')}</td>
              <td>
                {schemeText(
                  run.settings.activations,
                  run.settings.activations.asymmetric ? 'asymmetric' : 'symmetric',
                )}
              </td>
              <td>
                {schemeText(
                  run.settings.weights,
                  run.settings.weights.perChannel ? 'per channel' : 'per tensor',
                )}
              </td>
              <td>{run.settings.requantization === 'tflite' ? 'TFLite' : 'shifts'}</td>
              <td>{correctionsOf(run.settings)}</td>
              <td
                title={chosenNodes(run.settings)
                  .map(
                    ({ node, precision }) =>
                      `${nodeByName(model.info, node)?.label ?? node}: ${PRECISION_NAMES[precision]}`,
                  )
                  .join('\n')}
              >
                {chosenNodes(run.settings).length || ''}
              </td>
              {MEASURES.map((measure) => (
                <MeasureCell key={measure.label} measure={measure} run={run} runs={runs} info={model.info} />
              ))}
              <td className="number">{run.seconds > 0 ? duration(run.seconds) : ''}</td>
              <td className="compare-actions">
                <button
                  type="button"
                  className="button quiet"
                  title="Take over its settings"
                  onClick={() => takeSettingsOf(run)}
                >
                  Reuse
                </button>
                <button
                  type="button"
                  className="button quiet"
                  aria-label={`Delete ${run.name}`}
                  onClick={() => deleteRun(run.id)}
                >
                  ×
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function schemeText(scheme: QuantizationScheme, integers: string): string {
  return scheme.bfloat16 ? 'BF16' : integers;
}

function correctionsOf({ biasCorrection, adaptiveRounding }: QuantizationSettings): string {
  const bias = { none: '', regular: 'bias', iterative: 'bias, iterative' }[biasCorrection];
  return [bias, adaptiveRounding ? 'rounding' : ''].filter(Boolean).join(', ');
}

interface CellProps {
  readonly measure: Measure;
  readonly run: Run;
  readonly runs: readonly Run[];
  readonly info: GraphInfo;
}

function MeasureCell({ measure, run, runs, info }: CellProps) {
  const value = measure.value(run, info);
  if (value === undefined) return <td />;
  const all = runs.flatMap((other) => measure.value(other, info) ?? []);
  const best = measure.better === 'more' ? Math.max(...all) : Math.min(...all);
  const text = measure.text(value);
  return <td className="number">{runs.length > 1 && value === best ? <strong>{text}</strong> : text}</td>;
}
