// Asks for the shape of an input that a file leaves open.

import { type FormEvent, useState } from 'react';
import { openWithShape } from '../state/opening';
import { setState, useStore } from '../state/store';
import { CloseButton } from './CloseButton';
import './Notice.css';

/** "1, 3, 320, 320" or "1x3x320x320" as numbers; undefined where it is no shape. */
export function shapeOf(text: string): readonly number[] | undefined {
  const shape = text
    .split(/[\s,x×]+/)
    .filter((part) => part !== '')
    .map(Number);
  const isShape = shape.length > 0 && shape.every((extent) => Number.isInteger(extent) && extent >= 1);
  return isShape ? shape : undefined;
}

export function ShapeQuestion() {
  const question = useStore((state) => state.openShape);
  const [text, setText] = useState('');
  if (!question) return null;
  const shape = shapeOf(text);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (shape) void openWithShape(shape);
  };
  return (
    <form className="notice" onSubmit={submit} aria-label="Shape of an input">
      <div className="notice-text">
        <p className="notice-message">{question.message}</p>
        <label className="notice-hint">
          Shape of {question.input}, in the file's order{' '}
          <input
            // biome-ignore lint/a11y/noAutofocus: nothing else can be done before
            autoFocus={true}
            className="mono"
            placeholder="1, 3, 320, 320"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>{' '}
        <button className="button primary" type="submit" disabled={!shape}>
          Open
        </button>
      </div>
      <CloseButton label="Do not open it" onClick={() => setState({ openShape: undefined })} />
    </form>
  );
}
