// How much this page keeps in the browser, and the way to clear it: in the top bar, or on a phone with the model.

import { bytes } from 'octet-quant/display';
import { closeSession } from '../state/opening';
import { clearKept } from '../state/session';
import { useStore } from '../state/store';
import { Menu } from '../ui/Menu';
import './Kept.css';

export function KeptMenu() {
  const kept = useStore((state) => state.keptBytes);
  if (kept === 0) return null;
  return (
    <div className="kept-wide">
      <Menu label={`${bytes(kept)} kept`} className="quiet" title="What this page keeps in your browser">
        <Kept kept={kept} />
      </Menu>
    </div>
  );
}

export function KeptNote() {
  const kept = useStore((state) => state.keptBytes);
  if (kept === 0) return null;
  return (
    <div className="kept-narrow small">
      <Kept kept={kept} />
    </div>
  );
}

function Kept({ kept }: { readonly kept: number }) {
  return (
    <>
      <p>
        Model, images and runs, {bytes(kept)} in all, are kept in this browser, so that they are here after a
        reload. They are nowhere else.
      </p>
      <button
        type="button"
        className="button"
        onClick={() => {
          closeSession();
          void clearKept();
        }}
      >
        Close and clear all
      </button>
    </>
  );
}
