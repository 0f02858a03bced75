// One image's outputs, float and quantized side by side, drawn as what they are.

import { useMemo } from 'react';
import { partsOf } from '../model/images';
import { scoresOf } from '../model/results';
import type { Run } from '../model/types';
import { setState, useStore } from '../state/store';
import { TensorImage } from '../steps/Thumbnails';
import { useBlobUrl } from '../ui/useBlobUrl';
import { ClassScores } from './ClassScores';
import { FaceBoxes } from './FaceBoxes';
import { faceRange } from './faces';
import { outputKind } from './kind';
import { Numbers } from './Numbers';
import { OutputParts } from './OutputParts';
import { Pictures } from './Pictures';
import { type Outputs, useOutputs } from './useOutputs';
import './OutputsView.css';

export function OutputsView({ run }: { readonly run: Run | undefined }) {
  const images = useStore((state) => state.images);
  const shown = useStore((state) => state.shownImage);
  const { compare } = partsOf(images);
  const changed = useMemo(
    () =>
      run?.classification
        ? scoresOf(run.classification).changed.map((at) => run.classification?.images[at])
        : [],
    [run],
  );
  // To begin with, an image whose answer changed: that is what one wants to see.
  const wanted = shown ?? changed[0];
  const index = Math.max(
    0,
    compare.findIndex(({ name }) => name === wanted),
  );
  const { outputs, failure } = useOutputs(run, compare, index);
  if (compare.length === 0)
    return <p className="outputs-none small muted">Add images to see what the model makes of them.</p>;

  const show = (name: string | undefined): void => setState({ shownImage: name });
  const stepChanged = (by: number): void => {
    const at = changed.indexOf(compare[index]?.name);
    show(changed[(at + by + changed.length) % changed.length]);
  };
  return (
    <div className="outputs">
      <div className="outputs-bar">
        <button
          type="button"
          className="button icon"
          aria-label="Previous image"
          disabled={index === 0}
          onClick={() => show(compare[index - 1]?.name)}
        >
          ‹
        </button>
        <select
          className="field outputs-select"
          aria-label="Image"
          value={compare[index]?.name}
          onChange={({ target }) => show(target.value)}
        >
          {compare.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <button
          type="button"
          className="button icon"
          aria-label="Next image"
          disabled={index + 1 >= compare.length}
          onClick={() => show(compare[index + 1]?.name)}
        >
          ›
        </button>
        {run?.classification && (
          <span className="small outputs-changed">
            {changed.length === 0 ? (
              <span className="muted">No image changed its answer.</span>
            ) : (
              <>
                {changed.length} {changed.length === 1 ? 'image' : 'images'} changed the answer
                <button type="button" className="button quiet" onClick={() => stepChanged(-1)}>
                  ‹ previous
                </button>
                <button type="button" className="button quiet" onClick={() => stepChanged(1)}>
                  next ›
                </button>
              </>
            )}
          </span>
        )}
      </div>
      {run && <OutputParts run={run} />}
      {failure ? (
        <p className="note error">{failure}</p>
      ) : outputs ? (
        <Shown outputs={outputs} />
      ) : (
        <p className="outputs-none small muted">Running…</p>
      )}
    </div>
  );
}

function Shown({ outputs }: { readonly outputs: Outputs }) {
  const info = useStore((state) => state.model?.info);
  const url = useBlobUrl(outputs.image.blob);
  if (!info) return null;
  const kind = outputKind(info);
  const range = kind === 'faces' ? faceRange(info) : undefined;
  return (
    <div className="outputs-body">
      {kind !== 'faces' && (
        <figure className="outputs-image">
          <div className="thumb-pair">
            {url && <img src={url} alt={outputs.image.name} />}
            <TensorImage tensor={outputs.input} label={`${outputs.image.name} as the model sees it`} />
          </div>
          <figcaption className="small muted">
            {outputs.image.label ? `Folder ${outputs.image.label}` : 'File, and what the model sees'}
          </figcaption>
        </figure>
      )}
      {kind === 'classes' && <ClassScores outputs={outputs} />}
      {range && <FaceBoxes outputs={outputs} range={range} />}
      {kind === 'picture' && <Pictures outputs={outputs} />}
      {kind === 'numbers' && <Numbers outputs={outputs} />}
    </div>
  );
}
