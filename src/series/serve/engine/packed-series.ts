import { Labels, type SourceSeries } from '../../query/query.ts';

/** What one read of a query gave, as a few large arrays: they go to another thread without being copied again, and names once. */
export interface PackedSeries {
  count: number;
  /** Every name and value that occurs, once. */
  texts: string[];
  /** For each series how many labels it has; then their names and values, as places in `texts`. */
  labelCounts: Uint32Array<ArrayBuffer>;
  symbols: Uint32Array<ArrayBuffer>;
  lengths: Uint32Array<ArrayBuffer>;
  /** All times, series after series; values and starts likewise. */
  timestampsMs: Float64Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
  startTimestampsMs: Float64Array<ArrayBuffer> | null;
  /** By the series' place. */
  histogramTimestampsMs: Map<number, Float64Array>;
}

/** Copies what lies between the times, both inclusive; the source keeps its arrays. */
export function packSeries(series: readonly SourceSeries[], minMs: number, maxMs: number): PackedSeries {
  const lengths = new Uint32Array(series.length);
  const firsts = new Uint32Array(series.length);
  let samples = 0;
  let labels = 0;
  series.forEach(({ timestampsMs, labels: { names } }, at) => {
    firsts[at] = firstNotBefore(timestampsMs, minMs);
    lengths[at] = firstNotBefore(timestampsMs, maxMs + 1) - firsts[at]!;
    samples += lengths[at]!;
    labels += names.length;
  });
  const packed: PackedSeries = {
    count: series.length,
    ...packLabels(series, labels),
    lengths,
    timestampsMs: new Float64Array(samples),
    values: new Float64Array(samples),
    startTimestampsMs: series.some((one) => one.startTimestampsMs) ? new Float64Array(samples) : null,
    histogramTimestampsMs: new Map(),
  };
  let offset = 0;
  series.forEach((one, at) => {
    const [from, to] = [firsts[at]!, firsts[at]! + lengths[at]!];
    packed.timestampsMs.set(one.timestampsMs.subarray(from, to), offset);
    packed.values.set(one.values.subarray(from, to), offset);
    if (one.startTimestampsMs) packed.startTimestampsMs?.set(one.startTimestampsMs.subarray(from, to), offset);
    if (one.histogramTimestampsMs) packed.histogramTimestampsMs.set(at, one.histogramTimestampsMs);
    offset += lengths[at]!;
  });
  return packed;
}

function packLabels(series: readonly SourceSeries[], count: number) {
  const places = new Map<string, number>();
  const texts: string[] = [];
  const place = (text: string) => {
    let at = places.get(text);
    if (at === undefined) {
      at = texts.push(text) - 1;
      places.set(text, at);
    }
    return at;
  };
  const labelCounts = new Uint32Array(series.length);
  const symbols = new Uint32Array(2 * count);
  let at = 0;
  series.forEach(({ labels: { names, values } }, index) => {
    labelCounts[index] = names.length;
    for (let label = 0; label < names.length; label++) {
      symbols[at++] = place(names[label]!);
      symbols[at++] = place(values[label]!);
    }
  });
  return { texts, labelCounts, symbols };
}

/** The buffers that change hands. */
export function buffersOf({ labelCounts, symbols, lengths, timestampsMs, values, startTimestampsMs }: PackedSeries) {
  const columns = [
    labelCounts,
    symbols,
    lengths,
    timestampsMs,
    values,
    ...(startTimestampsMs ? [startTimestampsMs] : []),
  ];
  return columns.map(({ buffer }) => buffer);
}

export function unpackSeries(packed: PackedSeries): SourceSeries[] {
  const { texts, symbols, labelCounts, lengths, timestampsMs, values, startTimestampsMs } = packed;
  const series: SourceSeries[] = new Array(packed.count);
  let symbol = 0;
  let offset = 0;
  for (let at = 0; at < packed.count; at++) {
    const labelCount = labelCounts[at]!;
    const names: string[] = new Array(labelCount);
    const labelValues: string[] = new Array(labelCount);
    for (let label = 0; label < labelCount; label++) {
      names[label] = texts[symbols[symbol++]!]!;
      labelValues[label] = texts[symbols[symbol++]!]!;
    }
    const end = offset + lengths[at]!;
    const histograms = packed.histogramTimestampsMs.get(at);
    series[at] = {
      labels: new Labels(names, labelValues),
      timestampsMs: timestampsMs.subarray(offset, end),
      values: values.subarray(offset, end),
      ...(startTimestampsMs && { startTimestampsMs: startTimestampsMs.subarray(offset, end) }),
      ...(histograms && { histogramTimestampsMs: histograms }),
    };
    offset = end;
  }
  return series;
}

function firstNotBefore(times: Float64Array, limit: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! >= limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
