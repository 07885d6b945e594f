import { Fault } from '../../base/fault.ts';
import type { FieldType, ObjectType, ScalarName, TypeRef } from './api-type.ts';
import { isJsonObject, type JsonObject, setOwn } from './own-property.ts';
import { parsedJson, readIntOrString, readQuantity, readRaw, readTime } from './protobuf-scalars.ts';
import { WireReader, type WireType } from './wire-reader.ts';

/** Decodes the object inside a RawExtension, which may be an enveloped message itself. */
export type ReadEmbedded = (raw: Uint8Array) => unknown;

/**
 * Reads a message into the object that JSON would show: unknown fields are skipped, zero values that JSON leaves out are left out.
 * Throws Fault `bad-request`.
 */
export function decodedMessage(type: ObjectType, body: Uint8Array, embedded: ReadEmbedded): JsonObject {
  const out: JsonObject = {};
  readInto(type, new WireReader(body), out, embedded);
  return out;
}

function readInto(type: ObjectType, reader: WireReader, out: JsonObject, embedded: ReadEmbedded): void {
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    const wire = type.wire.get(number);
    if (!wire) reader.skip(wireType);
    else if ('inlined' in wire) {
      expectWire(wireType, 'bytes', wire.inlined.name);
      readInto(wire.inlined, reader.message(), out, embedded);
    } else readField(wire.field, wireType, reader, out, embedded);
  }
}

function readField(field: FieldType, wireType: WireType, reader: WireReader, out: JsonObject, embedded: ReadEmbedded) {
  const ref = field.type;
  if (ref.form === 'list') {
    const list = (out[field.name] ??= []) as unknown[];
    if (wireType === 'bytes' && isVarint(ref.of)) readPacked(ref.of, reader.message(), list);
    else list.push(readValue(ref.of, wireType, reader, field, undefined, embedded));
  } else if (ref.form === 'map') {
    expectWire(wireType, 'bytes', field.name);
    readEntry(ref.of, reader.message(), (out[field.name] ??= {}) as JsonObject, field, embedded);
  } else {
    const value = readValue(ref, wireType, reader, field, out[field.name], embedded);
    const isAbsent = value === undefined || (!field.pointer && !field.kept && isZero(value));
    if (isAbsent) delete out[field.name];
    else out[field.name] = value;
  }
}

function readValue(
  ref: TypeRef,
  wireType: WireType,
  reader: WireReader,
  field: FieldType,
  before: unknown,
  embedded: ReadEmbedded,
): unknown {
  if (ref.form === 'object') {
    expectWire(wireType, 'bytes', field.name);
    const message = isJsonObject(before) ? before : {};
    readInto(ref.type, reader.message(), message, embedded);
    return message;
  }
  if (ref.form !== 'scalar') throw new Fault('corrupt', `${field.name} is a list of lists, which protobuf cannot hold`);
  expectWire(wireType, wireTypeOf(ref.scalar), field.name);
  return readScalar(ref.scalar, reader, field, embedded);
}

function readScalar(scalar: ScalarName, reader: WireReader, field: FieldType, embedded: ReadEmbedded): unknown {
  switch (scalar) {
    case 'bool':
      return reader.varint() !== 0n;
    case 'int32':
      return Number(BigInt.asIntN(32, reader.varint()));
    case 'int64':
      return safeNumber(BigInt.asIntN(64, reader.varint()), field);
    case 'double':
      return reader.double();
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'Time':
    case 'MicroTime':
      return readTime(reader.message(), scalar);
    case 'Quantity':
      return readQuantity(reader.message());
    case 'IntOrString':
      return readIntOrString(reader.message());
    case 'RawExtension':
      return embedded(readRaw(reader.message()));
    case 'FieldsV1':
      return parsedJson(readRaw(reader.message()));
    default:
      return reader.string();
  }
}

function readPacked(ref: TypeRef, reader: WireReader, list: unknown[]): void {
  const bits = ref.form === 'scalar' && ref.scalar === 'int64' ? 64 : 32;
  while (!reader.done) list.push(Number(BigInt.asIntN(bits, reader.varint())));
}

function readEntry(ref: TypeRef, reader: WireReader, out: JsonObject, field: FieldType, embedded: ReadEmbedded): void {
  let key = '';
  let value: unknown = emptyOf(ref);
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1) {
      expectWire(wireType, 'bytes', field.name);
      key = reader.string();
    } else if (number === 2) value = readValue(ref, wireType, reader, field, undefined, embedded);
    else reader.skip(wireType);
  }
  setOwn(out, key, value);
}

function emptyOf(ref: TypeRef): unknown {
  if (ref.form === 'object') return {};
  return ref.form === 'scalar' && ref.scalar === 'Quantity' ? '0' : '';
}

function safeNumber(value: bigint, field: FieldType): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new Fault('bad-request', `${field.name} is ${value}; integers beyond 2^53 are not supported`);
}

function isVarint(ref: TypeRef): boolean {
  return ref.form === 'scalar' && (ref.scalar === 'int32' || ref.scalar === 'int64' || ref.scalar === 'bool');
}

function wireTypeOf(scalar: ScalarName): WireType {
  if (scalar === 'int32' || scalar === 'int64' || scalar === 'bool') return 'varint';
  return scalar === 'double' ? 'fixed64' : 'bytes';
}

function expectWire(given: WireType, expected: WireType, name: string): void {
  if (given !== expected) {
    throw new Fault(
      'bad-request',
      `the protobuf body is malformed: ${name} has wire type ${given}, ${expected} is expected`,
    );
  }
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}
