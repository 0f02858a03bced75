// The nets that npm run bench:accuracy measures, by family: what is said of all nets counts each family once, however many
// nets or outputs it has.

/** Families are of nets that one team built alike, or that one idea makes alike. accuracy/nets.py knows where each is. */
export const FAMILIES = {
  'face detection': ['face_short', 'face_full', 'face_full_sparse'],
  'face landmarks': ['face_landmark', 'iris_landmark'],
  hand: ['palm_detection', 'hand_landmark'],
  pose: ['pose_detection', 'pose_landmark_lite', 'pose_landmark_full'],
  segmentation: ['selfie'],
  MobileNet: ['objectron_chair', 'objectron_cup'],
  'EfficientNet-Lite': ['lite1', 'lite2'],
  fashion: ['fashion'],
  SiLU: ['fashion_silu'],
  transformer: ['fashion_vit', 'saliency_vit'],
};

/** The sample made hard to quantize per tensor: shows what equalization gives, and is of no family. */
export const HARD = 'fashion_hard';

export const MODELS = [...Object.values(FAMILIES).flat(), HARD];

/** Undefined for HARD. */
export function familyOf(model) {
  return Object.keys(FAMILIES).find((family) => FAMILIES[family].includes(model));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
