// Everything known of the selected node: what it is, where it runs and why, what it costs, how it was quantized.

import type { NodeError, NodeInfo, SignalError, TensorInfo } from 'octet-quant';
import { count, decibels, figure, shapeText } from 'octet-quant/display';
import { UNIT_NAMES } from '../graph/Legend';
import { inputId, type Network, type NetworkNode, outputId } from '../model/network';
import type { Run } from '../model/types';
import { attributeName, attributeOf, fusedActivation } from '../model/words';
import { useActiveRun, useErrorOf } from '../state/derive';
import { select, useStore } from '../state/store';
import { PartsTable } from '../ui/PartsTable';
import { PrecisionSelect, useCanChoose } from '../ui/PrecisionSelect';
import { ActivationChart } from './ActivationChart';
import { ChannelRanges } from './ChannelRanges';
import { Group } from './Group';
import './Inspector.css';
import { OwnSettings } from './OwnSettings';

export function Inspector({ network }: { readonly network: Network }) {
  const selected = useStore((state) => state.selected);
  const index = selected === undefined ? undefined : network.indexOf.get(selected);
  const node = index === undefined ? undefined : network.nodes[index];
  return (
    <aside className="inspector" aria-label="Selected node">
      {node === undefined ? (
        <p className="inspector-empty muted small">
          Select a node, in the network or the table, to see its attributes, where it runs and why, and what
          quantizing did to it.
        </p>
      ) : node.kind === 'operator' ? (
        <OperatorDetails key={node.id} node={node.node} title={node.title} network={network} />
      ) : (
        <EndDetails node={node} network={network} />
      )}
    </aside>
  );
}

function EndDetails({
  node,
  network,
}: {
  readonly node: Extract<NetworkNode, { kind: 'input' | 'output' }>;
  readonly network: Network;
}) {
  const run = useActiveRun();
  const { tensor } = node;
  const producer = network.producerOf.get(tensor.name);
  return (
    <>
      <header className="inspector-head">
        <p className="muted small">{node.kind === 'input' ? 'Input' : 'Output'} of the model</p>
        <h2>{tensor.name}</h2>
      </header>
      <Group title="Tensor">
        <dl className="facts">
          <dt>Shape</dt>
          <dd>{tensor.shape.join('×')}</dd>
          <dt>Type</dt>
          <dd>{tensor.dtype}</dd>
        </dl>
        {node.kind === 'output' && producer && (
          <NodeLink id={producer} network={network} lead="computed by" />
        )}
      </Group>
      {run && <Quantized tensor={tensor.name} run={run} />}
    </>
  );
}

interface OperatorProps {
  readonly node: NodeInfo;
  readonly title: string;
  readonly network: Network;
}

function OperatorDetails({ node, title, network }: OperatorProps) {
  const run = useActiveRun();
  const error = useErrorOf().get(node.name);
  const target = useStore((state) => state.target);
  const unit = target === 'tflite' && node.unit === 'MLA' ? 'Integer kernels' : node.unit;
  return (
    <>
      <header className="inspector-head">
        <p className={`small muted unit-${node.unit}`}>
          <span className="unit-badge">{unit}</span> {target === 'tflite' ? '' : `${UNIT_NAMES[node.unit]}, `}
          segment {node.segment}
        </p>
        <h2>
          {title} {fusedActivation(node) && <span className="muted">{fusedActivation(node)}</span>}
        </h2>
        <p className="inspector-name mono" title={node.name}>
          {node.label}
        </p>
      </header>
      {node.reasons.length > 0 && (
        <div className="group">
          {node.reasons.map((reason) => (
            <p key={reason} className="note warning">
              {reason}
            </p>
          ))}
        </div>
      )}
      <Precision node={node} />
      {error && <ErrorFigures error={error} />}
      {run && node.outputs.map((tensor) => <Quantized key={tensor} tensor={tensor} run={run} />)}
      {run && <ActivationChart node={node} run={run} />}
      {run && <Weights node={node} run={run} network={network} />}
      <Attributes node={node} />
      <Tensors node={node} network={network} />
      <Group title="Cost">
        <dl className="facts">
          <dt>Multiply-accumulates</dt>
          <dd>{count(node.multiplyAccumulates)}</dd>
          <dt>Parameters</dt>
          <dd>{count(node.parameters)}</dd>
        </dl>
      </Group>
      <Group title="In the file">
        <ul className="sources mono">
          {node.sourceNodes.map((source) => (
            <li key={source}>{source}</li>
          ))}
        </ul>
      </Group>
    </>
  );
}

function Precision({ node }: { readonly node: NodeInfo }) {
  const target = useStore((state) => state.target);
  if (!useCanChoose(node)) return null;
  return (
    <div className="group precision-choice">
      <span className="control-title">Precision</span>
      <PrecisionSelect node={node} />
      <OwnSettings node={node} />
      <small className="muted">
        {target === 'tflite'
          ? 'INT16 takes twice the bytes; in float its neighbours convert.'
          : `INT16${target === 'gen2' ? ' and BF16 stay' : ' stays'} on the MLA at twice the bytes; float moves to the APU.`}{' '}
        Takes effect with the next run.
      </small>
    </div>
  );
}

const FIGURES: readonly { readonly name: string; readonly text: (error: SignalError) => string }[] = [
  { name: 'Signal to noise (SQNR)', text: ({ sqnr }) => decibels(sqnr) },
  { name: 'Cosine similarity', text: ({ cosine }) => cosine.toFixed(5) },
  { name: 'Mean absolute error', text: ({ mae }) => figure(mae) },
  { name: 'Largest error', text: ({ maxError }) => figure(maxError) },
];

