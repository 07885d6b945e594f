import { bytesType, fixed64Type, varintType, Wire } from '../../../base/protobuf-wire.ts';
import { type AnyValue, attributeText } from './attribute-value.ts';
import {
  type Attribute,
  type HistogramPoint,
  type Metric,
  type NumberPoint,
  noRecordedValueFlag,
  type Point,
  type ResourceMetrics,
  type SummaryPoint,
} from './model.ts';

/** Values within values. */
const depthMax = 16;

/** Reads opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest. Throws Fault `bad-request`. */
export function readProtobufMetrics(body: Buffer): ResourceMetrics[] {
  const wire = new Wire(body);
  const all: ResourceMetrics[] = [];
  wire.fields((field, type) => {
    if (field !== 1 || type !== bytesType) return wire.skip(type);
    const resource: ResourceMetrics = { attributes: [], metrics: [] };
    wire.message((part, partType) => {
      if (partType !== bytesType) wire.skip(partType);
      else if (part === 1) readAttributes(wire, 1, resource.attributes);
      else if (part === 2) readScope(wire, resource.metrics);
      else wire.skip(partType);
    });
    all.push(resource);
  });
  return all;
}

function readAttributes(wire: Wire, attributeField: number, into: Attribute[]): void {
  wire.message((field, type) => {
    if (field === attributeField && type === bytesType) into.push(readAttribute(wire));
    else wire.skip(type);
  });
}

function readScope(wire: Wire, into: Metric[]): void {
  wire.message((field, type) => {
    if (field === 2 && type === bytesType) into.push(readMetric(wire));
    else wire.skip(type);
  });
}

/** What the metric's data is, by field. */
const dataFields: Record<number, 'gauge' | 'sum' | 'histogram' | 'exponential histogram' | 'summary'> = {
  5: 'gauge',
  7: 'sum',
  9: 'histogram',
  10: 'exponential histogram',
  11: 'summary',
};

function readMetric(wire: Wire): Metric {
  const named = { name: '', description: '', unit: '' };
  let data: Metric = { ...named, kind: 'other', what: 'metric without data', pointCount: 0 };
  wire.message((field, type) => {
    if (type !== bytesType) wire.skip(type);
    else if (field === 1) named.name = wire.text();
    else if (field === 2) named.description = wire.text();
    else if (field === 3) named.unit = wire.text();
    else if (dataFields[field] !== undefined) data = readData(wire, dataFields[field]);
    else wire.skip(type);
  });
  return { ...data, ...named };
}

function readData(wire: Wire, what: (typeof dataFields)[number]): Metric {
  const named = { name: '', description: '', unit: '' };
  const [numbers, histograms, summaries]: [NumberPoint[], HistogramPoint[], SummaryPoint[]] = [[], [], []];
  let [temporality, isMonotonic, pointCount] = [0, false, 0];
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) {
      pointCount++;
      if (what === 'gauge' || what === 'sum') numbers.push(readNumberPoint(wire));
      else if (what === 'histogram') histograms.push(readHistogramPoint(wire));
      else if (what === 'summary') summaries.push(readSummaryPoint(wire));
      else wire.skip(type);
    } else if (field === 2 && type === varintType) temporality = wire.varint();
    else if (field === 3 && type === varintType) isMonotonic = wire.varint() !== 0;
    else wire.skip(type);
  });
  if (what === 'gauge') return { ...named, kind: 'gauge', points: numbers };
  if (what === 'sum') return { ...named, kind: 'sum', points: numbers, isMonotonic, temporality };
  if (what === 'histogram') return { ...named, kind: 'histogram', points: histograms, temporality };
  if (what === 'summary') return { ...named, kind: 'summary', points: summaries };
  return { ...named, kind: 'other', what, pointCount };
}

function emptyPoint(): Point {
  return { attributes: [], startMs: 0, timeMs: 0, isStale: false };
}

/** What every kind of point has; false where the field is another one. */
function readCommon(wire: Wire, point: Point, field: number, type: number, at: { attributes: number; flags: number }) {
  if (field === at.attributes && type === bytesType) point.attributes.push(readAttribute(wire));
  else if (field === 2 && type === fixed64Type) point.startMs = msOf(fixed64(wire));
  else if (field === 3 && type === fixed64Type) point.timeMs = msOf(fixed64(wire));
  else if (field === at.flags && type === varintType) point.isStale = (wire.varint() & noRecordedValueFlag) !== 0;
  else return false;
  return true;
}

