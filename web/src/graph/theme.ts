// The colours of the canvas, read once a theme from the design system's custom properties.

import type { Unit } from 'octet-quant';

export interface CanvasTheme {
  readonly canvas: string;
  readonly raised: string;
  readonly sunken: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly heat: string;
  readonly focus: string;
  readonly unit: Readonly<Record<Unit, string>>;
  readonly unitTint: Readonly<Record<Unit, string>>;
  readonly sans: string;
}

export function readTheme(element: Element): CanvasTheme {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    canvas: read('--canvas'),
    raised: read('--raised'),
    sunken: read('--sunken'),
    line: read('--line'),
    lineStrong: read('--line-strong'),
    ink: read('--ink'),
    ink2: read('--ink-2'),
    ink3: read('--ink-3'),
    heat: read('--heat'),
    focus: read('--focus'),
    unit: { MLA: read('--mla'), APU: read('--apu'), CVU: read('--cvu') },
    unitTint: { MLA: read('--mla-tint'), APU: read('--apu-tint'), CVU: read('--cvu-tint') },
    sans: read('--sans'),
  };
}
