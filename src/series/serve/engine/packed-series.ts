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
  /** All values, series after series; starts likewise. Times stand once for neighbours that share them, from `timesAt` on. */
  timesAt: Uint32Array<ArrayBuffer>;
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
  const timesAt = new Uint32Array(series.length);
  let samples = 0;
  let times = 0;
  let labels = 0;
  series.forEach(({ timestampsMs, labels: { names } }, at) => {
    labels += names.length;
    if (at > 0 && timestampsMs === series[at - 1]!.timestampsMs) {
      firsts[at] = firsts[at - 1]!;
      lengths[at] = lengths[at - 1]!;
      timesAt[at] = timesAt[at - 1]!;
    } else {
      firsts[at] = firstNotBefore(timestampsMs, minMs);
      lengths[at] = firstNotBefore(timestampsMs, maxMs + 1) - firsts[at]!;
      timesAt[at] = times;
      times += lengths[at]!;
    }
    samples += lengths[at]!;
  });
  const packed: PackedSeries = {
    count: series.length,
    ...packLabels(series, labels),
    lengths,
    timesAt,
    timestampsMs: new Float64Array(times),
    values: new Float64Array(samples),
    startTimestampsMs: series.some((one) => one.startTimestampsMs) ? new Float64Array(samples) : null,
    histogramTimestampsMs: new Map(),
  };
  let offset = 0;
  series.forEach((one, at) => {
    const [from, to] = [firsts[at]!, firsts[at]! + lengths[at]!];
    const isShared = at > 0 && one.timestampsMs === series[at - 1]!.timestampsMs;
    if (!isShared) packed.timestampsMs.set(one.timestampsMs.subarray(from, to), timesAt[at]!);
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
  // Series come sorted: a label mostly is the one that stands at its place in the series before.
  let before = Labels.empty;
  let beforeAt = 0;
  series.forEach(({ labels }, index) => {
    const { names, values } = labels;
    const from = at;
    labelCounts[index] = names.length;
    for (let label = 0; label < names.length; label++, at += 2) {
      const there = beforeAt + 2 * label;
      symbols[at] = names[label] === before.names[label] ? symbols[there]! : place(names[label]!);
      symbols[at + 1] = values[label] === before.values[label] ? symbols[there + 1]! : place(values[label]!);
    }
    before = labels;
    beforeAt = from;
  });
  return { texts, labelCounts, symbols };
}

/** The buffers that change hands. */
export function buffersOf({
  labelCounts,
  symbols,
  lengths,
  timesAt,
  timestampsMs,
  values,
  startTimestampsMs,
}: PackedSeries) {
  const columns = [
    labelCounts,
    symbols,
    lengths,
    timesAt,
    timestampsMs,
    values,
    ...(startTimestampsMs ? [startTimestampsMs] : []),
  ];
  return columns.map(({ buffer }) => buffer);
}

export function unpackSeries(packed: PackedSeries): SourceSeries[] {
  const { texts, symbols, labelCounts, lengths, timesAt, timestampsMs, values, startTimestampsMs } = packed;
  const series: SourceSeries[] = new Array(packed.count);
  let names: readonly string[] = [];
  let symbol = 0;
  let offset = 0;
  for (let at = 0; at < packed.count; at++) {
    const labelCount = labelCounts[at]!;
    const labelValues: string[] = new Array(labelCount);
    let hasSameNames = labelCount === names.length;
    for (let label = 0; label < labelCount; label++) {
      hasSameNames &&= texts[symbols[symbol + 2 * label]!] === names[label];
      labelValues[label] = texts[symbols[symbol + 2 * label + 1]!]!;
    }
    // Neighbours have the same names, mostly: they share them.
    if (!hasSameNames) names = Array.from({ length: labelCount }, (_, label) => texts[symbols[symbol + 2 * label]!]!);
    symbol += 2 * labelCount;
    const end = offset + lengths[at]!;
    const isShared = at > 0 && timesAt[at] === timesAt[at - 1] && lengths[at] === lengths[at - 1];
    const histograms = packed.histogramTimestampsMs.get(at);
    series[at] = {
      labels: new Labels(names, labelValues),
      timestampsMs: isShared
        ? series[at - 1]!.timestampsMs
        : timestampsMs.subarray(timesAt[at]!, timesAt[at]! + lengths[at]!),
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
