import { Labels } from '../../../src/series/query/query.ts';
import type { SeriesWriter } from '../../../src/series/store/store.ts';
import type { Random } from './random.ts';

export interface GeneratedSeries {
  labels: Labels;
  timesMs: number[];
  /** As bits, so that staleness markers are what they are. */
  bits: bigint[];
}

export const spanMs = 40 * 60_000;
const intervalMs = 15_000;
const staleBits = 0x7ff0000000000002n;

/** Series with resets, gaps, staleness markers and odd values. Half of them have their samples exactly on full intervals, where ranges and lookback end. */
export function generateSeries(random: Random, startMs: number): GeneratedSeries[] {
  const all: GeneratedSeries[] = [];
  const add = (labels: Record<string, string>, next: (value: number) => number | 'stale' | 'gap') => {
    const jitterMs = random.chance(0.5) ? 0 : random.below(intervalMs);
    const every = random.pick([1, 1, 1, 2, 4]) * intervalMs;
    const series: GeneratedSeries = { labels: Labels.of(labels), timesMs: [], bits: [] };
    let value = 0;
    let silent = 0;
    for (let at = startMs + jitterMs; at <= startMs + spanMs; at += every) {
      if (silent-- > 0) continue;
      const given = next(value);
      if (given === 'gap') silent = random.below(30);
      if (given === 'gap') continue;
      if (given !== 'stale') value = given;
      series.timesMs.push(at);
      series.bits.push(given === 'stale' ? staleBits : bitsOf(given));
    }
    all.push(series);
  };
  for (const job of ['x', 'y']) {
    for (const instance of ['a', 'b', 'c']) {
      add({ __name__: 'c_total', job, instance }, (value) =>
        random.chance(0.03) ? 'gap' : random.chance(0.05) ? random.below(5) : value + random.below(100),
      );
      add({ __name__: 'g', job, instance }, () => (random.chance(0.02) ? 'stale' : random.next() * 200 - 100));
      for (const le of ['0.1', '1', '2.5', '10', '+Inf']) {
        const share = { '0.1': 1, '1': 3, '2.5': 7, '10': 8, '+Inf': 9 }[le]!;
        add({ __name__: 'h_bucket', job, instance, le }, (value) => value + share);
      }
    }
    add({ __name__: 'sparse', job }, () =>
      random.chance(0.2) ? 'gap' : random.chance(0.1) ? 'stale' : random.below(4),
    );
    add({ __name__: 'odd', job, kind: 'a b"c' }, () =>
      random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e-7, 1e21, 5e-324, -1.5]),
    );
  }
  add({ __name__: 'one' }, () => 1);
  add({ __name__: 'x_info', job: 'x', instance: 'a', version: '1.2' }, () => 1);
  return all;
}

function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!;
}

export async function write(all: readonly GeneratedSeries[], writer: SeriesWriter, tenant: string): Promise<void> {
  const { refs } = writer.series(
    tenant,
    all.map(({ labels }) => labels),
  );
  const samples = all.flatMap(({ timesMs, bits }, series) =>
    timesMs.map((timeMs, at) => ({ series, timeMs, bits: bits[at]! })),
  );
  samples.sort((a, b) => a.timeMs - b.timeMs);
  const { taken } = await writer.append(tenant, {
    refs: Float64Array.from(samples, ({ series }) => refs[series]!),
    timestampsMs: Float64Array.from(samples, ({ timeMs }) => timeMs),
    values: new Float64Array(BigUint64Array.from(samples, ({ bits }) => bits).buffer),
    length: samples.length,
  });
  if (taken !== samples.length) throw new Error(`only ${taken} of ${samples.length} samples were taken`);
}
