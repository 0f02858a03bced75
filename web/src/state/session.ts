// The session outlives a reload: model, images, settings and runs are kept in the browser's IndexedDB, nowhere else.

import { clear, createStore, del, entries, set, type UseStore } from 'idb-keyval';
import { Model, QuantizationParams, type QuantizationSettings } from 'octet-quant';
import { floatNet, rememberModel } from '../engine/engine';
import { noticeOf } from '../model/notice';
import type { ImageEntry, LoadedModel, Run } from '../model/types';
import { type AppState, getState, setState, useStore } from './store';

type KeptModel = Omit<LoadedModel, 'info' | 'warnings' | 'quantized'>;

/** The small parts of the state, kept together. */
type KeptView = Pick<
  AppState,
  'target' | 'preprocessing' | 'classes' | 'activeRun' | 'coloring' | 'view' | 'theme'
> & { readonly settings: QuantizationSettings; readonly format: number };

/** What is kept in another form is not read. */
const FORMAT = 2;
const SAVE_DELAY_MS = 400;

/** The large parts of the state, each of which is written when it has changed. */
interface Parts {
  readonly model: KeptModel | undefined;
  readonly images: readonly ImageEntry[];
  readonly runs: readonly Run[];
}

const NOTHING: Parts = { model: undefined, images: [], runs: [] };

let database: UseStore | undefined;
let saving: Promise<void> = Promise.resolve();
/** What the browser has taken. */
let kept = NOTHING;
/** What it was asked to take last: what it refused then is offered again only with something new. */
let offered = NOTHING;
/** What was last said not to be kept. */
let refused = '';

/** Brings back the last session, then keeps saving. Where the browser keeps nothing, the page works without. */
export async function startSession(): Promise<void> {
  const found = await openDatabase();
  try {
    await restore(found);
  } catch (error) {
    // It stays where it is: another version of the page may open it.
    setState({ opening: undefined, notice: noticeOf(error, 'Bringing back the last session') });
  }
  offered = getState();
  let timer: ReturnType<typeof setTimeout> | undefined;
  useStore.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(saveChanges, SAVE_DELAY_MS);
  });
  setState({ keptBytes: sizeOf(kept) });
}

/** What the browser keeps; nothing where it has no storage for the page, which is said when there is something to keep. */
async function openDatabase(): Promise<ReadonlyMap<IDBValidKey, unknown>> {
  try {
    const store = createStore('octet', 'session');
    const found = new Map<IDBValidKey, unknown>(await entries(store));
    database = store;
    return found;
  } catch {
    return new Map();
  }
}

/** Forgets everything that is kept. */
export async function clearKept(): Promise<void> {
  try {
    if (database) await clear(database);
    kept = NOTHING;
  } catch (error) {
    setState({ notice: noticeOf(error, 'Clearing what is kept') });
  }
}

async function restore(found: ReadonlyMap<IDBValidKey, unknown>): Promise<void> {
  const view = found.get('view') as KeptView | undefined;
  if (view?.format !== FORMAT) return clearKept();
  const model = found.get('model') as KeptModel | undefined;
  const images = (found.get('images') as readonly ImageEntry[] | undefined) ?? [];
  const runs = [...found].flatMap(([key, value]) => (String(key).startsWith('run ') ? [value as Run] : []));
  runs.sort((a, b) => a.finishedAt - b.finishedAt);
  kept = { model, images, runs };
  const { settings, format: _, ...rest } = view;
  setState({ ...rest, params: QuantizationParams.fromJSON(settings) });
  if (!model) return;
  setState({ opening: model.fileName });
  const described = await describe(model, runs);
  setState({ model: { ...model, ...described }, images, runs, opening: undefined });
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
  const net = await floatNet(model, getState().target);
  const { name, inputs, outputs, nodes, tensors, partition } = net;
  return {
    info: { name, inputs, outputs, nodes, tensors, partition },
    warnings: net.warnings,
    quantized: net.quantized,
  };
}

