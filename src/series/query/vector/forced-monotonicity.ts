import { formatGeneral, formatGeneralPrecise } from '../../../base/go-float.ts';
import { quote } from '../../../base/go-quote.ts';
import type { AnnotationDetail } from '../run/annotations.ts';
import type { Fix } from './buckets.ts';

const documentation = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile';

export function forcedMonotonicityText(metricName: string): string {
  const text = `input to histogram_quantile needed to be fixed for monotonicity (see ${documentation})`;
  return metricName === '' ? text : `${text} for metric name ${quote(metricName)}`;
}

/** How far, how often and when buckets had counts below those of smaller buckets. */
export class ForcedMonotonicity implements AnnotationDetail {
  #minBucket: number;
  #maxBucket: number;
  #maxDifference: number;
  #firstMs: number;
  #lastMs: number;
  #samples = 1;

  constructor({ minBucket, maxBucket, maxDifference }: Fix, timeMs: number) {
    this.#minBucket = minBucket;
    this.#maxBucket = maxBucket;
    this.#maxDifference = maxDifference;
    this.#firstMs = timeMs;
    this.#lastMs = timeMs;
  }

  merge(other: AnnotationDetail): AnnotationDetail {
    if (!(other instanceof ForcedMonotonicity)) return this;
    this.#minBucket = Math.min(this.#minBucket, other.#minBucket);
    this.#maxBucket = Math.max(this.#maxBucket, other.#maxBucket);
    this.#maxDifference = Math.max(this.#maxDifference, other.#maxDifference);
    this.#firstMs = Math.min(this.#firstMs, other.#firstMs);
    this.#lastMs = Math.max(this.#lastMs, other.#lastMs);
    this.#samples += other.#samples;
    return this;
  }

  toString(): string {
    const buckets = `from buckets ${formatGeneral(this.#minBucket)} to ${formatGeneral(this.#maxBucket)}`;
    const difference = `with a max diff of ${formatGeneralPrecise(this.#maxDifference, 2)}`;
    return `, ${buckets}, ${difference}, over ${this.#samples} samples from ${iso(this.#firstMs)} to ${iso(this.#lastMs)}`;
  }
}

/** RFC 3339 without fractions. */
function iso(timeMs: number): string {
  return new Date(Math.trunc(timeMs / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
