// All runs in one table: the figures with the best of each in bold, and the settings with what differs set off.

import type { GraphInfo } from 'octet-quant';
import { bytes, decibels, duration, milliseconds, percent } from 'octet-quant/display';
import { chosenNodes, PRECISION_NAMES } from '../model/precision';
import { nodeByName, outputError, scoresOf, worstErrors } from '../model/results';
import type { Run } from '../model/types';
import { deleteRun, showRun, takeSettingsOf } from '../state/runs';
import { useStore } from '../state/store';
import { settingsInWords } from '../steps/settingsInWords';
import './CompareView.css';

interface Measure {
  readonly label: string;
  readonly title: string;
  readonly value: (run: Run, info: GraphInfo) => number | undefined;
  readonly text: (value: number) => string;
  readonly better: 'more' | 'less';
}

const MEASURES: readonly Measure[] = [
  {
    label: 'Accuracy',
    title: 'Share of the labelled images with the right answer',
    value: (run) => run.classification && scoresOf(run.classification).quantizedAccuracy,
    text: (value) => percent(value, 2),
    better: 'more',
  },
  {
    label: 'Same answer',
    title: 'Share of images with the answer of the float model',
    value: (run) => run.classification && scoresOf(run.classification).agreement,
    text: (value) => percent(value, 2),
    better: 'more',
  },
  {
    label: 'Output',
    title: 'Signal to quantization noise of the model’s output',
    value: (run, info) => outputError(run, info),
    text: decibels,
    better: 'more',
  },
  {
    label: 'Worst layer',
    title: 'The lowest signal to noise that has piled up at a layer',
    value: (run) => worstErrors(run, 'accumulated')[0]?.sqnr,
    text: decibels,
    better: 'more',
  },
  { label: 'Size', title: 'Of the .tflite', value: (run) => run.sizes.tflite, text: bytes, better: 'less' },
  {
    label: 'Time',
    title: 'One image, in one worker of this browser',
    value: (run) => run.timing?.quantized,
    text: milliseconds,
    better: 'less',
  },
];

export function CompareView() {
  const runs = useStore((state) => state.runs);
  const active = useStore((state) => state.activeRun);
  const model = useStore((state) => state.model);
  if (!model) return null;
  const settings = runs.map(settingsInWords);
  const isShared = (part: string): boolean => settings.every((parts) => parts.includes(part));
  return (
    <div className="compare-view">
      <table className="compare">
        <thead>
          <tr>
            <th scope="col">Run</th>
            {MEASURES.map(({ label, title }) => (
              <th key={label} scope="col" className="number" title={title}>
                {label}
              </th>
            ))}
            <th scope="col" className="number" title="Time that quantizing took">
              Took
            </th>
            <th scope="col">Settings</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <FloatRow runs={runs} bytesOfModel={model.bytes.length} />
          {runs.map((run, index) => (
            <tr key={run.id} aria-current={run.id === active || undefined}>
              <th scope="row">
                <button type="button" className="node-link" onClick={() => showRun(run.id)}>
                  {run.name}
                </button>
              </th>
              {MEASURES.map((measure) => (
                <MeasureCell key={measure.label} measure={measure} run={run} runs={runs} info={model.info} />
              ))}
              <td className="number" data-label="Took">
                {run.seconds > 0 ? duration(run.seconds) : ''}
              </td>
              <td className="compare-settings" title={ownPrecisions(run, model.info)}>
                {(settings[index] ?? []).map((part, position) => (
                  <span key={part} className={isShared(part) && runs.length > 1 ? 'muted' : ''}>
                    {position > 0 && ', '}
                    {part}
                  </span>
                ))}
              </td>
              <td className="compare-actions">
                <button
                  type="button"
                  className="button quiet"
                  title="Take over its settings"
                  onClick={() => void takeSettingsOf(run)}
                >
                  Reuse
                </button>
                <button
                  type="button"
                  className="button quiet"
                  aria-label={`Delete ${run.name}`}
                  title="Delete this run"
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

function FloatRow({ runs, bytesOfModel }: { readonly runs: readonly Run[]; readonly bytesOfModel: number }) {
  const float = runs.find((run) => run.classification)?.classification;
  const accuracy = float && scoresOf(float).floatAccuracy;
  const time = runs.find((run) => run.timing)?.timing?.float;
  return (
    <tr className="compare-float">
      <th scope="row">Float</th>
      <td className="number" data-label="Accuracy">
        {accuracy === undefined ? '' : percent(accuracy, 2)}
      </td>
      <td />
      <td />
      <td />
      <td className="number" data-label="Size">
        {bytes(bytesOfModel)}
      </td>
      <td className="number" data-label="Time">
        {time === undefined ? '' : milliseconds(time)}
      </td>
      <td />
      <td className="compare-settings">the model as it came</td>
      <td />
    </tr>
  );
}

/** A line for each node with a precision of its own. */
function ownPrecisions(run: Run, info: GraphInfo): string | undefined {
  const lines = chosenNodes(run.settings).map(
    ({ node, precision }) => `${nodeByName(info, node)?.label ?? node}: ${PRECISION_NAMES[precision]}`,
  );
  return lines.length > 0 ? lines.join('\n') : undefined;
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
  return (
    <td className="number" data-label={measure.label}>
      {runs.length > 1 && value === best ? <strong>{text}</strong> : text}
    </td>
  );
}
