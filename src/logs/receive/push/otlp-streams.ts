import { Fault } from '../../../base/fault.ts';
import type { LabelRecord } from '../../batch/batch.ts';
import { normalizedName } from './label-syntax.ts';
import { pushLimits } from './limits.ts';
import {
  type Attribute,
  type LogRecord,
  type OtlpValue,
  type ResourceLogs,
  type ScopeLogs,
  textOfValue,
} from './otlp-model.ts';
import { emptyStream, type ReceivedStream } from './received-stream.ts';
import { serviceNameLabel, unknownService } from './service-name.ts';

/** Attributes of a resource that become labels, as in Loki; the others are structured metadata. */
const labelAttributes = new Set([
  ...[
    'service.name',
    'service.namespace',
    'service.instance.id',
    'deployment.environment',
    'deployment.environment.name',
  ],
  ...[
    'cloud.region',
    'cloud.availability_zone',
    'container.name',
    'k8s.cluster.name',
    'k8s.namespace.name',
    'k8s.pod.name',
  ],
  ...['k8s.container.name', 'k8s.replicaset.name', 'k8s.deployment.name', 'k8s.statefulset.name', 'k8s.daemonset.name'],
  ...['k8s.cronjob.name', 'k8s.job.name'],
]);
const SECOND = 1_000_000_000n;

type Pairs = [string, string][];

/**
 * Attributes of a resource are repeated with each of its lines, and names of maps with each of their values: a small request can mean
 * a great deal. Counts what it comes to, and throws Fault `bad-request` where that is more than `metadataTotalBytesMax`.
 */
class MetadataBudget {
  #bytes = 0;

  add(pairs: Pairs): void {
    for (const [name, value] of pairs) this.addPair(name, value);
  }

  addPair(name: string, value: string): void {
    const { metadataTotalBytesMax } = pushLimits;
    this.#bytes += name.length + value.length + PAIR_BYTES;
    if (this.#bytes <= metadataTotalBytesMax) return;
    const why = `more than ${metadataTotalBytesMax} bytes of structured metadata in one push`;
    throw new Fault('bad-request', `${why} (metadataTotalBytesMax)`);
  }
}

const PAIR_BYTES = 16;

/** Streams as Loki makes them of OTLP: one for each resource. Lines without a time get `nowMs`. */
export function otlpStreams(resources: readonly ResourceLogs[], nowMs: number): ReceivedStream[] {
  const budget = new MetadataBudget();
  return resources.map(({ attributes, scopes }) => {
    const labels: Pairs = attributes
      .filter(([name]) => labelAttributes.has(name))
      .flatMap((each) => pairsOf(each, budget));
    if (labels.length === 0) labels.push([serviceNameLabel, unknownService]);
    const rest = attributes.filter(([name]) => !labelAttributes.has(name)).flatMap((each) => pairsOf(each, budget));
    const lines: { record: LogRecord; text: Buffer; shared: Pairs }[] = scopes.flatMap((scope) => {
      const shared = [...rest, ...scopePairs(scope, budget)];
      return scope.records.map((record) => ({ record, text: Buffer.from(textOfValue(record.body)), shared }));
    });
    return streamOf([...new Map(labels)], lines, nowMs, budget);
  });
}

function streamOf(
  labels: Pairs,
  lines: readonly { record: LogRecord; text: Buffer; shared: Pairs }[],
  nowMs: number,
  budget: MetadataBudget,
): ReceivedStream {
  const bytes = Buffer.concat(lines.map(({ text }) => text));
  const stream = emptyStream(labels, bytes);
  let end = 0;
  for (const { record, text, shared } of lines) {
    stream.from.push(end);
    stream.to.push((end += text.length));
    const time = record.time || record.observedTime || BigInt(Math.trunc(nowMs)) * 1_000_000n;
    const nanos = ((time % SECOND) + SECOND) % SECOND;
    stream.seconds.push(Number((time - nanos) / SECOND));
    stream.nanos.push(Number(nanos));
    budget.add(shared);
    const pairs = [...shared, ...recordPairs(record, budget)];
    stream.metadata.push(pairs.length === 0 ? undefined : (Object.fromEntries(pairs) as LabelRecord));
  }
  return stream;
}

function scopePairs({ name, version, droppedAttributesCount, attributes }: ScopeLogs, budget: MetadataBudget): Pairs {
  const pairs = attributes.flatMap((each) => pairsOf(each, budget));
  if (name !== '') pairs.push(['scope_name', name]);
  if (version !== '') pairs.push(['scope_version', version]);
  if (droppedAttributesCount !== 0) pairs.push(['scope_dropped_attributes_count', String(droppedAttributesCount)]);
  return pairs;
}

function recordPairs(record: LogRecord, budget: MetadataBudget): Pairs {
  const pairs = record.attributes.flatMap((each) => pairsOf(each, budget));
  const add = (name: string, value: string | number | bigint) => {
    if (value !== '' && value !== 0) pairs.push([name, String(value)]);
  };
  if (record.time !== 0n && record.observedTime !== 0n) add('observed_timestamp', record.observedTime);
  add('severity_number', record.severityNumber);
  add('severity_text', record.severityText);
  add('dropped_attributes_count', record.droppedAttributesCount);
  add('flags', record.flags);
  if (/[^0]/.test(record.traceId)) add('trace_id', record.traceId);
  if (/[^0]/.test(record.spanId)) add('span_id', record.spanId);
  return pairs;
}

/** A map becomes a pair for each of its values, named after the way to it. */
function pairsOf([name, value]: Attribute, budget: MetadataBudget, prefix = ''): Pairs {
  const full = normalizedName(prefix === '' ? name : `${prefix}_${name}`);
  if (!(value instanceof Map)) {
    const text = textOfValue(value);
    budget.addPair(full, text);
    return [[full, text]];
  }
  return [...value].flatMap((each: readonly [string, OtlpValue]) => pairsOf(each, budget, full));
}
