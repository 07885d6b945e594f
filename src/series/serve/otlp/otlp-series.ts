import { formatPlain } from '../../../base/go-float.ts';
import { type Labels, metricName } from '../../query/query.ts';
import type { MetricMetadata } from '../../store/store.ts';
import { checkedLabels, InvalidSeries, type ReceivedWrite } from '../write/received-series.ts';
import { SampleBatch } from '../write/sample-batch.ts';
import {
  type Attribute,
  cumulativeTemporality,
  type HistogramPoint,
  type Metric,
  type NumberPoint,
  type Point,
  type ResourceMetrics,
  type SummaryPoint,
} from './model.ts';
import { labelNameOf, metricNameOf } from './names.ts';

/** Attributes that say whose metrics these are: they become `job` and `instance`. */
const identifying = new Set(['service.name', 'service.namespace', 'service.instance.id']);
const staleBytes = Buffer.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);
const problemsMax = 10;

export interface OtlpSeries {
  received: ReceivedWrite;
  /** Points that are not taken, and why. */
  rejectedPoints: number;
  problems: string[];
}

/** What an OTLP request holds, as series. */
export function seriesOf(all: readonly ResourceMetrics[]): OtlpSeries {
  const builder = new Builder();
  for (const resource of all) {
    let newestMs = 0;
    for (const metric of resource.metrics) newestMs = Math.max(newestMs, builder.metric(resource.attributes, metric));
    builder.targetInfo(resource.attributes, newestMs);
  }
  return builder.built();
}

/** Invariant: the keys of the series stand in the order in which the series were first seen. */
class Builder {
  readonly #samples = new SampleBatch();
  readonly #labels: Labels[] = [];
  readonly #places = new Map<string, number>();
  readonly #metadata = new Map<string, MetricMetadata>();
  readonly #problems = new Set<string>();
  #rejected = 0;

  /** Returns the time of the newest point. */
  metric(resource: readonly Attribute[], metric: Metric): number {
    const refusal = refusalOf(metric);
    if (refusal !== undefined) {
      this.#reject(metric.kind === 'other' ? metric.pointCount : metric.points.length, `${metric.name}: ${refusal}`);
      return 0;
    }
    if (metric.kind === 'other') return 0;
    const isCounter = metric.kind === 'sum' && metric.isMonotonic;
    const isGauge = metric.kind === 'gauge';
    const name = metricNameOf(metric.name, metric.unit, isCounter ? 'counter' : isGauge ? 'gauge' : 'other');
    const type = isCounter ? 'counter' : metric.kind === 'sum' ? 'gauge' : metric.kind;
    this.#metadata.set(name, { type, help: metric.description, unit: metric.unit });
    let newestMs = 0;
    for (const point of metric.points) {
      newestMs = Math.max(newestMs, point.timeMs);
      try {
        if (metric.kind === 'histogram') this.#histogram(name, resource, point as HistogramPoint);
        else if (metric.kind === 'summary') this.#summary(name, resource, point as SummaryPoint);
        else this.#add(labelsOf(resource, point.attributes, name), (point as NumberPoint).value, point, isCounter);
      } catch (error) {
        if (!(error instanceof InvalidSeries)) throw error;
        this.#reject(1, error.message);
      }
    }
    return newestMs;
  }

  /** What is known of whoever sent them, as a series to join with. */
  targetInfo(resource: readonly Attribute[], timeMs: number): void {
    const described = resource.filter(([name]) => !identifying.has(name));
    const whose = whoseLabels(resource);
    if (timeMs === 0 || described.length === 0 || whose.length === 0) return;
    const labels = checkedLabels([...merged([...described], whose), [metricName, 'target_info']]);
    this.#add(labels, 1, { attributes: [], startMs: 0, timeMs, isStale: false }, false);
  }

