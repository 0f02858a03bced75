// What the user asks of quantization.

import { QuantizationParams, recommendedQuantization } from 'octet-quant';
import { noticeOf } from '../model/notice';
import { type NodeChoice, withChoice } from '../model/precision';
import { getState, setState } from './store';

export function setParams(params: QuantizationParams): void {
  setState({ params });
}

export function toggleKept(name: string): void {
  const { params } = getState();
  const kept = new Set(params.unquantizedNodes);
  if (!kept.delete(name)) kept.add(name);
  setState({ params: params.withUnquantizedNodes(kept) });
}

export function setPrecision(nodes: Iterable<string>, choice: NodeChoice): void {
  setState(({ params }) => ({ params: withChoice(params, nodes, choice) }));
}

export function pasteSettings(text: string): void {
  try {
    setState({
      params: QuantizationParams.fromJSON(JSON.parse(text)),
      notice: { severity: 'info', message: 'The settings were taken over.' },
    });
  } catch (error) {
    setState({
      notice:
        error instanceof SyntaxError
          ? { severity: 'error', message: 'This is not JSON.', hint: error.message }
          : noticeOf(error, 'Reading the settings'),
    });
  }
}

export function resetParams(): void {
  const { params, target } = getState();
  setState({
    params: recommendedQuantization
      .withRequantizationMode(target === 'tflite' ? 'tflite' : 'sima')
      .withUnquantizedNodes(params.unquantizedNodes)
      .withCustomQuantizationConfigs(params.customQuantizationConfigs),
  });
}
