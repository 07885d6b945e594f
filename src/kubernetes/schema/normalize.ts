import { formatRfc3339Nano, parseRfc3339 } from '../../base/nanotime.ts';
import type { FieldType, ObjectType, ScalarName, TypeRef } from './api-type.ts';
import { conditionalDefaults } from './conditional-defaults.ts';
import { copied, isJsonObject, type JsonObject, setOwn } from './own-property.ts';
import { canonicalQuantity } from './quantity.ts';

/**
 * The object as the API server would print it after reading it: unknown fields and nulls are gone, defaults are filled in,
 * parts that are never absent are there, empty optional ones are not, times and quantities have their canonical text.
 * Values of a wrong type are kept as they are: refusing them is the business of typeErrorsOf.
 */
export function normalizedObject(type: ObjectType, object: JsonObject): JsonObject {
  const out: JsonObject = {};
  if (type.isKind) {
    if (object.apiVersion !== undefined) out.apiVersion = object.apiVersion;
    if (object.kind !== undefined) out.kind = object.kind;
  }
  return filled(type, object, out);
}

function filled(type: ObjectType, object: JsonObject, out: JsonObject): JsonObject {
  for (const field of type.fields.values()) {
    const given = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    const value = given === undefined || given === null ? fallback(field) : normalized(field.type, given);
    if (value !== undefined && !isOmitted(field, value)) out[field.name] = value;
    else if (field.default !== undefined && isOmitted(field, value) && !isZero(field.default)) {
      out[field.name] = copied(field.default);
    }
  }
  conditionalDefaults[type.id]?.(out);
  return out;
}

function normalized(ref: TypeRef, value: unknown): unknown {
  if (ref.form === 'object') return isJsonObject(value) ? filled(ref.type, value, {}) : value;
  if (ref.form === 'list') {
    return Array.isArray(value) ? value.map((item) => normalized(ref.of, item)) : value;
  }
  if (ref.form === 'map') {
    if (!isJsonObject(value)) return value;
    const out: JsonObject = {};
    for (const key of Object.keys(value)) setOwn(out, key, normalized(ref.of, value[key]));
    return out;
  }
  return canonical(ref.scalar, value);
}

function canonical(scalar: ScalarName, value: unknown): unknown {
  if (scalar === 'Quantity') return canonicalQuantity(String(value)) ?? value;
  if (scalar === 'Time' || scalar === 'MicroTime') return canonicalTime(value, scalar);
  return copied(value);
}

function canonicalTime(value: unknown, scalar: 'Time' | 'MicroTime'): unknown {
  const nanos = typeof value === 'string' ? parseRfc3339(value) : undefined;
  if (nanos === undefined) return value;
  const [seconds, fraction = ''] = formatRfc3339Nano(nanos).slice(0, -1).split('.');
  return scalar === 'Time' ? `${seconds}Z` : `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

/** What stands for a field that is not given. */
function fallback(field: FieldType): unknown {
  if (field.default !== undefined) return copied(field.default);
  if (field.pointer) return undefined;
  if (field.type.form === 'object') return filled(field.type.type, {}, {});
  if (!field.kept || field.type.form !== 'scalar') return undefined;
  return zeroOf(field.type.scalar);
}

function zeroOf(scalar: ScalarName): unknown {
  if (scalar === 'string') return '';
  if (scalar === 'bool') return false;
  return scalar === 'int32' || scalar === 'int64' ? 0 : undefined;
}

/** Zero values are not printed, except where absence has another meaning or the field is always printed. */
function isOmitted(field: FieldType, value: unknown): boolean {
  if (field.kept) return false;
  if (field.type.form === 'list' || field.type.form === 'map') return isZero(value);
  return !field.pointer && field.type.form === 'scalar' && isZero(value);
}

function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}
