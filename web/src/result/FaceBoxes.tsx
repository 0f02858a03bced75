// Faces found in an image: by the float model dashed, by the quantized one solid.

import type { TensorMap } from 'octet-quant';
import { percent } from 'octet-quant/display';
import { useEffect, useState } from 'react';
import { noticeOf } from '../model/notice';
import { TensorImage } from '../steps/Thumbnails';
import { type Face, type FaceRange, facesIn } from './faces';
import { Numbers } from './Numbers';
import type { Outputs } from './useOutputs';

export function FaceBoxes({ outputs, range }: { readonly outputs: Outputs; readonly range: FaceRange }) {
  const { faces, failure } = useFaces(outputs, range);
  if (failure) return <p className="outputs-none small">{failure}</p>;
  if (!faces) return null;
  const { float, quantized } = faces;
  return (
    <>
      <figure className="faces">
        <div className="faces-stage">
          <TensorImage tensor={outputs.input} label={`${outputs.image.name} as the model sees it`} />
          <svg
            viewBox="0 0 100 100"
            role="img"
            aria-label={`${quantized.length} faces found in ${outputs.quantizedName}${outputs.float ? `, ${float.length} in float` : ''}`}
          >
            {float.map((face) => (
              <FaceShape key={`float ${face.score}`} face={face} dashed />
            ))}
            {quantized.map((face) => (
              <FaceShape key={`int8 ${face.score}`} face={face} dashed={false} />
            ))}
          </svg>
        </div>
        <figcaption className="small muted">
          {outputs.float && `${outputs.floatName} dashed: ${scoresText(float)}. `}
          {outputs.quantizedName} solid: {scoresText(quantized)}.
        </figcaption>
      </figure>
      <Numbers outputs={outputs} />
    </>
  );
}

function FaceShape({ face, dashed }: { readonly face: Face; readonly dashed: boolean }) {
  const color = dashed ? '#ffffff' : '#00e0c0';
  return (
    <g
      stroke={color}
      fill="none"
      strokeWidth={dashed ? 1.2 : 0.8}
      strokeDasharray={dashed ? '2 1.5' : undefined}
    >
      <rect x={face.left * 100} y={face.top * 100} width={face.width * 100} height={face.height * 100} />
      {face.points.map((point) => (
        <circle
          key={`${point.x} ${point.y}`}
          cx={point.x * 100}
          cy={point.y * 100}
          r={dashed ? 1.4 : 0.8}
          fill={dashed ? 'none' : color}
          strokeDasharray="none"
        />
      ))}
    </g>
  );
}

interface Faces {
  readonly float: readonly Face[];
  readonly quantized: readonly Face[];
}

/** The faces in both models' outputs; those of the outputs before until they are there. */
function useFaces(
  { float, quantized }: Outputs,
  range: FaceRange,
): { readonly faces?: Faces; readonly failure?: string } {
  const [state, setState] = useState<{ readonly faces?: Faces; readonly failure?: string }>({});
  useEffect(() => {
    let current = true;
    const find = (outputs: TensorMap | undefined) => (outputs ? facesIn(outputs, range) : []);
    Promise.all([find(float), find(quantized)]).then(
      ([ofFloat, ofQuantized]) => current && setState({ faces: { float: ofFloat, quantized: ofQuantized } }),
      (error: unknown) => current && setState({ failure: noticeOf(error, 'Finding faces').message }),
    );
    return () => {
      current = false;
    };
  }, [float, quantized, range]);
  return state;
}

function scoresText(faces: readonly Face[]): string {
  return faces.length === 0 ? 'no face' : faces.map(({ score }) => percent(score)).join(', ');
}
