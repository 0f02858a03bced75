// The parts of a tensor whose ranges differ, each with its own error.

import type { ErrorPart } from 'octet-quant';
import { channelsText, decibels, figure } from 'octet-quant/display';
import './PartsTable.css';

export function PartsTable({ parts }: { readonly parts: readonly ErrorPart[] }) {
  return (
    <table className="parts-table">
      <thead>
        <tr>
          <th scope="col">channels</th>
          <th scope="col">range</th>
          <th scope="col" title="Signal to quantization noise, with the errors of all nodes before it">
            piled up
          </th>
          <th scope="col" title="Of this node alone, on exact inputs">
            its own
          </th>
        </tr>
      </thead>
      <tbody>
        {parts.map(({ axis, channels, low, high, sqnr, local, lost }) => (
          <tr key={channels[0]}>
            <th scope="row" title={`Of axis ${axis}`}>
              {channelsText(channels)}
              {lost.length > 0 && <span className="muted"> lost</span>}
            </th>
            <td>
              {figure(low)} to {figure(high)}
            </td>
            <td>{decibels(sqnr)}</td>
            <td>{decibels(local.sqnr)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
