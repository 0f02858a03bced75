// How to quantize: for what, a preset, and on request every setting; the nodes that differ; all of it as JSON.

import type { QuantizationParams, Target } from 'octet-quant';
import { chosenNodes, PRECISION_NAMES, TARGET_NAMES } from '../model/precision';
import { nodeByName } from '../model/results';
import { pasteSettings, resetParams, setParams, setPrecision } from '../state/settings';
import { setState, useStore } from '../state/store';
import { setTarget } from '../state/target';
import { FineSettings } from './FineSettings';
import { Choice } from './fields';
import { PRESETS, presetOf, withPreset } from './presets';
import { Step } from './Step';

const TARGETS: Readonly<Record<Target, string>> = {
  gen1: 'INT8 and INT16 on the MLA; what it does not run stays in float on the APU.',
  gen2: 'The second generation: the same, and BF16.',
  tflite: 'All in integers: LiteRT, microcontrollers, Coral, Ethos-U.',
};
const TARGET_IDS = ['gen1', 'gen2', 'tflite'] as const;

export function SettingsStep() {
  const params = useStore((state) => state.params);
  const target = useStore((state) => state.target);
  const quantized = useStore((state) => state.model?.quantized);
  const format = useStore((state) => state.model?.format);
  if (format === 'octet') return null;
  const preset = presetOf(params, target);
  const own = chosenNodes(params.toJSON()).length;
  const summary = `${preset?.name ?? 'own settings'} for ${TARGET_NAMES[target]}${own > 0 ? `, ${own} nodes of their own` : ''}`;
  return (
    <Step title="Settings" summary={quantized ? `for ${TARGET_NAMES[target]}` : summary}>
      <div className="control">
        <span className="control-title">For</span>
        <fieldset className="segmented" aria-label="Quantize for">
          {TARGET_IDS.map((id) => (
            <button
              key={id}
              type="button"
              aria-pressed={id === target}
              title={TARGETS[id]}
              onClick={() => void setTarget(id)}
            >
              {TARGET_NAMES[id]}
            </button>
          ))}
        </fieldset>
        <small>{TARGETS[target]}</small>
      </div>
      {!quantized && (
        <>
          <fieldset className="control">
            <legend>Preset</legend>
            {PRESETS.filter(({ targets }) => targets.includes(target)).map((entry) => (
              <Choice
                key={entry.name}
                group="preset"
                name={entry.name}
                what={entry.what}
                checked={entry === preset}
                choose={() => setParams(withPreset(params, entry))}
              />
            ))}
          </fieldset>
          <details className="control fold">
            <summary>
              <span className="control-title">Every setting</span>
            </summary>
            <div className="fold-body">
              <FineSettings params={params} />
            </div>
          </details>
          <OwnPrecisions params={params} />
          <Json params={params} />
        </>
      )}
    </Step>
  );
}

function OwnPrecisions({ params }: { readonly params: QuantizationParams }) {
  const info = useStore((state) => state.model?.info);
  const chosen = chosenNodes(params.toJSON());
  return (
    <div className="control">
      <span className="control-title">Nodes with a precision of their own</span>
      {chosen.length === 0 ? (
        <small>None. Choose some in the network, the table or the list of errors.</small>
      ) : (
        <ul className="chips">
          {chosen.map(({ node, precision }) => {
            const label = nodeByName(info, node)?.label ?? node;
            return (
              <li key={node} className="chip">
                <span title={node}>
                  {label}: {PRECISION_NAMES[precision]}
                </span>
                <button
                  type="button"
                  aria-label={`Quantize ${label} as all others`}
                  onClick={() => setPrecision([node], 'DEFAULT')}
                >
                  ×
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

function Json({ params }: { readonly params: QuantizationParams }) {
  const text = JSON.stringify(params.toJSON(), null, 2);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState({
        notice: {
          severity: 'info',
          message: 'The settings are on the clipboard, as the command line takes them (--config).',
        },
      });
    } catch {
      setState({
        notice: {
          severity: 'error',
          message: 'The browser did not let this page use the clipboard.',
          hint: 'Select the text and copy it yourself.',
        },
      });
    }
  };
  return (
    <details className="control">
      <summary>
        <span className="control-title">As JSON</span>
      </summary>
      <textarea
        className="field"
        rows={9}
        aria-label="Settings as JSON"
        defaultValue={text}
        key={text}
        id="settings-json"
        spellCheck={false}
      />
      <div className="button-row">
        <button type="button" className="button" onClick={() => void copy()}>
          Copy
        </button>
        <button
          type="button"
          className="button"
          onClick={() => {
            const box = document.getElementById('settings-json');
            if (box instanceof HTMLTextAreaElement) pasteSettings(box.value);
          }}
        >
          Apply
        </button>
        <button type="button" className="button" onClick={resetParams}>
          Recommended
        </button>
      </div>
    </details>
  );
}
