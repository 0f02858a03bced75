// How to quantize: a preset, then every setting in plain words with what it does and costs.

import {
  type BiasCorrection,
  CalibrationMethod,
  type CalibrationMethodName,
  type QuantizationParams,
  quantizationScheme,
  type Target,
} from 'octet-quant';
import { choosePreset, pasteSettings, resetParams, setParams, setPrecision } from '../state/actions';
import { nodeByName } from '../state/derive';
import { chosenNodes, type Numbers, numbersOf, PRECISION_NAMES } from '../state/precision';
import { setState, useStore } from '../state/store';
import { Step } from './Step';

const PRESETS: readonly {
  readonly target: Target;
  readonly numbers: Numbers;
  readonly name: string;
  readonly what: string;
}[] = [
  {
    target: 'gen1',
    numbers: 'INT8',
    name: 'INT8 for MLSoC',
    what: 'What the accelerator cannot run stays in float on the processor.',
  },
  {
    target: 'gen2',
    numbers: 'INT8',
    name: 'INT8 for Modalix',
    what: 'As above, with the operators of the second generation.',
  },
  {
    target: 'gen2',
    numbers: 'BFLOAT_16',
    name: 'BF16 for Modalix',
    what: 'Half the size of float, and close to it; a .tflite holds it as float32.',
  },
  {
    target: 'gen2',
    numbers: 'BFLOAT_16_INT8_WEIGHTS',
    name: 'BF16 with INT8 weights',
    what: 'A quarter of the size; only the rounding of weights shows. For Modalix.',
  },
  {
    target: 'tflite',
    numbers: 'INT8',
    name: 'INT8 for TFLite',
    what: 'All in integers: LiteRT, microcontrollers, Coral, Ethos-U.',
  },
];

const METHODS: Readonly<Record<CalibrationMethodName, { readonly name: string; readonly what: string }>> = {
  mse: {
    name: 'Least squared error',
    what: 'Clips rare large values where that lowers the error. The best first choice.',
  },
  min_max: { name: 'Smallest and largest', what: 'Clips nothing seen; one outlier makes all steps coarser.' },
  moving_average: {
    name: 'Moving average of extremes',
    what: 'Softens outliers; depends on the order of the images.',
  },
  entropy: { name: 'Entropy (KL divergence)', what: 'Keeps the distribution; slower, good for long tails.' },
  percentile: { name: 'Percentile', what: 'Clips a fixed share of the largest values.' },
};

export function SettingsStep() {
  const params = useStore((state) => state.params);
  const target = useStore((state) => state.target);
  const format = useStore((state) => state.model?.format);
  if (format === 'octet') return null;
  const numbers = numbersOf(params);
  const preset = PRESETS.find((entry) => entry.target === target && entry.numbers === numbers);
  const own = chosenNodes(params.toJSON()).length;
  return (
    <Step
      title="Settings"
      summary={`${preset?.name ?? ''}, ${params.calibration.method}${own > 0 ? `, ${own} nodes of their own` : ''}`}
    >
      <fieldset className="control">
        <legend>Quantize for</legend>
        {PRESETS.map((entry) => (
          <label key={entry.name} className="choice">
            <input
              type="radio"
              name="target"
              checked={entry === preset}
              onChange={() => void choosePreset(entry.target, entry.numbers)}
            />
            <strong>{entry.name}</strong>
            <small>{entry.what}</small>
          </label>
        ))}
      </fieldset>
      <Calibration params={params} />
      {numbers === 'INT8' && <Activations params={params} />}
      {numbers !== 'BFLOAT_16' && (
        <>
          <Weights params={params} />
          <Corrections params={params} />
        </>
      )}
      <fieldset className="control">
        <legend>Arithmetic</legend>
        <label className="choice">
          <input
            type="radio"
            name="requantization"
            checked={params.requantization === 'sima'}
            onChange={() => setParams(params.withRequantizationMode('sima'))}
          />
          <strong>Shifts</strong>
          <small>As the MLA rescales: shifts, weights scaled to fit.</small>
        </label>
        <label className="choice">
          <input
            type="radio"
            name="requantization"
            checked={params.requantization === 'tflite'}
            onChange={() => setParams(params.withRequantizationMode('tflite'))}
          />
          <strong>TFLite</strong>
          <small>32-bit multipliers: the .tflite computes what this page shows, bit for bit.</small>
        </label>
      </fieldset>
      <OwnPrecisions params={params} />
      <Json params={params} />
    </Step>
  );
}

interface ParamsProps {
  readonly params: QuantizationParams;
}

function Activations({ params }: ParamsProps) {
  return (
    <Check
      name="Asymmetric activations"
      what="Uses all 256 steps where values are mostly of one sign. Off: zero point 0, coarser behind ReLU."
      checked={params.activations.asymmetric}
      set={(asymmetric) =>
        setParams(params.withActivationQuantization(quantizationScheme({ asymmetric, perChannel: false })))
      }
    />
  );
}

function Weights({ params }: ParamsProps) {
  return (
    <Check
      name="Weights per channel"
      what="A scale of its own for every output channel. Off: smaller, and much worse for depthwise layers."
      checked={params.weights.perChannel}
      set={(perChannel) =>
        setParams(params.withWeightQuantization(quantizationScheme({ asymmetric: false, perChannel })))
      }
    />
  );
}