function saveChanges(): void {
  saving = saving.then(() => save(getState()));
}

/** Writes what has changed, and says what the browser does not take. */
async function save(state: AppState): Promise<void> {
  let reason = '';
  /** Whether something was written. */
  const isDone = async (write: (to: UseStore) => Promise<void>): Promise<boolean> => {
    try {
      if (database === undefined) throw new Error('It has no storage for this page.');
      await write(database);
      return true;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      return false;
    }
  };
  if (state.model !== offered.model || state.images !== offered.images || state.runs !== offered.runs) {
    offered = state;
    await saveParts(state, isDone);
  }
  const isViewKept = await isDone((to) => set('view', viewOf(state), to));
  if (sizeOf(kept) !== getState().keptBytes) setState({ keptBytes: sizeOf(kept) });
  const missing = [...missingOf(state), ...(isViewKept ? [] : ['the settings'])].join(', ');
  // Without a model there is nothing to lose.
  if (missing !== refused && missing !== '' && state.model) {
    setState({
      notice: {
        severity: 'error',
        message: `Your browser does not keep ${missing}: ${reason}`,
        hint: 'What is open stays until the page is closed or reloaded. Take away what you need.',
      },
    });
  }
  refused = missing;
}

/** Writes the large parts that are not kept yet. */
async function saveParts(
  { model, images, runs }: Parts,
  isDone: (write: (to: UseStore) => Promise<void>) => Promise<boolean>,
): Promise<void> {
  if (model?.bytes !== kept.model?.bytes) {
    const done = await isDone((to) => replace('model', model && keptModel(model), to));
    kept = { ...kept, model: done ? model : undefined };
  }
  if (images !== kept.images) {
    const done = await isDone((to) => replace('images', images, to));
    kept = { ...kept, images: done ? images : NOTHING.images };
  }
  for (const run of kept.runs.filter((old) => !runs.includes(old))) {
    if (await isDone((to) => del(`run ${run.id}`, to)))
      kept = { ...kept, runs: kept.runs.filter((old) => old !== run) };
  }
  for (const run of runs.filter((added) => !kept.runs.includes(added))) {
    if (await isDone((to) => set(`run ${run.id}`, run, to))) kept = { ...kept, runs: [...kept.runs, run] };
  }
}

/** Writes a value in place of another, which goes in any case: it does not belong to what is kept beside it. */
async function replace(key: string, value: unknown, to: UseStore): Promise<void> {
  await del(key, to);
  if (value !== undefined) await set(key, value, to);
}

/** What of the state the browser does not keep, by name. */
function missingOf({ model, images, runs }: Parts): readonly string[] {
  const count = images === kept.images ? 0 : images.length;
  return [
    ...(model && model.bytes !== kept.model?.bytes ? ['the model'] : []),
    ...(count > 0 ? [`${count.toLocaleString('en')} ${count === 1 ? 'image' : 'images'}`] : []),
    ...runs.filter((run) => !kept.runs.includes(run)).map(({ name }) => name),
  ];
}

function keptModel({ fileName, bytes, externalData, inputShapes, format, lesson }: KeptModel): KeptModel {
  return {
    fileName,
    bytes,
    format,
    ...(externalData === undefined ? {} : { externalData }),
    ...(inputShapes === undefined ? {} : { inputShapes }),
    ...(lesson === undefined ? {} : { lesson }),
  };
}

function viewOf(state: AppState): KeptView {
  const { target, preprocessing, classes, activeRun, coloring, view, theme, params } = state;
  return {
    format: FORMAT,
    target,
    preprocessing,
    classes,
    activeRun,
    coloring,
    view,
    theme,
    settings: params.toJSON(),
  };
}

function sizeOf({ model, images, runs }: Parts): number {
  const imageBytes = images.reduce((sum, { blob }) => sum + blob.size, 0);
  const runBytes = runs.reduce((sum, { octet }) => sum + octet.length, 0);
  return (model?.bytes.length ?? 0) + imageBytes + runBytes;
}
