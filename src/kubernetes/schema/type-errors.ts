import { parseRfc3339 } from '../../base/nanotime.ts';
import type { FieldType, ObjectType, ScalarName, TypeRef } from './api-type.ts';
import { isJsonObject } from './own-property.ts';
import { isQuantity } from './quantity.ts';
import type { FieldError } from './schema.ts';

const INT32_MAX = 2 ** 31 - 1;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Past this many, the rest of a wrong object is not worth listing. */
const ERRORS_MAX = 100;

/**
 * Values of the wrong type and required fields that are missing. A status is written by the system and may be incomplete:
 * there, as in Kubernetes, nothing is required.
 */
export function typeErrorsOf(type: ObjectType, object: unknown): FieldError[] {
  const found: FieldError[] = [];
  if (!isJsonObject(object)) found.push(wrongType('', 'an object', object));
  else visitObject(type, object, '', found, true);
  return found;
}

function visitObject(type: ObjectType, value: unknown, path: string, found: FieldError[], requires: boolean): void {
  if (found.length >= ERRORS_MAX) return;
  if (!isJsonObject(value)) {
    found.push(wrongType(path, 'an object', value));
    return;
  }
  for (const field of type.fields.values()) {
    const at = path === '' ? field.name : `${path}.${field.name}`;
    const needs = requires && at !== 'status';
    const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    if (given === undefined || given === null) {
      if (needs) visitAbsent(field, at, found);
      continue;
    }
    const before = found.length;
    visit(field.type, given, at, found, needs);
    if (needs && isDemanded(field) && found.length === before && isEmpty(given)) found.push(missing(at));
  }
}

/** A part that is left out counts as an empty one, so that the message names the innermost field that is wanted. */
function visitAbsent(field: FieldType, path: string, found: FieldError[]): void {
  const before = found.length;
  if (field.type.form === 'object' && !field.pointer) visitObject(field.type.type, {}, path, found, true);
  if (found.length === before && isDemanded(field) && !zeroIsAnAnswer(field)) found.push(missing(path));
}

function isDemanded(field: FieldType): boolean {
  return field.required || field.demanded;
}

function visit(ref: TypeRef, value: unknown, path: string, found: FieldError[], requires: boolean): void {
  if (found.length >= ERRORS_MAX) return;
  if (ref.form === 'object') visitObject(ref.type, value, path, found, requires);
  else if (ref.form === 'list') {
    if (!Array.isArray(value)) found.push(wrongType(path, 'a list', value));
    else for (const [at, item] of value.entries()) visit(ref.of, item, `${path}[${at}]`, found, requires);
  } else if (ref.form === 'map') {
    if (!isJsonObject(value)) found.push(wrongType(path, 'a map', value));
    else for (const key of Object.keys(value)) visit(ref.of, value[key], `${path}.${key}`, found, requires);
  } else {
    const expected = expectation(ref.scalar, value);
    if (expected !== undefined) found.push(wrongType(path, expected, value));
  }
}

/** What was expected instead; undefined when the value will do. */
function expectation(scalar: ScalarName, value: unknown): string | undefined {
  switch (scalar) {
    case 'string':
      return typeof value === 'string' ? undefined : 'a string';
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'int32':
      return Number.isInteger(value) && Math.abs(value as number) <= INT32_MAX ? undefined : 'a 32-bit integer';
    case 'int64':
      return Number.isSafeInteger(value) ? undefined : 'an integer';
    case 'double':
      return typeof value === 'number' ? undefined : 'a number';
    case 'bytes':
      return typeof value === 'string' && BASE64.test(value) ? undefined : 'text in base64';
    case 'Quantity':
      return (typeof value === 'string' && isQuantity(value)) || typeof value === 'number'
        ? undefined
        : 'a quantity such as 100m, 1.5 or 2Gi';
    case 'Time':
    case 'MicroTime':
      return typeof value === 'string' && parseRfc3339(value) !== undefined ? undefined : 'a time in RFC 3339';
    case 'IntOrString':
      return typeof value === 'string' || (Number.isInteger(value) && Math.abs(value as number) <= INT32_MAX)
        ? undefined
        : 'an integer or a string';
    case 'RawExtension':
    case 'FieldsV1':
      return isJsonObject(value) ? undefined : 'an object';
    case 'any':
      return undefined;
  }
}

/** A required number or flag that is left out means zero or false to Kubernetes. */
function zeroIsAnAnswer(field: FieldType): boolean {
  return field.type.form === 'scalar' && field.type.scalar !== 'string' && field.type.scalar !== 'IntOrString';
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

function missing(field: string): FieldError {
  return { field, reason: 'FieldValueRequired', message: 'Required value' };
}

function wrongType(field: string, expected: string, value: unknown): FieldError {
  const given = JSON.stringify(value) ?? 'nothing';
  const shown = given.length > 60 ? `${given.slice(0, 60)}…` : given;
  return { field, reason: 'FieldValueTypeInvalid', message: `must be ${expected}, not ${shown}` };
}
