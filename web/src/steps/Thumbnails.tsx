// A few images as they are, each beside what the model sees of it.

import { inputPicture, type Tensor } from 'octet-quant';
import { useEffect, useMemo, useRef, useState } from 'react';
import { datasetOf, runnable } from '../engine/engine';
import { noticeOf } from '../model/notice';
import type { ImageEntry } from '../model/types';
import { useStore } from '../state/store';
import { useBlobUrl } from '../ui/useBlobUrl';
import { rangeText } from './preprocessing';

const SHOWN = 6;

interface Props {
  readonly images: readonly ImageEntry[];
  readonly onSize: (size: { width: number; height: number }) => void;
}

export function Thumbnails({ images, onSize }: Props) {
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(images.length / SHOWN));
  const start = Math.min(page, pages - 1) * SHOWN;
  const order = useMemo(() => inTurn(images), [images]);
  const shown = useMemo(() => order.slice(start, start + SHOWN), [order, start]);
  const { tensors, failure } = useSeen(images, shown);
  const range = tensors[0] && rangeText(tensors[0]);
  return (
    <div className="control">
      <div className="thumbs">
        {shown.map((at, index) => {
          const image = images[at];
          return image ? (
            <Thumbnail
              key={image.name}
              image={image}
              tensor={tensors[index]}
              onSize={index === 0 ? onSize : undefined}
            />
          ) : null;
        })}
      </div>
      {failure ? (
        <p className="note error">{failure}</p>
      ) : (
        <small>Left the file, right what the model sees{range ? `; values ${range}` : ''}.</small>
      )}
      {pages > 1 && (
        <div className="button-row">
          <button
            type="button"
            className="button quiet"
            disabled={start === 0}
            onClick={() => setPage(page - 1)}
          >
            ‹ Earlier
          </button>
          <button
            type="button"
            className="button quiet"
            disabled={start + SHOWN >= images.length}
            onClick={() => setPage(page + 1)}
          >
            Later ›
          </button>
        </div>
      )}
    </div>
  );
}

/** The order to look at images in: the classes in turn, so that a page shows several. */
function inTurn(images: readonly ImageEntry[]): readonly number[] {
  const seen = new Map<string, number>();
  const turns = images.map(({ label }) => {
    const turn = seen.get(label) ?? 0;
    seen.set(label, turn + 1);
    return turn;
  });
  return [...turns.keys()].sort((a, b) => (turns[a] ?? 0) - (turns[b] ?? 0) || a - b);
}

/** The input tensors of a page of images, one after the other. */
function useSeen(
  images: readonly ImageEntry[],
  indices: readonly number[],
): { readonly tensors: readonly Tensor[]; readonly failure: string | undefined } {
  const model = useStore((state) => state.model);
  const target = useStore((state) => state.target);
  const runs = useStore((state) => (state.model?.format === 'octet' ? state.runs : undefined));
  const preprocessing = useStore((state) => state.preprocessing);
  const [seen, setSeen] = useState<{ tensors: readonly Tensor[]; failure: string | undefined }>({
    tensors: [],
    failure: undefined,
  });
  useEffect(() => {
    let current = true;
    const load = async (): Promise<void> => {
      if (!model) return;
      const net = await runnable(model, target, runs ?? []);
      const dataset = await datasetOf(net, images, preprocessing);
      const tensors: Tensor[] = [];
      for (const index of indices) {
        const sample = await dataset.sample(index);
        const [tensor] = Object.values(sample);
        if (!current) return;
        if (tensor) tensors.push(tensor);
        setSeen({ tensors: [...tensors], failure: undefined });
      }
    };
    load().catch((error: unknown) => {
      if (current) setSeen({ tensors: [], failure: noticeOf(error, 'Preprocessing').message });
    });
    return () => {
      current = false;
    };
  }, [model, target, runs, images, preprocessing, indices]);
  return seen;
}

interface ThumbnailProps {
  readonly image: ImageEntry;
  readonly tensor: Tensor | undefined;
  readonly onSize: Props['onSize'] | undefined;
}

function Thumbnail({ image, tensor, onSize }: ThumbnailProps) {
  const url = useBlobUrl(image.blob);
  return (
    <figure className="thumb">
      <div className="thumb-pair">
        {url && (
          <img
            src={url}
            alt={image.name}
            onLoad={({ currentTarget }) =>
              onSize?.({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })
            }
          />
        )}
        <TensorImage tensor={tensor} label={`${image.name} as the model sees it`} />
      </div>
      <figcaption title={image.name}>{image.label || image.name.split('/').at(-1)}</figcaption>
    </figure>
  );
}

export function TensorImage({
  tensor,
  label,
}: {
  readonly tensor: Tensor | undefined;
  readonly label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const preprocessing = useStore((state) => state.preprocessing);
  const info = useStore((state) => state.model?.info.inputs[0]);
  useEffect(() => {
    const picture = tensor && info && inputPicture(tensor, info, preprocessing);
    if (!canvas.current || !picture) return;
    const { width, height, rgba } = picture;
    canvas.current.width = width;
    canvas.current.height = height;
    const pixels = new ImageData(new Uint8ClampedArray(rgba), width, height);
    canvas.current.getContext('2d')?.putImageData(pixels, 0, 0);
  }, [tensor, preprocessing, info]);
  return <canvas ref={canvas} role="img" aria-label={label} />;
}
