// The session outlives a reload: model, images, settings and runs are kept in the browser's IndexedDB, nowhere else.

import { clear, createStore, del, entries, set, type UseStore } from 'idb-keyval';
import { Model, QuantizationParams, type QuantizationSettings } from 'octet-quant';
import { floatNet, rememberModel } from '../engine/engine';
import { type AppState, getState, setState, useStore } from './store';
import type { ImageEntry, LoadedModel, Run } from './types';

type KeptModel = Omit<LoadedModel, 'info' | 'warnings' | 'quantized'>;

/** The small parts of the state, kept together. */
type KeptView = Pick<
  AppState,
  'target' | 'preprocessing' | 'classes' | 'activeRun' | 'coloring' | 'view' | 'theme'
> & { readonly settings: QuantizationSettings; readonly format: number };

/** What is kept in another form is not read. */
const FORMAT = 2;
const SAVE_DELAY_MS = 400;
let database: UseStore | undefined;
let saving: Promise<void> = Promise.resolve();
let saved: AppState | undefined;

/** Brings back the last session, then keeps saving. Where the browser keeps nothing, the page works without. */
export async function startSession(): Promise<void> {
  try {
    database = createStore('octet', 'session');
    await restore(new Map<IDBValidKey, unknown>(await entries(database)));
  } catch {
    setState({ opening: undefined });
  }
  saved = getState();
  let timer: ReturnType<typeof setTimeout> | undefined;
  useStore.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(saveChanges, SAVE_DELAY_MS);
  });
  setState({ keptBytes: sizeOf(getState()) });
}

/** Forgets everything that is kept. */
export async function clearKept(): Promise<void> {
  if (database) await clear(database);
}

async function restore(kept: ReadonlyMap<IDBValidKey, unknown>): Promise<void> {
  const view = kept.get('view') as KeptView | undefined;
  if (view?.format !== FORMAT) return clearKept();
  const model = kept.get('model') as KeptModel | undefined;
  const { settings, format: _, ...rest } = view;
  setState({ ...rest, params: QuantizationParams.fromJSON(settings) });
  if (!model) return;
  setState({ opening: model.fileName });
  const runs = [...kept].flatMap(([key, value]) => (String(key).startsWith('run ') ? [value as Run] : []));
  runs.sort((a, b) => a.finishedAt - b.finishedAt);
  const described = await describe(model, runs);
  setState({
    model: { ...model, ...described },
    images: (kept.get('images') as readonly ImageEntry[] | undefined) ?? [],
    runs,
    opening: undefined,
  });
}

async function describe(
  model: KeptModel,
  runs: readonly Run[],
): Promise<Pick<LoadedModel, 'info' | 'warnings' | 'quantized'>> {
  const [first] = runs;
  if (model.format === 'octet' && first) {
    const quantized = await Model.load(model.bytes);
    rememberModel(first.id, quantized);
    const { name, inputs, outputs, nodes, tensors, partition } = quantized;
    return {
      info: { name, inputs, outputs, nodes, tensors, partition },
      warnings: first.report.warnings,
      quantized: true,
    };
  }
  const net = await floatNet(model.bytes, getState().target);
  const { name, inputs, outputs, nodes, tensors, partition } = net;
  return {
    info: { name, inputs, outputs, nodes, tensors, partition },
    warnings: net.warnings,
    quantized: net.quantized,
  };
}

function saveChanges(): void {
  const before = saved;
  const after = getState();
  saved = after;
  saving = saving.then(() => write(before, after)).catch(() => undefined);
  if (before?.model !== after.model || before?.images !== after.images || before?.runs !== after.runs) {
    setState({ keptBytes: sizeOf(after) });
  }
}

/** Writes the parts that differ from what was written last. */
async function write(before: AppState | undefined, after: AppState): Promise<void> {
  if (!database) return;
  if (before?.model?.bytes !== after.model?.bytes) {
    if (after.model) {
      const { fileName, bytes, format, lesson } = after.model;
      const kept: KeptModel = { fileName, bytes, format, ...(lesson === undefined ? {} : { lesson }) };
      await set('model', kept, database);
    } else await del('model', database);
  }
  if (before?.images !== after.images) await set('images', after.images, database);
  const known = before?.runs ?? [];
  for (const run of after.runs) if (!known.includes(run)) await set(`run ${run.id}`, run, database);
  for (const run of known) if (!after.runs.includes(run)) await del(`run ${run.id}`, database);
  const { target, preprocessing, classes, activeRun, coloring, view, theme, params } = after;
  const keptView = {
    format: FORMAT,
    target,
    preprocessing,
    classes,
    activeRun,
    coloring,
    view,
    theme,
    settings: params.toJSON(),
  } satisfies KeptView;
  await set('view', keptView, database);
}

function sizeOf({ model, images, runs }: AppState): number {
  const imageBytes = images.reduce((sum, { blob }) => sum + blob.size, 0);
  const runBytes = runs.reduce((sum, { octet }) => sum + octet.length, 0);
  return (model?.bytes.length ?? 0) + imageBytes + runBytes;
}
