// The left column: model, images, settings, and the one button.

import { ImagesStep } from './ImagesStep';
import { ModelStep } from './ModelStep';
import { RunBox } from './RunBox';
import { SettingsStep } from './SettingsStep';
import './Steps.css';

export function Steps() {
  return (
    <aside className="steps" aria-label="Steps">
      <div className="steps-scroll">
        <ModelStep />
        <ImagesStep />
        <SettingsStep />
      </div>
      <RunBox />
    </aside>
  );
}
