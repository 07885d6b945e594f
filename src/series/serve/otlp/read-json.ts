import { Fault } from '../../../base/fault.ts';
import { type AnyValue, attributeText } from './attribute-value.ts';
import { type Attribute, type Metric, noRecordedValueFlag, type Point, type ResourceMetrics } from './model.ts';

const quotedCharsMax = 50;

type Json = Record<string, unknown>;
const depthMax = 16;
const temporalities: Record<string, number> = {
  AGGREGATION_TEMPORALITY_UNSPECIFIED: 0,
  AGGREGATION_TEMPORALITY_DELTA: 1,
  AGGREGATION_TEMPORALITY_CUMULATIVE: 2,
};

/** Reads the same request as JSON, as OTLP defines it: names in camel case, whole numbers of 64 bits as text. Throws Fault `bad-request`. */
export function readJsonMetrics(body: Buffer): ResourceMetrics[] {
  let request: unknown;
  try {
    request = JSON.parse(body.toString());
  } catch (error) {
    throw new Fault('bad-request', `the body is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return list(request, 'resourceMetrics').map((one) => ({
    attributes: attributesOf(object(one.resource)),
    metrics: list(one, 'scopeMetrics').flatMap((scope) => list(scope, 'metrics').map(metricOf)),
  }));
}

function metricOf(json: Json): Metric {
  const named = { name: text(json.name), description: text(json.description), unit: text(json.unit) };
  if (json.gauge) return { ...named, kind: 'gauge', points: points(json.gauge, numberPoint) };
  if (json.sum) {
    const sum = object(json.sum);
    const isMonotonic = sum.isMonotonic === true;
    return { ...named, kind: 'sum', points: points(sum, numberPoint), isMonotonic, temporality: temporalityOf(sum) };
  }
  if (json.histogram) {
    const histogram = object(json.histogram);
    return {
      ...named,
      kind: 'histogram',
      points: points(histogram, histogramPoint),
      temporality: temporalityOf(histogram),
    };
  }
  if (json.summary) return { ...named, kind: 'summary', points: points(json.summary, summaryPoint) };
  const exponential = object(json.exponentialHistogram);
  const pointCount = list(exponential, 'dataPoints').length;
  return {
    ...named,
    kind: 'other',
    what: json.exponentialHistogram ? 'exponential histogram' : 'metric without data',
    pointCount,
  };
}

function points<T>(data: unknown, read: (point: Json) => T): T[] {
  return list(data, 'dataPoints').map(read);
}

function commonOf(json: Json): Point {
  return {
    attributes: attributesOf(json),
    startMs: ms(json.startTimeUnixNano),
    timeMs: ms(json.timeUnixNano),
    isStale: (number(json.flags) & noRecordedValueFlag) !== 0,
  };
}

function numberPoint(json: Json) {
  return { ...commonOf(json), value: number(json.asDouble ?? json.asInt) };
}

function histogramPoint(json: Json) {
  const numbers = (value: unknown) => (Array.isArray(value) ? value.map(number) : []);
  return {
    ...commonOf(json),
    count: number(json.count),
    sum: json.sum === undefined ? undefined : number(json.sum),
    bucketCounts: numbers(json.bucketCounts),
    bounds: numbers(json.explicitBounds),
  };
}

function summaryPoint(json: Json) {
  const quantiles = list(json, 'quantileValues').map((one) => ({
    quantile: number(one.quantile),
    value: number(one.value),
  }));
  return { ...commonOf(json), count: number(json.count), sum: number(json.sum), quantiles };
}

function attributesOf(json: Json): Attribute[] {
  return list(json, 'attributes').map(({ key, value }) => [text(key), attributeText(anyValue(value, 0))]);
}

function anyValue(value: unknown, depth: number): AnyValue {
  if (depth > depthMax) throw new Fault('bad-request', `values are nested more than ${depthMax} deep`);
  const json = object(value);
  if (typeof json.stringValue === 'string') return json.stringValue;
  if (typeof json.boolValue === 'boolean') return json.boolValue;
  if (json.intValue !== undefined) return number(json.intValue);
  if (json.doubleValue !== undefined) return number(json.doubleValue);
  if (json.arrayValue) return list(json.arrayValue, 'values').map((one) => anyValue(one, depth + 1));
  if (json.kvlistValue) {
    const pairs = list(json.kvlistValue, 'values').map((one) => [text(one.key), anyValue(one.value, depth + 1)]);
    return Object.fromEntries(pairs);
  }
  return typeof json.bytesValue === 'string' ? json.bytesValue : null;
}

function temporalityOf({ aggregationTemporality: value }: Json): number {
  return typeof value === 'string' ? (temporalities[value] ?? number(value)) : number(value);
}

/** The beginning of what was sent, for a message. */
function quoted(value: unknown): string {
  return JSON.stringify(value).slice(0, quotedCharsMax);
}

function object(value: unknown): Json {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw new Fault('bad-request', `an object was expected, not ${quoted(value)}`);
}

function list(value: unknown, key: string): Json[] {
  const found = object(value)[key];
  if (found === undefined || found === null) return [];
  if (Array.isArray(found)) return found.map(object);
  throw new Fault('bad-request', `${key} is not a list`);
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw new Fault('bad-request', `text was expected, not ${quoted(value)}`);
}

/** Also as text: 64 bits do not fit into a number of JSON, and neither do NaN and infinity. */
function number(value: unknown): number {
  if (value === undefined || value === null) return 0;
  const read = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof read === 'number' && (!Number.isNaN(read) || value === 'NaN')) return read;
  throw new Fault('bad-request', `a number was expected, not ${quoted(value)}`);
}

function ms(nanos: unknown): number {
  if (nanos === undefined || nanos === null) return 0;
  if (typeof nanos === 'string' && /^\d{1,20}$/.test(nanos)) return Number(BigInt(nanos) / 1_000_000n);
  if (typeof nanos === 'number' && nanos >= 0) return Math.round(nanos / 1e6);
  throw new Fault('bad-request', `nanoseconds since 1970 were expected, not ${quoted(nanos)}`);
}
