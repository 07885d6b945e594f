import type { Labels } from '../labels/labels.ts';
import type { SourceSeries } from '../source.ts';

const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

/** One series of a selection as the operators read it. */
export interface SelectedSeries {
  labels: Labels;
  times: Float64Array;
  values: Float64Array;
  /** 1 where a sample is a staleness marker; null: nowhere. */
  stale: Uint8Array | null;
  starts: Float64Array | null;
  histogramTimes: Float64Array | null;
}

export function selectedSeries(series: SourceSeries): SelectedSeries {
  return {
    labels: series.labels,
    times: series.timestampsMs,
    values: series.values,
    stale: staleFlags(series.values),
    starts: series.startTimestampsMs ?? null,
    histogramTimes: series.histogramTimestampsMs ?? null,
  };
}

/** A staleness marker is told from other NaNs by its bits, which arithmetic would lose. */
function staleFlags(values: Float64Array): Uint8Array | null {
  let words: Uint32Array | undefined;
  let flags: Uint8Array | null = null;
  const { length } = values;
  for (let at = 0; at < length; at++) {
    if (!Number.isNaN(values[at]!)) continue;
    words ??= new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    if (words[2 * at + 1] !== STALE_HIGH || words[2 * at] !== STALE_LOW) continue;
    flags ??= new Uint8Array(values.length);
    flags[at] = 1;
  }
  return flags;
}

/** The same series without its staleness markers, as ranges see it. */
export function withoutStale(series: SelectedSeries): SelectedSeries {
  const { stale, times, values, starts } = series;
  if (stale === null) return series;
  let length = 0;
  for (const flag of stale) length += 1 - flag;
  const kept = {
    times: new Float64Array(length),
    values: new Float64Array(length),
    starts: starts === null ? null : new Float64Array(length),
  };
  for (let at = 0, to = 0; at < stale.length; at++) {
    if (stale[at] === 1) continue;
    kept.times[to] = times[at]!;
    kept.values[to] = values[at]!;
    if (starts !== null) kept.starts![to] = starts[at]!;
    to++;
  }
  return { ...series, ...kept, stale: null };
}

export const staleMarkerBits = (BigInt(STALE_HIGH) << 32n) | BigInt(STALE_LOW);

/** The index of the first time after `limit`. */
export function firstAfter(times: Float64Array, limit: number, from = 0, to = times.length): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
