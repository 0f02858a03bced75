// Errors as something to tell.

import { OctetError } from 'octet-quant';
import { withLabels } from 'octet-quant/display';
import type { Notice } from './types';

export function noticeOf(error: unknown, what: string): Notice {
  if (!(error instanceof OctetError)) {
    return {
      severity: 'error',
      message: `${what} failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  const { node, tensor, input, byteOffset } = error.where;
  const where = [
    node && `node ${node}`,
    tensor && `tensor ${tensor}`,
    input && `input ${input}`,
    byteOffset !== undefined && `byte ${byteOffset}`,
  ]
    .filter((part) => typeof part === 'string')
    .join(', ');
  return { severity: 'error', message: withLabels(error.message), where, hint: error.hint };
}
