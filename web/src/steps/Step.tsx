// A step: a title with one line on its state, folded or open.

import { type ReactNode, useRef, useState } from 'react';

interface Props {
  readonly title: string;
  readonly summary: ReactNode;
  readonly children: ReactNode;
  readonly startsOpen?: boolean;
}

/** Within the column only: scrollIntoView() would also scroll the page, whose bars then leave a phone's screen. */
function scrollToTop(section: HTMLElement | null): void {
  const column = section?.closest('.steps-scroll');
  if (!section || !column) return;
  column.scrollTop += section.getBoundingClientRect().top - column.getBoundingClientRect().top;
}

export function Step({ title, summary, children, startsOpen = false }: Props) {
  const [open, setOpen] = useState(startsOpen);
  const section = useRef<HTMLElement>(null);
  const toggle = (): void => {
    setOpen(!open);
    // What was unfolded should be seen, even from the bottom of the column.
    if (!open) requestAnimationFrame(() => scrollToTop(section.current));
  };
  return (
    <section ref={section} className="step" data-open={open || undefined}>
      <h2>
        <button type="button" className="step-head" aria-expanded={open} onClick={toggle}>
          <span className="step-title">{title}</span>
          <span className="step-summary">{summary}</span>
          <span className="step-arrow" aria-hidden="true" />
        </button>
      </h2>
      {open && <div className="step-body">{children}</div>}
    </section>
  );
}
