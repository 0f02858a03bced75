// A button that opens the browser's file dialog.

import { type ReactNode, useRef } from 'react';
import { openChosen } from '../state/opening';

interface Props {
  readonly children: ReactNode;
  readonly className: string;
  readonly accept?: string;
  readonly folder?: boolean;
  readonly label?: string;
}

export function FileButton({ children, className, accept, folder = false, label }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className={className} aria-label={label} onClick={() => input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={accept}
        {...(folder ? { webkitdirectory: '' } : {})}
        onChange={(event) => {
          const { files } = event.target;
          if (files && files.length > 0) void openChosen(files);
          // The same file can be chosen again after it has changed.
          event.target.value = '';
        }}
      />
    </>
  );
}
