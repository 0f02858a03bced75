// A step: a title with one line on its state, folded or open.

import { type ReactNode, useState } from 'react';

interface Props {
  readonly title: string;
  readonly summary: ReactNode;
  readonly children: ReactNode;
  readonly startsOpen?: boolean;
}

export function Step({ title, summary, children, startsOpen = false }: Props) {
  const [open, setOpen] = useState(startsOpen);
  return (
    <section className="step" data-open={open || undefined}>
      <h2>
        <button type="button" className="step-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="step-title">{title}</span>
          <span className="step-summary">{summary}</span>
          <span className="step-arrow" aria-hidden="true" />
        </button>
      </h2>
      {open && <div className="step-body">{children}</div>}
    </section>
  );
}
