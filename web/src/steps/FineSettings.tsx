// Every setting of its own, in plain words, with what it does and costs.

import {
  type BiasCorrection,
  CalibrationMethod,
  type CalibrationMethodName,
  type QuantizationParams,
  quantizationScheme,
  settingsTable,
} from 'octet-quant';
import { METHOD_NAMES, numbersOf } from '../model/precision';
import { setParams } from '../state/settings';
import { Check, Choice, NumberField, Select } from './fields';

interface ParamsProps {
  readonly params: QuantizationParams;
}

export function FineSettings({ params }: ParamsProps) {
  const numbers = numbersOf(params);
  return (
    <>
      <Calibration params={params} />
      {numbers === 'INT8' && (
        <Check
          name="Asymmetric activations"
          what="Uses all 256 steps where values are mostly of one sign. Off: zero point 0, coarser behind ReLU."
          checked={params.activations.asymmetric}
          set={(asymmetric) =>
            setParams(
              params.withActivationQuantization(quantizationScheme({ asymmetric, perChannel: false })),
            )
          }
        />
      )}
      {numbers !== 'BFLOAT_16' && (
        <>
          {numbers === 'INT8' && (
            <Check
              name="Functions in 8 bits"
              what="LOGISTIC, TANH, HARD_SWISH and the like give INT8. Off: INT16, where what reads them takes it."
              checked={params.preferInt8Udf}
              set={(on) => setParams(params.withPreferInt8Udf(on))}
            />
          )}
          <Weights params={params} />
          <Corrections params={params} />
        </>
      )}
      <Arithmetic params={params} />
    </>
  );
}

function Weights({ params }: ParamsProps) {
  const { perChannel, bits } = params.weights;
  const change = (part: { perChannel?: boolean; bits?: number }): void =>
    setParams(
      params.withWeightQuantization(quantizationScheme({ asymmetric: false, perChannel, bits, ...part })),
    );
  return (
    <>
      <Check
        name="Weights per channel"
        what="A scale of its own for every output channel. Off: a little smaller, and much worse where channels differ, as in depthwise layers."
        checked={perChannel}
        set={(on) => change({ perChannel: on })}
      />
      <Check
        name="Weights of 4 bits"
        what="Half the size, and far coarser: use it with adaptive rounding, and look at the errors."
        checked={bits === 4}
        set={(on) => change({ bits: on ? 4 : 8 })}
      />
    </>
  );
}

const METHODS: Readonly<Record<CalibrationMethodName, { readonly name: string; readonly what: string }>> = {
  mse: {
    name: METHOD_NAMES.mse,
    what: 'Clips rare large values where that lowers the error. The best first choice.',
  },
  min_max: { name: METHOD_NAMES.min_max, what: 'Clips nothing seen; one outlier makes all steps coarser.' },
  moving_average: {
    name: METHOD_NAMES.moving_average,
    what: 'Softens outliers; depends on the order of the images.',
  },
  entropy: { name: METHOD_NAMES.entropy, what: 'Keeps the distribution; slower, good for long tails.' },
  percentile: { name: METHOD_NAMES.percentile, what: 'Clips a fixed share of the largest values.' },
};

const BINS = [128, 256, 512, 1024, 2048, 4096, 8192, 16384];

function Calibration({ params }: ParamsProps) {
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
  const usesHistogram = settingsTable.histogramMethods.some((method) => method === calibration.method);
  return (
    <>
      <Select
        name="Ranges by"
        value={calibration.method}
        choices={METHODS}
        set={(method) => change({ method })}
      />
      {usesHistogram && (
        <label className="control">
          <span>Histogram bins</span>
          <select
            className="field"
            value={calibration.numBins}
            onChange={({ target }) => change({ numBins: Number(target.value) })}
          >
            {BINS.map((bins) => (
              <option key={bins} value={bins}>
                {bins.toLocaleString('en')}
              </option>
            ))}
          </select>
          <small>More bins place the ends of a range more exactly, and take memory for every tensor.</small>
        </label>
      )}
      {calibration.method === 'percentile' && (
        <NumberField
          label="Values kept, %"
          value={calibration.percentile}
          least={50.001}
          most={100}
          set={(percentile) => change({ percentile })}
        />
      )}
      {calibration.method === 'moving_average' && (
        <NumberField
          label="Weight of the newest"
          value={calibration.movingAverageConstant}
          least={0.0001}
          most={1}
          set={(movingAverageConstant) => change({ movingAverageConstant })}
        />
      )}
    </>
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
    what: 'Biases make up for all that the sums lack, layer after layer, in more than one further pass.',
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
      <Check
        name="Equalize channels"
        what="Scales channels between layers until their weights are alike; the float result stays. Much better where weights share one scale a layer. The images are looked at again."
        checked={params.channelEqualization}
        set={(on) => setParams(params.withChannelEqualization(on))}
      />
      <Check
        name="Smooth channels"
        what="Scales channels that stay small on your images up, so that one scale a layer serves them all. Gives most of what there is to gain where activations are uneven. One further pass."
        checked={params.smoothQuant.enabled}
        set={(on) => setParams(params.withSmoothQuant(on && { search: true }))}
      />
      <Check
        name="Only what helps"
        what="Tries each of these methods on some of your images, judges it on others, and leaves it out where it does not help. Six images are the least."
        checked={params.judgeMethods}
        set={(on) => setParams(params.withJudgedMethods(on))}
      />
    </>
  );
}

function Arithmetic({ params }: ParamsProps) {
  return (
    <fieldset className="control">
      <legend>Arithmetic</legend>
      <Choice
        group="requantization"
        name="Shifts"
        what="As the MLA rescales: shifts, weights scaled to fit."
        checked={params.requantization === 'sima'}
        choose={() => setParams(params.withRequantizationMode('sima'))}
      />
      <Choice
        group="requantization"
        name="TFLite"
        what="32-bit multipliers: the .tflite computes what this page shows, bit for bit."
        checked={params.requantization === 'tflite'}
        choose={() => setParams(params.withRequantizationMode('tflite'))}
      />
    </fieldset>
  );
}
