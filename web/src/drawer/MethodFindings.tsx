// Which accuracy methods were used, and why.

import type { MethodFinding } from 'octet-quant';
import { methodSentence } from 'octet-quant/display';

export function MethodFindings({ findings }: { readonly findings: readonly MethodFinding[] }) {
  const kept = findings.filter((finding) => finding.kept).length;
  return (
    <details className="method-findings small">
      <summary>
        {kept} of {findings.length} accuracy methods used
      </summary>
      <ul>
        {findings.map((finding) => (
          <li key={finding.method}>{methodSentence(finding)}</li>
        ))}
      </ul>
    </details>
  );
}
