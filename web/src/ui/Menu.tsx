// A button with a small panel below it. Closes on Escape, when something elsewhere is clicked or gets the focus, and
// after an action inside.

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
    const closeOutside = ({ target }: Event): void => {
      if (!(target instanceof Node && box.current?.contains(target))) setOpen(false);
    };
    const closeOnEscape = ({ key }: KeyboardEvent): void => {
      if (key !== 'Escape') return;
      setOpen(false);
      // What had the focus inside is gone.
      box.current?.querySelector('button')?.focus();
    };
    document.addEventListener('pointerdown', closeOutside);
    document.addEventListener('focusin', closeOutside);
    document.addEventListener('keydown', closeOnEscape);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
      document.removeEventListener('focusin', closeOutside);
      document.removeEventListener('keydown', closeOnEscape);
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
