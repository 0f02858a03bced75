// The one scale on which quantization error is coloured, the same in graph, bars and table, for all runs.

/** At or above it an error is not worth a colour. */
export const CALM_DB = 40;
/** At or below it the colour is at its strongest. */
export const HOT_DB = 5;

/** How strongly a ratio is coloured, 0 to 1: most layers of a good INT8 model lie at 20 to 35 dB, and should look calm. */
export function tintOf(sqnr: number): number {
  return heatOf(sqnr) ** 1.6;
}

/** 0 (calm) to 1 (hot) for a signal-to-noise ratio in dB. */
export function heatOf(sqnr: number): number {
  if (!Number.isFinite(sqnr)) return 0;
  return Math.min(1, Math.max(0, (CALM_DB - sqnr) / (CALM_DB - HOT_DB)));
}
