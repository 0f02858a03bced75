// The page before anything is open: the drop target, the sample, and what will happen.

import { openSample } from '../state/opening';
import { useStore } from '../state/store';
import { FileButton } from '../ui/FileButton';
import './Empty.css';

const SAMPLES = [
  {
    id: 'fashion',
    name: 'Try the sample',
    what: 'A small classifier of clothes, with 200 images to calibrate and 1,000 to compare.',
  },
  {
    id: 'uneven',
    name: 'Try a hard one',
    what: 'The same in float; in INT8 it loses one answer in eight, until its channels are equalized.',
  },
] as const;

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
            <h2>Drop a .tflite or .onnx model</h2>
            <p className="empty-lead">
              Octet draws it, says which compute unit runs each layer and why, turns it into an INT8 model
              with images that you give, and shows layer by layer what that cost.
            </p>
            <div className="empty-actions">
              <FileButton accept=".tflite,.onnx,.octet" className="button primary">
                Choose a model…
              </FileButton>
            </div>
            <h3 className="empty-or">or look at an example</h3>
            <div className="empty-samples">
              {SAMPLES.map(({ id, name, what }) => (
                <button key={id} type="button" className="empty-sample" onClick={() => void openSample(id)}>
                  <strong>{name}</strong> <small>{what}</small>
                </button>
              ))}
            </div>
          </>
        )}
      </div>
      <p className="empty-promise small">
        Everything is computed in this page, by your own machine. Nothing that you open is uploaded anywhere.
        <span className="muted">Images of the examples: Fashion-MNIST, Zalando Research, MIT licence.</span>
      </p>
    </main>
  );
}
