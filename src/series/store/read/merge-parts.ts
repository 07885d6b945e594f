import { compareLabels, type Labels, type SourceSeries } from '../../query/query.ts';
import type { ChunkColumns } from '../chunk/chunk.ts';
import { SelectionLimitError, type SelectionLimits } from '../selection-limit.ts';
import { mergeSamples } from './merge-samples.ts';
import type { SeriesPart } from './part.ts';

/** Samples of results that share one buffer. */
const SLAB_SAMPLES = 64 * 1024;
/** The event loop is let go on after so long. */
const SLICE_MS = 10;

/**
 * Parts of the same series together, sorted by labels; the parts of a series stay in their order. What comes from one place (the head, or one
 * block) is told apart by its label objects; only between places the labels themselves are compared.
 */
export function groupParts(places: readonly (readonly SeriesPart[])[]): SeriesPart[][] {
  const filled = places.filter((parts) => parts.length > 0);
  const groups = filled.length === 1 ? adjacent(filled[0]!) : merged(filled.flat());
  return groups.sort((a, b) => compareLabels(a[0]!.labels, b[0]!.labels));
}

function adjacent(parts: readonly SeriesPart[]): SeriesPart[][] {
  const groups: SeriesPart[][] = [];
  let before: Labels | undefined;
  for (const part of parts) {
    if (part.labels === before) groups.at(-1)!.push(part);
    else groups.push([part]);
    before = part.labels;
  }
  return groups;
}

function merged(parts: readonly SeriesPart[]): SeriesPart[][] {
  const groups = new Map<string, SeriesPart[]>();
  let before: Labels | undefined;
  let group: SeriesPart[] = [];
  for (const part of parts) {
    if (part.labels !== before) {
      const found = groups.get(part.labels.key);
      if (found) group = found;
      else groups.set(part.labels.key, (group = []));
      before = part.labels;
    }
    group.push(part);
  }
  return [...groups.values()];
}

/** Decodes into columns. Where two parts have the same time, the first part's sample stands. Series without a sample in the time are left out. */
export async function decodeGroups(
  groups: readonly SeriesPart[][],
  minMs: number,
  maxMs: number,
  { seriesMax = Number.POSITIVE_INFINITY, samplesMax = Number.POSITIVE_INFINITY, signal }: SelectionLimits = {},
): Promise<SourceSeries[]> {
  signal?.throwIfAborted();
  if (groups.length > seriesMax) throw new SelectionLimitError('series', seriesMax);
  const decoder = new Decoder(minMs, maxMs);
  const result: SourceSeries[] = [];
  let samples = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  for (const group of groups) {
    for (const part of group) {
      const loading = part.load?.();
      if (loading) await loading;
    }
    const series = decoder.decode(group);
    if (series) result.push(series);
    samples += series?.values.length ?? 0;
    if (samples > samplesMax) throw new SelectionLimitError('samples', samplesMax);
    if (performance.now() < sliceEnd) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    sliceEnd = performance.now() + SLICE_MS;
  }
  return result;
}

/** Decodes one series after another. Invariant: what it gave out is never written again. */
class Decoder {
  readonly #minMs: number;
  readonly #maxMs: number;
  #scratch: ChunkColumns & { starts: Float64Array } = columns(4096);
  #times = new Float64Array(0);
  #values = new Float64Array(0);
  /** Series of one scrape have the same times: the column is shared. */
  #lastTimes = new Float64Array(0);

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  decode(parts: readonly SeriesPart[]): SourceSeries | undefined {
    const total = parts.reduce((sum, { samplesMax }) => sum + samplesMax, 0);
    if (total > this.#scratch.times.length) this.#scratch = columns(total);
    const scratch = this.#scratch;
    const bounds = [0];
    for (const part of parts) bounds.push(part.read(this.#minMs, this.#maxMs, scratch, bounds.at(-1)!));
    const end = parts.length > 1 ? mergeSamples(scratch, bounds) : bounds[1]!;
    const from = firstAtLeast(scratch.times, this.#minMs, end);
    const to = firstAtLeast(scratch.times, this.#maxMs + 1, end);
    if (from === to) return undefined;
    const series = {
      labels: parts[0]!.labels,
      timestampsMs: this.#keepTimes(scratch.times.subarray(from, to)),
      values: this.#keepValues(scratch.values.subarray(from, to)),
    };
    if (!parts.some(({ hasStarts }) => hasStarts)) return series;
    const starts = scratch.starts.slice(from, to);
    return starts.some((start) => start !== 0) ? { ...series, startTimestampsMs: starts } : series;
  }

  #keepTimes(times: Float64Array): Float64Array {
    if (equal(times, this.#lastTimes)) return this.#lastTimes;
    if (times.length > this.#times.length) this.#times = new Float64Array(Math.max(SLAB_SAMPLES, times.length));
    this.#times.set(times);
    this.#lastTimes = this.#times.subarray(0, times.length);
    this.#times = this.#times.subarray(times.length);
    return this.#lastTimes;
  }

  #keepValues(values: Float64Array): Float64Array {
    if (values.length > this.#values.length) this.#values = new Float64Array(Math.max(SLAB_SAMPLES, values.length));
    this.#values.set(values);
    const kept = this.#values.subarray(0, values.length);
    this.#values = this.#values.subarray(values.length);
    return kept;
  }
}

function columns(length: number) {
  return { times: new Float64Array(length), values: new Float64Array(length), starts: new Float64Array(length) };
}

function equal(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function firstAtLeast(times: Float64Array, timeMs: number, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
