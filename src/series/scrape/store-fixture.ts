import { Labels } from '../query/query.ts';
import type { Appended, SampleColumns, SeriesStore } from '../store/store.ts';

export interface RecordedSample {
  series: string;
  timeMs: number;
  value: number | 'stale';
  startMs?: number;
}

const staleBits = 0x7ff0000000000002n;

/** Keeps everything in memory in the order in which it came, and can be told to refuse. For tests of what comes before the store. */
export class RecordingStore {
  readonly samples: RecordedSample[] = [];
  readonly metadata = new Map<string, unknown>();
  readonly #labels: Labels[] = [Labels.empty];
  readonly #refs = new Map<string, number>();
  seriesAsked = 0;
  /** Series beyond this number are refused. */
  seriesMax = Number.POSITIVE_INFINITY;
  failure: Error | undefined;

  get store(): SeriesStore {
    return this as unknown as SeriesStore;
  }

  series(_tenant: string, labels: readonly Labels[]): { refs: Float64Array; refused: string | null } {
    this.seriesAsked += labels.length;
    let refused: string | null = null;
    const refs = labels.map((one) => {
      const known = this.#refs.get(one.key);
      if (known !== undefined) return known;
      if (this.#refs.size >= this.seriesMax) {
        refused = `there are ${this.seriesMax} series already`;
        return 0;
      }
      const ref = this.#labels.push(one) - 1;
      this.#refs.set(one.key, ref);
      return ref;
    });
    return { refs: Float64Array.from(refs), refused };
  }

  async append(_tenant: string, columns: SampleColumns): Promise<Appended> {
    if (this.failure) throw this.failure;
    const appended: Appended = { taken: 0, repeated: 0, conflicting: 0, tooOld: 0, tooNew: 0, unknownRefs: [] };
    const bits = new BigUint64Array(columns.values.buffer, columns.values.byteOffset);
    for (let at = 0; at < columns.length; at++) {
      const labels = this.#labels[columns.refs[at]!];
      if (!labels || !this.#refs.has(labels.key)) {
        appended.unknownRefs.push(at);
        continue;
      }
      const value = bits[at] === staleBits ? 'stale' : columns.values[at]!;
      const timeMs = columns.timestampsMs[at]!;
      const startMs = columns.startTimestampsMs?.[at] ?? 0;
      this.samples.push({ series: labels.toString(), timeMs, value, ...(startMs === 0 ? {} : { startMs }) });
      appended.taken++;
    }
    return appended;
  }

  setMetadata(_tenant: string, metric: string, metadata: unknown): void {
    this.metadata.set(metric, metadata);
  }

  /** As when the head was cut. */
  forget(): void {
    this.#refs.clear();
  }

  /** `name{labels} value` of a scrape's time, without the scraper's own series. */
  at(timeMs: number): string[] {
    return this.samples
      .filter((sample) => sample.timeMs === timeMs && !/"(up|scrape_\w+)"/.test(sample.series))
      .map(shown);
  }

  /** The value of one of the scraper's own series. */
  own(name: string, timeMs: number): number | 'stale' | undefined {
    return this.samples.find((sample) => sample.timeMs === timeMs && sample.series.includes(`__name__="${name}"`))
      ?.value;
  }
}

function shown({ series, value }: RecordedSample): string {
  return `${series} ${value}`;
}