const BIAS_CORRECTIONS: Readonly<Record<BiasCorrection, { readonly name: string; readonly what: string }>> = {
  none: { name: 'None', what: 'Biases are rounded, no more. The fastest.' },
  regular: {
    name: 'Regular',
    what: 'Biases make up for the mean error that rounded weights make. One further pass over the images.',
  },
  iterative: {
    name: 'Iterative',
    what: 'Biases make up for all that the sums lack, layer after layer. Three further passes.',
  },
};

function Corrections({ params }: ParamsProps) {
  return (
    <>
      <Select
        name="Bias correction"
        value={params.biasCorrection}
        choices={BIAS_CORRECTIONS}
        set={(kind) => setParams(params.withBiasCorrection(kind))}
      />
      <Check
        name="Adaptive rounding"
        what="Rounds weights for a small error of each layer's output on your images, not of the weights. One further pass, shared with bias correction."
        checked={params.adaptiveRounding}
        set={(on) => setParams(params.withAdaptiveRounding(on))}
      />
    </>
  );
}

interface SelectProps<Id extends string> {
  readonly name: string;
  readonly value: Id;
  readonly choices: Readonly<Record<Id, { readonly name: string; readonly what: string }>>;
  readonly set: (id: Id) => void;
}

/** One of a few choices, with what the chosen one does below. */
function Select<Id extends string>({ name, value, choices, set }: SelectProps<Id>) {
  const ids = Object.keys(choices) as Id[];
  return (
    <label className="control">
      <span>{name}</span>
      <select
        className="field"
        value={value}
        onChange={({ target }) => {
          const chosen = ids.find((id) => id === target.value);
          if (chosen !== undefined) set(chosen);
        }}
      >
        {ids.map((id) => (
          <option key={id} value={id}>
            {choices[id].name}
          </option>
        ))}
      </select>
      <small>{choices[value].what}</small>
    </label>
  );
}

interface CheckProps {
  readonly name: string;
  readonly what: string;
  readonly checked: boolean;
  readonly set: (checked: boolean) => void;
}

function Check({ name, what, checked, set }: CheckProps) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={({ target }) => set(target.checked)} />
      {name}
      <small>{what}</small>
    </label>
  );
}

function Calibration({ params }: { readonly params: QuantizationParams }) {
  const { calibration } = params;
  const change = (part: {
    method?: CalibrationMethodName;
    numBins?: number;
    percentile?: number;
    movingAverageConstant?: number;
  }): void => {
    const { method, ...options } = { ...params.toJSON().calibration, ...part };
    setParams(params.withCalibration(CalibrationMethod.fromStr(method, options)));
  };
  const usesHistogram = ['mse', 'entropy', 'percentile'].includes(calibration.method);
  return (
    <>
      <Select
        name="Ranges by"
        value={calibration.method}
        choices={METHODS}
        set={(method) => change({ method })}
      />
      <div className="control-row">
        {usesHistogram && (
          <label className="control">
            <span>Histogram bins</span>
            <select
              className="field"
              value={calibration.numBins}
              onChange={({ target }) => change({ numBins: Number(target.value) })}
            >
              {[128, 256, 512, 1024, 2048, 4096, 8192, 16384].map((bins) => (
                <option key={bins} value={bins}>
                  {bins.toLocaleString('en')}
                </option>
              ))}
            </select>
          </label>
        )}
        {calibration.method === 'percentile' && (
          <div>
            <NumberField
              label="Values kept, %"
              value={calibration.percentile}
              least={50.001}
              most={100}
              set={(percentile) => change({ percentile })}
            />
          </div>
        )}
        {calibration.method === 'moving_average' && (
          <div>
            <NumberField
              label="Weight of the newest"
              value={calibration.movingAverageConstant}
              least={0.0001}
              most={1}
              set={(movingAverageConstant) => change({ movingAverageConstant })}
            />
          </div>
        )}
      </div>
    </>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly set: (value: number) => void;
}

function NumberField({ label, value, least, most, set }: NumberProps) {
  return (
    <label className="control">
      <span>{label}</span>
      <input
        className="field"
        type="number"
        step="any"
        min={least}
        max={most}
        defaultValue={value}
        onChange={({ target }) => {
          const next = target.valueAsNumber;
          if (next >= least && next <= most) set(next);
        }}
      />
    </label>
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
          {chosen.map(({ node, precision }) => (
            <li key={node} className="chip">
              <span title={node}>
                {nodeByName(info, node)?.label ?? node}: {PRECISION_NAMES[precision]}
              </span>
              <button
                type="button"
                aria-label={`Quantize ${node} as all others`}
                onClick={() => setPrecision([node], 'DEFAULT')}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Json({ params }: { readonly params: QuantizationParams }) {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(JSON.stringify(params.toJSON(), null, 2));
    setState({
      notice: {
        severity: 'info',
        message: 'The settings are on the clipboard, as the command line takes them (--config).',
      },
    });
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
        defaultValue={JSON.stringify(params.toJSON(), null, 2)}
        key={JSON.stringify(params)}
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
          Defaults
        </button>
      </div>
    </details>
  );
}
