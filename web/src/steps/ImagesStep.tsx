// Images to find ranges with and to compare on; how they become the model's input; what the model then sees.

import { useState } from 'react';
import { classCount, classNames } from '../model/classes';
import { heldOut, partsOf } from '../model/images';
import type { ImageEntry } from '../model/types';
import { holdOut, removeImages, setClasses, setPreprocessing } from '../state/images';
import { useStore } from '../state/store';
import { FileButton } from '../ui/FileButton';
import { imageWarnings, numbersText, parseNumbers, presetOf, SCALE_PRESETS } from './preprocessing';
import { Step } from './Step';
import { Thumbnails } from './Thumbnails';

export function ImagesStep() {
  const images = useStore((state) => state.images);
  const { calibrate, compare } = partsOf(images);
  const summary =
    images.length === 0
      ? 'drop images to calibrate with'
      : compare === calibrate
        ? `${calibrate.length} images`
        : `${calibrate.length} calibrate, ${compare.length.toLocaleString('en')} compare`;
  return (
    <Step title="Images" summary={summary} startsOpen>
      {images.length === 0 ? (
        <p className="small muted">
          Photos like those that the model will meet, 50 to 200 of them: files, folders or a zip, dropped
          anywhere on the page. Folders named after classes give the accuracy too.
        </p>
      ) : (
        <WithImages images={images} calibrate={calibrate} compare={compare} />
      )}
      <div className="button-row">
        <FileButton className="button" accept="image/png,image/jpeg,image/webp,.zip">
          Add images…
        </FileButton>
        <FileButton className="button" folder>
          Add a folder…
        </FileButton>
        {images.length > 0 && (
          <button type="button" className="button" onClick={removeImages}>
            Remove
          </button>
        )}
      </div>
    </Step>
  );
}

interface PartsProps {
  readonly images: readonly ImageEntry[];
  readonly calibrate: readonly ImageEntry[];
  readonly compare: readonly ImageEntry[];
}

function WithImages({ images, calibrate, compare }: PartsProps) {
  const preprocessing = useStore((state) => state.preprocessing);
  const input = useStore((state) => state.model?.info.inputs[0]?.shape);
  const [size, setSize] = useState<{ width: number; height: number }>();
  return (
    <>
      <Thumbnails images={calibrate} onSize={setSize} />
      {imageWarnings(calibrate, compare, preprocessing, input, size).map((warning) => (
        <p key={warning} className="note warning">
          {warning}
        </p>
      ))}
      <PreprocessingControls channels={input?.length === 4 ? input[3] : undefined} />
      <HoldOut images={images} compare={compare} />
      <Classes />
    </>
  );
}

const RESIZE_METHODS = ['bilinear', 'nearest', 'area', 'cubic'] as const;

const DEPOSITS = [
  { id: 'center', label: 'in the centre' },
  { id: 'topLeft', label: 'at the top left' },
  { id: 'bottomRight', label: 'at the bottom right' },
] as const;

