// Settings as the core understands them for one net: which nodes their names and patterns mean is known to it alone.

import type { NodeQuantizationConfig, QuantizationSettings } from '../types.js';
import { QuantizationParams } from './params.js';

/** What the settings say of a node by its name, short or whole, or by a pattern. */
export interface OwnSettings {
  readonly config?: NodeQuantizationConfig;
  /** Whether they say in what it computes, float included. */
  readonly isPrecisionGiven: boolean;
}

export type ConfigChange = (own: NodeQuantizationConfig) => NodeQuantizationConfig;

/** What the core says about settings. */
interface CoreResolution {
  /** With whole names of nodes. */
  readonly settings: QuantizationSettings;
  readonly own: Readonly<Record<string, OwnSettings>>;
}

const NOTHING_OWN: OwnSettings = { isPrecisionGiven: false };

export class ResolvedParams {
  readonly params: QuantizationParams;
  /** What calls of the core take. */
  readonly json: string;
  readonly #own: ReadonlyMap<string, OwnSettings>;

  /** `resolution`: the JSON of the core. */
  constructor(resolution: string) {
    const { settings, own }: CoreResolution = JSON.parse(resolution);
    this.params = QuantizationParams.fromJSON(settings);
    this.json = JSON.stringify(settings);
    this.#own = new Map(Object.entries(own));
  }

  ownOf(node: string): OwnSettings {
    return this.#own.get(node) ?? NOTHING_OWN;
  }

  /** The settings with entries for nodes, made of what those have of their own, by name or by pattern. */
  withConfigs(changes: Iterable<readonly [node: string, change: ConfigChange]>): QuantizationParams {
    const configs = new Map(this.params.customQuantizationConfigs);
    for (const [node, change] of changes) configs.set(node, change(this.ownOf(node).config ?? {}));
    return this.params.withCustomQuantizationConfigs(configs);
  }
}
