// The page before anything is open: the drop target, the sample, and what will happen.

import { openSample } from '../state/actions';
import { useStore } from '../state/store';
import { FileButton } from '../ui/FileButton';
import './Empty.css';

export function Empty() {
  const opening = useStore((state) => state.opening);
  return (
    <main className="empty">
      <div className="empty-target">
        {opening ? (
          <p className="empty-opening" role="status">
            Opening {opening}…
          </p>
        ) : (
          <>
            <h2>Drop a .tflite model</h2>
            <p className="empty-lead">
              Octet draws it, says which compute unit runs each layer and why, turns it into an INT8 model
              with images that you give, and shows layer by layer what that cost.
            </p>
            <div className="empty-actions">
              <FileButton accept=".tflite,.octet" className="button primary">
                Choose a model…
              </FileButton>
              <button type="button" className="button" onClick={() => void openSample('fashion')}>
                Try the sample
              </button>
              <button type="button" className="button" onClick={() => void openSample('uneven')}>
                Try a hard one
              </button>
            </div>
            <p className="empty-sample muted small">
              Sample: a classifier of clothes, 28×28 pixels, 34 layers, with 200 images to calibrate and 1,000
              to compare (Fashion-MNIST, Zalando Research, MIT licence). The hard one computes the same in
              float, and loses every eighth answer in INT8 until its channels are equalized.
            </p>
          </>
        )}
      </div>
      <p className="empty-promise small">
        Everything is computed in this page, by your own machine. Nothing that you open is uploaded anywhere.
      </p>
    </main>
  );
}
