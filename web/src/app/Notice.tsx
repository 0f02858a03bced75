// One message at a time: what happened, where, what to do.

import { useEffect } from 'react';
import { setState, useStore } from '../state/store';
import { CloseButton } from './CloseButton';
import './Notice.css';

const NEWS_STAYS_MS = 5000;

export function Notice() {
  const notice = useStore((state) => state.notice);
  useEffect(() => {
    if (notice?.severity !== 'info') return;
    const timer = setTimeout(() => setState({ notice: undefined }), NEWS_STAYS_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  if (!notice) return null;
  return (
    <div className={`notice ${notice.severity}`} role={notice.severity === 'error' ? 'alert' : 'status'}>
      <div className="notice-text">
        <p className="notice-message">{notice.message}</p>
        {notice.where && <p className="mono small">{notice.where}</p>}
        {notice.hint && <p className="notice-hint">{notice.hint}</p>}
      </div>
      <CloseButton label="Close the message" onClick={() => setState({ notice: undefined })} />
    </div>
  );
}
