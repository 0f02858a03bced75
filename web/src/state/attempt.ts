// How actions fail: what is loaded stays in place, and the page says why.

import { OctetError } from 'octet-quant';
import { noticeOf } from '../model/notice';
import { setState } from './store';

/** Does something that may fail or be cancelled. `what`: the beginning of a sentence about it. */
export async function attempt(what: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const cancelled =
      (error instanceof OctetError && error.code === 'CANCELLED') ||
      (error instanceof DOMException && error.name === 'AbortError');
    setState({
      notice: cancelled
        ? { severity: 'info', message: `${what} was cancelled; everything else is as it was.` }
        : noticeOf(error, what),
    });
  } finally {
    setState({ opening: undefined });
  }
}
