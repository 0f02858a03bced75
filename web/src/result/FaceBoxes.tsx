// Faces found in an image: by the float model dashed, by the quantized one solid.

import { type GraphInfo, realValues, type TensorMap } from 'octet-quant';
import { percent } from 'octet-quant/display';
import { TensorImage } from '../steps/Thumbnails';
import { type Anchors, anchorsFor, decodeFaces, type Face } from './faces';
import { Numbers } from './Numbers';
import type { Outputs } from './useOutputs';

export function FaceBoxes({ outputs, info }: { readonly outputs: Outputs; readonly info: GraphInfo }) {
  const anchors = anchorsFor(info);
  if (!anchors) return null;
  const float = outputs.float ? facesIn(outputs.float, anchors) : [];
  const quantized = facesIn(outputs.quantized, anchors);
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

function facesIn(outputs: TensorMap, anchors: Anchors): readonly Face[] {
  const tensors = Object.values(outputs);
  const boxes = tensors.find(({ shape }) => shape.at(-1) === 16);
  const scores = tensors.find(({ shape }) => shape.at(-1) === 1 && shape.at(-2) === anchors.centers.length);
  return boxes && scores ? decodeFaces(realValues(boxes), realValues(scores), anchors) : [];
}

function scoresText(faces: readonly Face[]): string {
  return faces.length === 0 ? 'no face' : faces.map(({ score }) => percent(score)).join(', ');
}