function PreprocessingControls({ channels }: { readonly channels: number | undefined }) {
  const preprocessing = useStore((state) => state.preprocessing);
  const preset = presetOf(preprocessing);
  return (
    <>
      <label className="control">
        <span>Pixels become</span>
        <select
          className="field"
          value={preset?.id ?? 'own'}
          onChange={({ target }) => {
            const chosen = SCALE_PRESETS.find(({ id }) => id === target.value);
            setPreprocessing(
              chosen
                ? { mean: chosen.mean, std: chosen.std }
                : { mean: [127, 127, 127].slice(0, channels ?? 3), std: 128 },
            );
          }}
        >
          {SCALE_PRESETS.filter(({ mean }) => typeof mean === 'number' || mean.length === channels).map(
            ({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ),
          )}
          <option value="own">own mean and deviation</option>
        </select>
        <small>
          As when the model was trained. The wrong choice here is the commonest cause of a bad result.
        </small>
      </label>
      {!preset && (
        <div className="control-row">
          <NumbersField label="Mean" value={preprocessing.mean} set={(mean) => setPreprocessing({ mean })} />
          <NumbersField
            label="Deviation"
            value={preprocessing.std}
            set={(std) => setPreprocessing({ std })}
            positive
          />
        </div>
      )}
      <div className="control-row">
        <label className="control">
          <span>Resize</span>
          <select
            className="field"
            value={preprocessing.resize}
            onChange={({ target }) => {
              const resize = RESIZE_METHODS.find((method) => method === target.value);
              if (resize) setPreprocessing({ resize });
            }}
          >
            {RESIZE_METHODS.map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </label>
        {channels === 3 && (
          <label className="control">
            <span>Channels</span>
            <select
              className="field"
              value={preprocessing.color}
              onChange={({ target }) => setPreprocessing({ color: target.value === 'BGR' ? 'BGR' : 'RGB' })}
            >
              <option>RGB</option>
              <option>BGR</option>
            </select>
          </label>
        )}
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={preprocessing.keepAspect ?? false}
          onChange={({ target }) => setPreprocessing({ keepAspect: target.checked })}
        />
        Keep aspect
        <small>Fit the image in and leave the rest black, instead of stretching it.</small>
      </label>
      {preprocessing.keepAspect && (
        <label className="control">
          <span>Image lies</span>
          <select
            className="field"
            value={preprocessing.deposit ?? 'center'}
            onChange={({ target }) => {
              const place = DEPOSITS.find(({ id }) => id === target.value);
              if (place) setPreprocessing({ deposit: place.id });
            }}
          >
            {DEPOSITS.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

interface NumbersProps {
  readonly label: string;
  readonly value: number | readonly number[];
  readonly set: (value: number | readonly number[]) => void;
  readonly positive?: boolean;
}

function NumbersField({ label, value, set, positive = false }: NumbersProps) {
  const [text, setText] = useState(numbersText(value));
  const parsed = parseNumbers(text);
  const valid = parsed !== undefined && (!positive || [parsed].flat().every((number) => number > 0));
  return (
    <label className="control">
      <span>{label}</span>
      <input
        className="field"
        inputMode="decimal"
        value={text}
        aria-invalid={!valid}
        onChange={({ target }) => {
          setText(target.value);
          const next = parseNumbers(target.value);
          if (next !== undefined && (!positive || [next].flat().every((number) => number > 0))) set(next);
        }}
      />
    </label>
  );
}

const SHARES = [0, 10, 5, 4, 3, 2] as const;

function HoldOut({ images, compare }: Pick<PartsProps, 'images' | 'compare'>) {
  const value = heldOut(images, SHARES) ?? -1;
  return (
    <label className="control">
      <span>Held out to compare on</span>
      <select className="field" value={value} onChange={({ target }) => holdOut(Number(target.value))}>
        {value === -1 && (
          <option value={-1}>{compare.length.toLocaleString('en')} images, as they came</option>
        )}
        {SHARES.map((every) => (
          <option key={every} value={every}>
            {every === 0 ? 'none' : `one in ${every}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function Classes() {
  const state = useStore();
  const needed = state.model && classCount(state.model.info);
  const names = classNames(state);
  const [text, setText] = useState<string>();
  if (needed === undefined) return null;
  const labelled = state.images.some(({ label }) => label !== '');
  return (
    <details className="control">
      <summary>
        <span className="control-title">Classes</span>{' '}
        <span className="muted">{names.length > 0 ? `${names.length} named` : `${needed}, not named`}</span>
      </summary>
      {labelled && names.length === 0 && (
        <p className="note warning">
          The folders are not {needed} classes as the model's output is; give the names to get accuracy.
        </p>
      )}
      <textarea
        className="field"
        rows={5}
        aria-label="Class names, one a line, in the order of the model's output"
        value={text ?? names.join('\n')}
        onChange={({ target }) => {
          setText(target.value);
          setClasses(
            target.value
              .split('\n')
              .map((line) => line.trim())
              .filter((line) => line !== ''),
          );
        }}
      />
      <small>
        One a line, in the order of the model's output, named as the folders are. Alphabetical unless you say
        otherwise.
      </small>
    </details>
  );
}