function ErrorFigures({ error }: { readonly error: NodeError }) {
  return (
    <Group title="Error after quantizing">
      <table className="error-figures">
        <thead>
          <tr>
            <td />
            <th scope="col" title="With the errors of all nodes before it">
              piled up
            </th>
            <th scope="col" title="Of this node alone, on exact inputs">
              its own
            </th>
          </tr>
        </thead>
        <tbody>
          {FIGURES.map(({ name, text }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{text(error)}</td>
              <td>{text(error.local)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {error.noise && error.noise.weights > 0 && (
        <p className="small muted">
          Of its own noise, rounded weights make {Math.round(100 * error.noise.weights)} %, activations the
          rest.
        </p>
      )}
      {error.parts && <PartsTable parts={error.parts} />}
      {error.causes.map(({ kind, sentence, remedy }) => (
        <p key={kind} className="note warning">
          {sentence} <span className="muted">{remedy}</span>
        </p>
      ))}
    </Group>
  );
}

function Quantized({ tensor, run }: { readonly tensor: string; readonly run: Run }) {
  const record = run.report.tensors.find((entry) => entry.tensor === tensor);
  if (!record) return null;
  return (
    <Group title="Quantized as">
      <dl className="facts">
        <dt>Scale</dt>
        <dd>{figure(record.scale)}</dd>
        <dt>Zero point</dt>
        <dd>{figure(record.zeroPoint)}</dd>
        <dt>Seen</dt>
        <dd>
          {figure(record.observed[0])} to {figure(record.observed[1])}
        </dd>
        <dt>Chosen</dt>
        <dd>
          {figure(record.chosen[0])} to {figure(record.chosen[1])}
        </dd>
      </dl>
    </Group>
  );
}

function Weights({ node, run, network }: WeightsProps) {
  const constants = new Set(node.inputs.filter((name) => network.tensors.get(name)?.constant));
  const weights = run.quantizedTensors.find(
    ({ name, dtype, quantization }) => constants.has(name) && dtype === 'int8' && quantization !== undefined,
  );
  if (!weights?.quantization) return null;
  return (
    <Group
      title={
        weights.quantization.scale.length > 1
          ? `Weight range of each of ${weights.quantization.scale.length} channels`
          : 'Weight range'
      }
    >
      <ChannelRanges scale={weights.quantization.scale} bits={weights.quantization.bits} />
    </Group>
  );
}

interface WeightsProps {
  readonly node: NodeInfo;
  readonly run: Run;
  readonly network: Network;
}

function Attributes({ node }: { readonly node: NodeInfo }) {
  const entries = Object.entries(node.attributes);
  return (
    <Group title="Attributes">
      <dl className="facts">
        <dt>operator</dt>
        <dd>{node.operator}</dd>
        {entries.map(([name, value]) => (
          <Entry key={name} name={attributeName(name)} value={attributeOf(name, value)} />
        ))}
      </dl>
    </Group>
  );
}

function Entry({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Tensors({ node, network }: { readonly node: NodeInfo; readonly network: Network }) {
  const consumers = network.nodes.filter((other) =>
    other.kind === 'operator'
      ? other.node.inputs.some((name) => node.outputs.includes(name))
      : other.kind === 'output' && node.outputs.includes(other.tensor.name),
  );
  return (
    <>
      <Group title="Inputs">
        <ul className="tensors">
          {node.inputs
            .filter((name) => name !== '')
            .map((name) => (
              <TensorLine
                key={name}
                name={name}
                tensor={network.tensors.get(name)}
                to={network.producerOf.get(name)}
                network={network}
              />
            ))}
        </ul>
      </Group>
      <Group title="Outputs">
        <ul className="tensors">
          {node.outputs.map((name) => (
            <TensorLine
              key={name}
              name={name}
              tensor={network.tensors.get(name)}
              to={undefined}
              network={network}
            />
          ))}
        </ul>
        {consumers.map((consumer) => (
          <NodeLink key={consumer.id} id={consumer.id} network={network} lead="to" />
        ))}
      </Group>
    </>
  );
}

interface TensorProps {
  readonly name: string;
  readonly tensor: TensorInfo | undefined;
  readonly to: string | undefined;
  readonly network: Network;
}

function TensorLine({ name, tensor, to, network }: TensorProps) {
  return (
    <li className="tensor">
      <span>
        {tensor ? shapeText(tensor.shape) : ''} <span className="muted">{tensor?.dtype}</span>
        {tensor?.constant && <span className="muted"> constant</span>}
      </span>
      {to ? (
        <NodeLink id={to} network={network} lead="from" />
      ) : (
        <span className="tensor-name mono" title={name}>
          {name.split(';')[0]?.split('/').slice(-2).join('/')}
        </span>
      )}
    </li>
  );
}

function NodeLink({
  id,
  network,
  lead,
}: {
  readonly id: string;
  readonly network: Network;
  readonly lead: string;
}) {
  const index = network.indexOf.get(id);
  const node = index === undefined ? undefined : network.nodes[index];
  if (!node) return null;
  const known = id === inputId(node.title) || id === outputId(node.title);
  return (
    <button type="button" className="node-link" onClick={() => select(id)}>
      <span className="muted">{lead}</span> {known ? `${node.kind} ${node.title}` : node.title}
    </button>
  );
}
