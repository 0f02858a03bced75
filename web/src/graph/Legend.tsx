// What the colours of the network mean, with how much of the work each unit has.

import { CALM_DB, HOT_DB, share } from 'octet-quant/display';
import { useStore } from '../state/store';

export const UNIT_NAMES = { MLA: 'accelerator', APU: 'application processor', CVU: 'vision unit' } as const;

export function Legend() {
  const partition = useStore((state) => state.model?.info.partition);
  const coloring = useStore((state) => state.coloring);
  const target = useStore((state) => state.target);
  if (!partition) return null;
  if (coloring !== 'unit') {
    return (
      <ul className="legend" aria-label="Colours of the error">
        <li>{coloring === 'own' ? 'Own error' : 'Error'}</li>
        <li>
          {HOT_DB} dB <span className="legend-scale" /> {CALM_DB} dB and better
        </li>
      </ul>
    );
  }
  const work = partition.units.reduce((sum, unit) => sum + unit.multiplyAccumulates, 0);
  return (
    <ul className="legend" aria-label="Compute units">
      {partition.units.map((unit) => (
        <li key={unit.unit} className={`unit-${unit.unit}`} title={UNIT_NAMES[unit.unit]}>
          <span className="legend-swatch" />
          {target === 'tflite' && unit.unit === 'MLA' ? 'Integer kernels' : unit.unit}
          <span className="muted">
            {unit.nodes} {unit.nodes === 1 ? 'node' : 'nodes'}
            {work > 0 && unit.multiplyAccumulates > 0
              ? `, ${share(unit.multiplyAccumulates / work)} of MACs`
              : ''}
          </span>
        </li>
      ))}
    </ul>
  );
}