function readNumberPoint(wire: Wire): NumberPoint {
  const point: NumberPoint = { ...emptyPoint(), value: 0 };
  wire.message((field, type) => {
    if (readCommon(wire, point, field, type, { attributes: 7, flags: 8 })) return;
    if (field === 4 && type === fixed64Type) point.value = wire.float64();
    else if (field === 6 && type === fixed64Type) point.value = Number(BigInt.asIntN(64, fixed64(wire)));
    else wire.skip(type);
  });
  return point;
}

function readHistogramPoint(wire: Wire): HistogramPoint {
  const point: HistogramPoint = { ...emptyPoint(), count: 0, sum: undefined, bucketCounts: [], bounds: [] };
  wire.message((field, type) => {
    if (readCommon(wire, point, field, type, { attributes: 9, flags: 10 })) return;
    if (field === 4 && type === fixed64Type) point.count = Number(fixed64(wire));
    else if (field === 5 && type === fixed64Type) point.sum = wire.float64();
    else if (field === 6) readRepeated(wire, type, () => point.bucketCounts.push(Number(fixed64(wire))));
    else if (field === 7) readRepeated(wire, type, () => point.bounds.push(wire.float64()));
    else wire.skip(type);
  });
  return point;
}

function readSummaryPoint(wire: Wire): SummaryPoint {
  const point: SummaryPoint = { ...emptyPoint(), count: 0, sum: 0, quantiles: [] };
  wire.message((field, type) => {
    if (readCommon(wire, point, field, type, { attributes: 7, flags: 8 })) return;
    if (field === 4 && type === fixed64Type) point.count = Number(fixed64(wire));
    else if (field === 5 && type === fixed64Type) point.sum = wire.float64();
    else if (field === 6 && type === bytesType) {
      const one = { quantile: 0, value: 0 };
      wire.message((part, partType) => {
        if (part === 1 && partType === fixed64Type) one.quantile = wire.float64();
        else if (part === 2 && partType === fixed64Type) one.value = wire.float64();
        else wire.skip(partType);
      });
      point.quantiles.push(one);
    } else wire.skip(type);
  });
  return point;
}

/** Eight bytes each, packed into one field or in fields of their own. */
function readRepeated(wire: Wire, type: number, read: () => void): void {
  if (type === fixed64Type) {
    read();
    return;
  }
  wire.expect(type, bytesType, 'a list of numbers');
  const end = wire.lengthDelimited();
  while (wire.at < end) read();
  if (wire.at !== end) wire.fail('a list of numbers is cut off');
}

function readAttribute(wire: Wire): Attribute {
  const [name, value] = readKeyValue(wire, 0);
  return [name, attributeText(value)];
}

function readKeyValue(wire: Wire, depth: number): [string, AnyValue] {
  let name = '';
  let value: AnyValue = null;
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) name = wire.text();
    else if (field === 2 && type === bytesType) value = readValue(wire, depth);
    else wire.skip(type);
  });
  return [name, value];
}

function readValue(wire: Wire, depth: number): AnyValue {
  if (depth > depthMax) wire.fail(`values are nested more than ${depthMax} deep`);
  let value: AnyValue = null;
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) value = wire.text();
    else if (field === 2 && type === varintType) value = wire.varint() !== 0;
    else if (field === 3 && type === varintType) value = wire.int64();
    else if (field === 4 && type === fixed64Type) value = wire.float64();
    else if (field === 5 && type === bytesType) {
      const list: AnyValue[] = [];
      wire.message((part, partType) => {
        if (part === 1 && partType === bytesType) list.push(readValue(wire, depth + 1));
        else wire.skip(partType);
      });
      value = list;
    } else if (field === 6 && type === bytesType) {
      const map: [string, AnyValue][] = [];
      wire.message((part, partType) => {
        if (part === 1 && partType === bytesType) map.push(readKeyValue(wire, depth + 1));
        else wire.skip(partType);
      });
      value = Object.fromEntries(map);
    } else if (field === 7 && type === bytesType) {
      const end = wire.lengthDelimited();
      value = wire.bytes.toString('base64', wire.at, end);
      wire.at = end;
    } else wire.skip(type);
  });
  return value;
}

function fixed64(wire: Wire): bigint {
  wire.skip(fixed64Type);
  return wire.bytes.readBigUInt64LE(wire.at - 8);
}

function msOf(nanos: bigint): number {
  return Number(nanos / 1_000_000n);
}
