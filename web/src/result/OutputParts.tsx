// Outputs whose parts differ in range, over all images: the ratio of the whole is that of the widest part.

import { outputErrors } from 'octet-quant';
import { decibels, withLabels } from 'octet-quant/display';
import type { Run } from '../model/types';
import { PartsTable } from '../ui/PartsTable';

export function OutputParts({ run }: { readonly run: Run }) {
  const told = outputErrors(run.errors).filter(
    ({ parts, warnings }) => parts.length > 1 || warnings.length > 0,
  );
  return told.map(({ output, sqnr, parts, warnings }) => (
    <section key={output} className="output-parts small" aria-label={`Parts of ${output}`}>
      <h3>
        {output} <span className="muted">{decibels(sqnr)} as a whole</span>
      </h3>
      <PartsTable parts={parts} />
      {warnings.map((warning) => (
        <p key={warning} className="note warning">
          {withLabels(warning)}
        </p>
      ))}
    </section>
  ));
}
