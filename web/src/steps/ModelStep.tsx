// What was opened, and how the network divides over the compute units.

import { bytes, count, shapeText, share, withLabels } from 'octet-quant/display';
import { KeptNote } from '../app/Kept';
import { useStore } from '../state/store';
import { Step } from './Step';

export function ModelStep() {
  const model = useStore((state) => state.model);
  const target = useStore((state) => state.target);
  if (!model) return null;
  const { info } = model;
  const { units, segments, boundaryBytes } = info.partition;
  const work = units.reduce((sum, unit) => sum + unit.multiplyAccumulates, 0);
  const used = units.filter(({ nodes }) => nodes > 0);
  const mla = units.find(({ unit }) => unit === 'MLA');
  const onMla = work > 0 && mla ? mla.multiplyAccumulates / work : 0;
  const where = target === 'tflite' ? 'in integers' : 'on MLA';
  const nodes = `${info.nodes.length.toLocaleString('en')} nodes`;
  return (
    <Step title="Model" summary={work > 0 ? `${nodes}, ${share(onMla)} of MACs ${where}` : nodes} startsOpen>
      <dl className="facts">
        {info.inputs.map((tensor) => (
          <Fact
            key={tensor.name}
            name="Input"
            value={`${tensor.name}  ${shapeText(tensor.shape)} ${tensor.dtype}`}
          />
        ))}
        {info.outputs.map((tensor) => (
          <Fact
            key={tensor.name}
            name="Output"
            value={`${tensor.name}  ${shapeText(tensor.shape)} ${tensor.dtype}`}
          />
        ))}
      </dl>
      <div className="shares" aria-hidden="true">
        {used.map((unit) => (
          <span
            key={unit.unit}
            className={`unit-${unit.unit}`}
            style={{ flexGrow: work > 0 ? unit.multiplyAccumulates / work : unit.nodes }}
          />
        ))}
      </div>
      <table className="unit-table">
        <thead>
          <tr>
            <th scope="col">Unit</th>
            <th scope="col">Nodes</th>
            <th scope="col">MACs</th>
            <th scope="col">Parameters</th>
          </tr>
        </thead>
        <tbody>
          {units.map((unit) => (
            <tr key={unit.unit} className={`unit-${unit.unit}`}>
              <td>
                <span className="unit-badge">
                  {target === 'tflite' && unit.unit === 'MLA' ? 'INT8' : unit.unit}
                </span>
              </td>
              <td>{unit.nodes}</td>
              <td>{count(unit.multiplyAccumulates)}</td>
              <td>{count(unit.parameters)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small muted">
        {segments.length === 1 ? 'One segment' : `${segments.length} segments`}
        {segments.length > 1
          ? `; ${bytes(boundaryBytes)} cross between them in a pass`
          : ', nothing crosses between units'}
        .
      </p>
      {model.lesson && <p className="note">{model.lesson}</p>}
      {model.warnings.map((warning) => (
        <p key={warning} className="note warning">
          {withLabels(warning)}
        </p>
      ))}
      <KeptNote />
    </Step>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
