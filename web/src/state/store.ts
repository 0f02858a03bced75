// The one store. Only what cannot be derived is in it; state/derive.ts has the rest.

import {
  type Preprocessing,
  type QuantizationParams,
  recommendedQuantization,
  type Target,
} from 'octet-quant';
import { create } from 'zustand';
import type {
  Coloring,
  DrawerView,
  ImageEntry,
  Job,
  LoadedModel,
  Notice,
  OpenShape,
  PhoneTab,
  Run,
  Theme,
} from '../model/types';

export interface AppState {
  readonly model: LoadedModel | undefined;
  /** Name of the file being opened. */
  readonly opening: string | undefined;
  readonly target: Target;
  readonly images: readonly ImageEntry[];
  readonly preprocessing: Preprocessing;
  /** Class names in the order of the model's output, where the user or a sample gave them. */
  readonly classes: readonly string[];
  readonly params: QuantizationParams;
  readonly runs: readonly Run[];
  readonly activeRun: string | undefined;
  readonly job: Job | undefined;
  readonly notice: Notice | undefined;
  /** What has to be answered before a model can be opened. */
  readonly openShape: OpenShape | undefined;

  readonly selected: string | undefined;
  readonly query: string;
  readonly coloring: Coloring;
  readonly view: DrawerView;
  readonly phoneTab: PhoneTab;
  /** Name of the image whose outputs are shown. */
  readonly shownImage: string | undefined;
  /** Whether the list of keys is open. */
  readonly showsKeys: boolean;
  readonly theme: Theme;
  /** Bytes that this page keeps in the browser. */
  readonly keptBytes: number;
}

export const zeroToOne: Preprocessing = {
  mean: 0,
  std: 255,
  resize: 'bilinear',
  keepAspect: false,
  color: 'RGB',
  layout: 'NHWC',
};

export const emptySession = {
  model: undefined,
  opening: undefined,
  target: 'gen1',
  images: [],
  preprocessing: zeroToOne,
  classes: [],
  params: recommendedQuantization,
  runs: [],
  activeRun: undefined,
  job: undefined,
  notice: undefined,
  openShape: undefined,
  selected: undefined,
  query: '',
  coloring: 'unit',
  view: 'table',
  phoneTab: 'setup',
  shownImage: undefined,
  showsKeys: false,
} as const satisfies Partial<AppState>;

export const useStore = create<AppState>()(() => ({
  ...emptySession,
  theme: 'auto',
  keptBytes: 0,
}));

export const { getState, setState } = useStore;

/** Selects a node of the network wherever it is shown. */
export function select(id: string | undefined): void {
  setState({ selected: id });
}
