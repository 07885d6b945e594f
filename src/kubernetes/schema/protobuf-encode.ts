import { Fault } from '../../base/fault.ts';
import type { FieldType, ObjectType, ScalarName, TypeRef } from './api-type.ts';
import { isJsonObject, type JsonObject } from './own-property.ts';
import { writeIntOrString, writeTime } from './protobuf-scalars.ts';
import { WireWriter } from './wire-writer.ts';

/** Fields that the type does not have are left out. Throws Fault `bad-request` where a value does not have its field's type. */
export function encodedMessage(type: ObjectType, object: JsonObject): Buffer {
  const writer = new WireWriter();
  writeFields(type, object, writer, '');
  return writer.finish();
}

function writeFields(type: ObjectType, object: JsonObject, writer: WireWriter, path: string): void {
  for (const wire of type.wire.values()) {
    if ('inlined' in wire) {
      const inlined = wire.inlined;
      if (hasAny(inlined, object)) writer.message(wire.number, (inner) => writeFields(inlined, object, inner, path));
      continue;
    }
    const { field } = wire;
    const value = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    if (value === undefined || value === null) continue;
    writeField(field, value, writer, path === '' ? field.name : `${path}.${field.name}`);
  }
}

function hasAny(type: ObjectType, object: JsonObject): boolean {
  return [...type.fields.keys()].some((name) => Object.hasOwn(object, name));
}

function writeField(field: FieldType, value: unknown, writer: WireWriter, path: string): void {
  const ref = field.type;
  if (ref.form === 'list') {
    if (!Array.isArray(value)) refuse(path, 'a list');
    for (const [at, item] of value.entries()) writeValue(ref.of, field.number, item, writer, `${path}[${at}]`);
  } else if (ref.form === 'map') {
    if (!isJsonObject(value)) refuse(path, 'a map');
    for (const [key, item] of Object.entries(value)) {
      writer.message(field.number, (entry) => {
        entry.string(1, key);
        writeValue(ref.of, 2, item, entry, `${path}.${key}`);
      });
    }
  } else writeValue(ref, field.number, value, writer, path);
}

function writeValue(ref: TypeRef, number: number, value: unknown, writer: WireWriter, path: string): void {
  if (ref.form === 'object') {
    if (!isJsonObject(value)) refuse(path, 'an object');
    writer.message(number, (inner) => writeFields(ref.type, value, inner, path));
  } else if (ref.form === 'scalar') writeScalar(ref.scalar, number, value, writer, path);
  else throw new Fault('corrupt', `${path} is a list of lists, which protobuf cannot hold`);
}

function writeScalar(scalar: ScalarName, number: number, value: unknown, writer: WireWriter, path: string): void {
  switch (scalar) {
    case 'bool':
      if (typeof value !== 'boolean') refuse(path, 'true or false');
      writer.varint(number, value ? 1n : 0n);
      break;
    case 'int32':
    case 'int64':
      if (!Number.isSafeInteger(value)) refuse(path, 'an integer');
      writer.varint(number, BigInt(value as number));
      break;
    case 'double':
      if (typeof value !== 'number') refuse(path, 'a number');
      writer.double(number, value);
      break;
    case 'bytes':
      writer.bytes(number, Buffer.from(text(value, path), 'base64'));
      break;
    case 'Time':
    case 'MicroTime':
      writeTime(writer, number, text(value, path), path);
      break;
    case 'Quantity':
      writer.message(number, (inner) => inner.string(1, String(value)));
      break;
    case 'IntOrString':
      if (typeof value !== 'string' && !Number.isSafeInteger(value)) refuse(path, 'an integer or a string');
      writeIntOrString(writer, number, value as number | string);
      break;
    case 'RawExtension':
    case 'FieldsV1':
      writer.message(number, (inner) => inner.bytes(1, Buffer.from(JSON.stringify(value), 'utf8')));
      break;
    default:
      writer.string(number, text(value, path));
  }
}

function text(value: unknown, path: string): string {
  return typeof value === 'string' ? value : refuse(path, 'a string');
}

function refuse(path: string, expected: string): never {
  throw new Fault('bad-request', `${path} must be ${expected}`);
}
