import type { ObjectType, TypeRef } from './api-type.ts';
import { isJsonObject } from './own-property.ts';

/** More are not told. */
const UNKNOWN_MAX = 100;

/** Paths of fields that the type does not have, as spec.containers[0].imagee. Only the outermost object may say apiVersion and kind. */
export function unknownFieldsOf(type: ObjectType, object: unknown): string[] {
  const found: string[] = [];
  visitObject(type, object, '', found, type.isKind);
  return found;
}

function visitObject(type: ObjectType, value: unknown, path: string, found: string[], isKind: boolean): void {
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    if (found.length >= UNKNOWN_MAX) return;
    if (isKind && (key === 'apiVersion' || key === 'kind')) continue;
    const at = path === '' ? key : `${path}.${key}`;
    const field = type.fields.get(key);
    if (!field) found.push(at);
    else visit(field.type, value[key], at, found);
  }
}

function visit(ref: TypeRef, value: unknown, path: string, found: string[]): void {
  if (ref.form === 'object') visitObject(ref.type, value, path, found, false);
  else if (ref.form === 'list' && Array.isArray(value)) {
    for (const [at, item] of value.entries()) visit(ref.of, item, `${path}[${at}]`, found);
  } else if (ref.form === 'map' && isJsonObject(value)) {
    for (const key of Object.keys(value)) visit(ref.of, value[key], `${path}.${key}`, found);
  }
}
