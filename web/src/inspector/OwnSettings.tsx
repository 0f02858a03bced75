// What a node is quantized with other than all nodes: the bits of its weights, and what chooses its ranges.

import { type CalibrationMethodName, defaultQuantization, type NodeInfo } from 'octet-quant';
import { METHOD_NAMES, numbersOf, withConfig } from '../model/precision';
import { setParams } from '../state/settings';
import { useStore } from '../state/store';

const METHODS = Object.keys(METHOD_NAMES) as CalibrationMethodName[];

export function OwnSettings({ node }: { readonly node: NodeInfo }) {
  const params = useStore((state) => state.params);
  const config = params.customQuantizationConfigs.get(node.name) ?? {};
  const precision = config.quantizationPrecision;
  const inIntegers = precision === undefined ? !params.activations.bfloat16 : /^INT/.test(precision);
  const integerWeights = inIntegers && (precision !== undefined || numbersOf(params) !== 'BFLOAT_16');
  if (params.unquantizedNodes.has(node.name) || !inIntegers) return null;
  const weights = params.weights.bfloat16 ? defaultQuantization.weights : params.weights;
  return (
    <>
      {integerWeights && node.parameters > 0 && (
        <label className="own-setting">
          <span>Weights</span>
          <select
            className="field precision"
            value={config.weightScheme?.bits ?? ''}
            onChange={({ target }) => {
              const { weightScheme: _, ...rest } = config;
              const bits = Number(target.value);
              const scheme = target.value === '' ? {} : { weightScheme: { ...weights, bits } };
              setParams(withConfig(params, node.name, { ...rest, ...scheme }));
            }}
          >
            <option value="">as all</option>
            <option value="8">8 bits</option>
            <option value="4">4 bits</option>
          </select>
        </label>
      )}
      <label className="own-setting">
        <span>Ranges by</span>
        <select
          className="field precision"
          value={config.calibration?.method ?? ''}
          onChange={({ target }) => {
            const { calibration: _, ...rest } = config;
            const method = METHODS.find((name) => name === target.value);
            const { numBins, percentile, movingAverageConstant } = params.calibration;
            const options = { numBins, percentile, movingAverageConstant };
            const calibration = method ? { calibration: { method, ...options } } : {};
            setParams(withConfig(params, node.name, { ...rest, ...calibration }));
          }}
        >
          <option value="">as all</option>
          {METHODS.map((method) => (
            <option key={method} value={method}>
              {METHOD_NAMES[method]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
