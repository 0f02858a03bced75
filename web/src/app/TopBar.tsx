// The thin bar on top: what is open, the runs, what can be taken away, what is kept.

import { bytes, percent } from 'octet-quant/display';
import { scoresOf } from '../model/results';
import type { Run, Theme } from '../model/types';
import { showRun } from '../state/runs';
import { setState, useStore } from '../state/store';
import { FileButton } from '../ui/FileButton';
import { KeptMenu } from './Kept';
import { TakeAway } from './TakeAway';
import './TopBar.css';

export function TopBar() {
  const model = useStore((state) => state.model);
  const runs = useStore((state) => state.runs);
  const active = useStore((state) => state.activeRun);
  return (
    <header className="top-bar">
      <h1 className="brand" aria-label="Octet">
        <Mark />
        <span className="brand-name">Octet</span>
      </h1>
      {model && (
        <>
          <span className="top-file" title={model.fileName}>
            {model.fileName}
            <span className="muted top-size"> {bytes(model.bytes.length)}</span>
          </span>
          {runs.length > 0 && (
            <fieldset className="runs" aria-label="Runs">
              {runs.map((run) => (
                <button
                  key={run.id}
                  type="button"
                  aria-pressed={run.id === active}
                  onClick={() => showRun(run.id)}
                >
                  {run.name} <span className="run-figure">{headline(run)}</span>
                </button>
              ))}
            </fieldset>
          )}
        </>
      )}
      <span className="top-space" />
      {model && <TakeAway />}
      {model && (
        <FileButton className="button quiet" accept=".tflite,.onnx,.octet">
          Open…
        </FileButton>
      )}
      <KeptMenu />
      <button
        type="button"
        className="button quiet icon keys-button"
        title="Keys  ?"
        aria-label="Show the keys"
        onClick={() => setState({ showsKeys: true })}
      >
        ?
      </button>
      <ThemeButton />
    </header>
  );
}

/** The one figure that a run is known by: its accuracy, or the agreement with float. */
function headline(run: Run): string {
  if (!run.classification) return run.sizes.tflite === undefined ? '' : bytes(run.sizes.tflite);
  const { quantizedAccuracy, agreement } = scoresOf(run.classification);
  return percent(quantizedAccuracy ?? agreement);
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME_SIGN: Readonly<Record<Theme, string>> = { auto: '◐', light: '○', dark: '●' };

function ThemeButton() {
  const theme = useStore((state) => state.theme);
  return (
    <button
      type="button"
      className="button quiet icon"
      title={`Theme: ${theme}`}
      aria-label={`Theme: ${theme}. Change it.`}
      onClick={() => setState({ theme: NEXT_THEME[theme] })}
    >
      {THEME_SIGN[theme]}
    </button>
  );
}

/** Eight bits, the fifth one set. */
function Mark() {
  return (
    <svg className="mark" viewBox="0 0 20 12" width="20" height="12" aria-hidden="true">
      {Array.from({ length: 8 }, (_, bit) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: bits are their positions
          key={bit}
          x={(bit % 4) * 5}
          y={bit < 4 ? 0 : 7}
          width="4"
          height="5"
          rx="0.8"
          fill={[0, 2, 3, 5].includes(bit) ? 'currentColor' : 'var(--line-strong)'}
        />
      ))}
    </svg>
  );
}