  built(): OtlpSeries {
    const keys = this.#labels.map(({ key }) => Buffer.from(key, 'utf16le'));
    const keyEnds: number[] = [];
    let end = 0;
    for (const { length } of keys) keyEnds.push((end += length));
    const received: ReceivedWrite = {
      samples: this.#samples,
      seriesCount: keys.length,
      keyBytes: Buffer.concat(keys),
      keyStarts: [0, ...keyEnds.slice(0, -1)],
      keyEnds,
      labels: (series) => this.#labels[series]!,
      metadata: [...this.#metadata],
      histogramCount: 0,
      exemplarCount: 0,
    };
    return { received, rejectedPoints: this.#rejected, problems: [...this.#problems] };
  }

  #histogram(name: string, resource: readonly Attribute[], point: HistogramPoint): void {
    const add = (suffix: string, value: number, le?: string) => {
      const extra: Attribute[] = le === undefined ? [] : [['le', le]];
      this.#add(labelsOf(resource, point.attributes, `${name}${suffix}`, extra), value, point, true);
    };
    if (point.sum !== undefined) add('_sum', point.sum);
    add('_count', point.count);
    let below = 0;
    point.bounds.forEach((bound, at) => {
      if (at >= point.bucketCounts.length) return;
      below += point.bucketCounts[at]!;
      add('_bucket', below, formatPlain(bound));
    });
    add('_bucket', point.count, '+Inf');
  }

  #summary(name: string, resource: readonly Attribute[], point: SummaryPoint): void {
    this.#add(labelsOf(resource, point.attributes, `${name}_sum`), point.sum, point, true);
    this.#add(labelsOf(resource, point.attributes, `${name}_count`), point.count, point, true);
    for (const { quantile, value } of point.quantiles) {
      const labels = labelsOf(resource, point.attributes, name, [['quantile', formatPlain(quantile)]]);
      this.#add(labels, value, point, false);
    }
  }

  #add(labels: Labels, value: number, { timeMs, startMs, isStale }: Point, counts: boolean): void {
    let place = this.#places.get(labels.key);
    if (place === undefined) {
      place = this.#labels.push(labels) - 1;
      this.#places.set(labels.key, place);
    }
    const since = counts ? startMs : 0;
    if (isStale) this.#samples.add(place, staleBytes, 0, timeMs, since);
    else this.#samples.addValue(place, value, timeMs, since);
  }

  #reject(points: number, problem: string): void {
    this.#rejected += points;
    if (this.#problems.size < problemsMax) this.#problems.add(problem);
  }
}

/** Why no point of a metric can be taken. */
function refusalOf(metric: Metric): string | undefined {
  if (metric.name === '') return 'a metric without a name';
  if (metric.kind === 'other') {
    return metric.what === 'exponential histogram' ? 'exponential histograms are not supported yet' : metric.what;
  }
  if ((metric.kind === 'sum' || metric.kind === 'histogram') && metric.temporality !== cumulativeTemporality) {
    return 'only cumulative temporality is taken; set the exporter to it';
  }
  return undefined;
}

function labelsOf(
  resource: readonly Attribute[],
  attributes: readonly Attribute[],
  name: string,
  extra: readonly Attribute[] = [],
): Labels {
  const pairs = merged(attributes, [...whoseLabels(resource), ...extra]);
  return checkedLabels([...pairs, [metricName, name]]);
}

/** Attributes under their labels' names, in the order of their own; those that fall together are joined. `fixed` come in place of them. */
function merged(attributes: readonly Attribute[], fixed: readonly Attribute[]): Attribute[] {
  const labels = new Map<string, string>();
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [name, value] of sorted) {
    const label = labelNameOf(name);
    const before = labels.get(label);
    labels.set(label, before === undefined ? value : `${before};${value}`);
  }
  for (const [label, value] of fixed) labels.set(label, value);
  labels.delete(metricName);
  return [...labels];
}

function whoseLabels(resource: readonly Attribute[]): Attribute[] {
  const of = (wanted: string) => resource.find(([name]) => name === wanted)?.[1];
  const [service, namespace, instance] = [of('service.name'), of('service.namespace'), of('service.instance.id')];
  const labels: Attribute[] = [];
  if (service !== undefined) labels.push(['job', namespace === undefined ? service : `${namespace}/${service}`]);
  if (instance !== undefined) labels.push(['instance', instance]);
  return labels;
}
