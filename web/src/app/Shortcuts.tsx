// The keys that the page knows, shown on "?".

import { useEffect, useRef } from 'react';
import { setState, useStore } from '../state/store';
import { CloseButton } from './CloseButton';
import './Shortcuts.css';

const KEYS: readonly { readonly keys: readonly string[]; readonly what: string }[] = [
  { keys: ['/'], what: 'Search nodes; Enter and Shift Enter go through what is found' },
  { keys: ['↑', '↓'], what: 'In the network: along its edges; in the table: by a row' },
  { keys: ['←', '→'], what: 'In the network: to the next node of the same depth' },
  { keys: ['Home', 'End'], what: 'In the network and the table: to the first and last node' },
  { keys: ['+', '−', '0'], what: 'In the network: zoom in, zoom out, show all' },
  { keys: ['F'], what: 'In the network: keep the node in float, or no longer' },
  { keys: ['Esc'], what: 'Let go of the selection, close what is open' },
  { keys: ['?'], what: 'Show these keys' },
];

export function Shortcuts() {
  const open = useStore((state) => state.showsKeys);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const close = (): void => setState({ showsKeys: false });
  return (
    <dialog ref={dialog} className="shortcuts" aria-labelledby="shortcuts-title" onClose={close}>
      <header>
        <h2 id="shortcuts-title">Keys</h2>
        <CloseButton label="Close the list of keys" onClick={close} />
      </header>
      <dl>
        {KEYS.map(({ keys, what }) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
