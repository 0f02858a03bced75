// A button with a small panel below it. Closes on Escape, on a click elsewhere, and after an action inside.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import './Menu.css';

interface Props {
  readonly label: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly title?: string;
  readonly disabled?: boolean;
}

export function Menu({ label, children, className = '', title, disabled }: Props) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event): void => {
      if (
        event instanceof KeyboardEvent ? event.key === 'Escape' : !box.current?.contains(event.target as Node)
      )
        setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, [open]);
  return (
    <div ref={box} className="menu">
      <button
        type="button"
        className={`button ${className}`}
        title={title}
        aria-expanded={open}
        disabled={disabled}
        onClick={() => setOpen(!open)}
      >
        {label}
        <span aria-hidden="true" className="menu-arrow" />
      </button>
      {open && (
        // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: closes after the buttons inside did their work
        <div
          className="menu-panel"
          onClick={(event) => event.target instanceof HTMLButtonElement && setOpen(false)}
        >
          {children}
        </div>
      )}
    </div>
  );
}
