import { bytesType, fixed32Type, fixed64Type, varintType, Wire } from '../../../base/protobuf-wire.ts';
import {
  type Attribute,
  emptyRecord,
  type LogRecord,
  type OtlpValue,
  otlpDepthMax,
  type ResourceLogs,
  type ScopeLogs,
} from './otlp-model.ts';
import { PushCount } from './received-stream.ts';

/** Reads opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest. Throws Fault `bad-request`. */
export function readOtlpProtobuf(body: Buffer): ResourceLogs[] {
  const wire = new Wire(body);
  const count = new PushCount();
  const found: ResourceLogs[] = [];
  wire.fields((field, type) => {
    if (field !== 1 || type !== bytesType) return wire.skip(type);
    count.addStream();
    found.push(readResource(wire, count));
  });
  return found;
}

function readResource(wire: Wire, count: PushCount): ResourceLogs {
  const resource: ResourceLogs = { attributes: [], scopes: [] };
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) {
      wire.message((part, partType) => {
        if (part === 1 && partType === bytesType) resource.attributes.push(readAttribute(wire, 0));
        else wire.skip(partType);
      });
    } else if (field === 2 && type === bytesType) {
      count.addStream();
      resource.scopes.push(readScope(wire, count));
    } else wire.skip(type);
  });
  return resource;
}

function readScope(wire: Wire, count: PushCount): ScopeLogs {
  const scope: ScopeLogs = { name: '', version: '', droppedAttributesCount: 0, attributes: [], records: [] };
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) {
      wire.message((part, partType) => {
        if (part === 1 && partType === bytesType) scope.name = wire.text();
        else if (part === 2 && partType === bytesType) scope.version = wire.text();
        else if (part === 3 && partType === bytesType) scope.attributes.push(readAttribute(wire, 0));
        else if (part === 4 && partType === varintType) scope.droppedAttributesCount = wire.varint();
        else wire.skip(partType);
      });
    } else if (field === 2 && type === bytesType) {
      count.addLine();
      scope.records.push(readRecord(wire));
    } else wire.skip(type);
  });
  return scope;
}

function readRecord(wire: Wire): LogRecord {
  const record = emptyRecord();
  wire.message((field, type) => {
    if (type === fixed64Type && field === 1) record.time = fixed64(wire);
    else if (type === fixed64Type && field === 11) record.observedTime = fixed64(wire);
    else if (type === varintType && field === 2) record.severityNumber = wire.varint();
    else if (type === varintType && field === 7) record.droppedAttributesCount = wire.varint();
    else if (type === fixed32Type && field === 8) {
      wire.skip(type);
      record.flags = wire.bytes.readUInt32LE(wire.at - 4);
    } else if (type !== bytesType) wire.skip(type);
    else if (field === 3) record.severityText = wire.text();
    else if (field === 5) record.body = readValue(wire, 0);
    else if (field === 6) record.attributes.push(readAttribute(wire, 0));
    else if (field === 9) record.traceId = readBytes(wire, 'hex');
    else if (field === 10) record.spanId = readBytes(wire, 'hex');
    else wire.skip(type);
  });
  return record;
}

function readAttribute(wire: Wire, depth: number): Attribute {
  let name = '';
  let value: OtlpValue = null;
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) name = wire.text();
    else if (field === 2 && type === bytesType) value = readValue(wire, depth);
    else wire.skip(type);
  });
  return [name, value];
}

function readValue(wire: Wire, depth: number): OtlpValue {
  if (depth > otlpDepthMax) wire.fail(`values are nested more than ${otlpDepthMax} deep`);
  let value: OtlpValue = null;
  wire.message((field, type) => {
    if (field === 1 && type === bytesType) value = wire.text();
    else if (field === 2 && type === varintType) value = wire.varint() !== 0;
    else if (field === 3 && type === varintType) value = int64(wire);
    else if (field === 4 && type === fixed64Type) value = wire.float64();
    else if (field === 5 && type === bytesType) {
      const list: OtlpValue[] = [];
      wire.message((part, partType) => {
        if (part === 1 && partType === bytesType) list.push(readValue(wire, depth + 1));
        else wire.skip(partType);
      });
      value = list;
    } else if (field === 6 && type === bytesType) {
      const map = new Map<string, OtlpValue>();
      wire.message((part, partType) => {
        if (part === 1 && partType === bytesType) map.set(...readAttribute(wire, depth + 1));
        else wire.skip(partType);
      });
      value = map;
    } else if (field === 7 && type === bytesType) value = readBytes(wire, 'base64');
    else wire.skip(type);
  });
  return value;
}

function readBytes(wire: Wire, encoding: 'hex' | 'base64'): string {
  const end = wire.lengthDelimited();
  const text = wire.bytes.toString(encoding, wire.at, end);
  wire.at = end;
  return text;
}

function fixed64(wire: Wire): bigint {
  wire.skip(fixed64Type);
  return BigInt.asIntN(64, wire.bytes.readBigUInt64LE(wire.at - 8));
}

/** All 64 bits: an identifier must not lose its last digits. */
function int64(wire: Wire): bigint {
  const from = wire.at;
  wire.skip(varintType);
  let value = 0n;
  for (let at = wire.at - 1; at >= from; at--) value = (value << 7n) | BigInt(wire.bytes[at]! & 0x7f);
  return BigInt.asIntN(64, value);
}
