/**
 * Kubernetes' strategic merge patch: like RFC 7386, but lists whose type names a merge key are merged item by item.
 * Directives: `$patch` (replace, delete, merge), `$retainKeys`, `$deleteFromPrimitiveList/<field>`, `$setElementOrder/<field>`.
 * Source: the API conventions' chapter on strategic merge.
 */
import { Fault } from '../../base/fault.ts';
import type { FieldType, ObjectType, TypeRef } from './api-type.ts';
import { mergedList, mergedPlainList, orderedList } from './list-merge.ts';
import { DELETE_FROM, PATCH, RETAIN_KEYS, refusePatch, SET_ORDER, withoutDirectives } from './merge-directives.ts';
import { copied, isJsonObject, type JsonObject, ownValue, setOwn } from './own-property.ts';

/** `type` is undefined below fields without a described type: there lists are replaced. Neither argument is changed. */
export function strategicallyMerged(type: ObjectType | undefined, original: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw new Fault('bad-request', 'a strategic merge patch must be an object');
  return mergedMap(type && { form: 'object', type }, original, patch, '');
}

function mergedMap(ref: TypeRef | undefined, original: JsonObject, patch: JsonObject, path: string): JsonObject {
  const directive = ownValue(patch, PATCH);
  if (directive === 'replace') return withoutDirectives(patch) as JsonObject;
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') refusePatch(path, `${PATCH} must be replace, delete or merge`);
  const out = copied(original);
  retainKeys(out, patch, path);
  for (const key of Object.keys(patch)) {
    if (key === PATCH || key === RETAIN_KEYS) continue;
    if (key.startsWith(DELETE_FROM)) deleteFromList(out, key.slice(DELETE_FROM.length), patch[key], path);
    else if (key.startsWith(SET_ORDER)) {
      const name = key.slice(SET_ORDER.length);
      if (!Object.hasOwn(patch, name)) orderField(ref, out, name, [], patch[key], join(path, name));
    } else patchField(ref, out, key, patch, join(path, key));
  }
  return out;
}

function patchField(ref: TypeRef | undefined, out: JsonObject, key: string, patch: JsonObject, path: string): void {
  const change = patch[key];
  if (change === null || change === undefined) {
    delete out[key];
    return;
  }
  const field = fieldOf(ref, key);
  const before = ownValue(out, key);
  const itemRef = field?.type ?? (ref?.form === 'map' ? ref.of : undefined);
  if (isJsonObject(change)) {
    setOwn(out, key, mergedMap(itemRef, isJsonObject(before) ? before : {}, change, path));
  } else if (Array.isArray(change) && field?.merges) {
    setOwn(out, key, mergedListField(field, Array.isArray(before) ? before : [], change, path));
    const order = ownValue(patch, SET_ORDER + key);
    if (order !== undefined) orderField(ref, out, key, change, order, path, Array.isArray(before) ? before : []);
  } else setOwn(out, key, withoutDirectives(change));
}

function mergedListField(field: FieldType, original: unknown[], patch: unknown[], path: string): unknown[] {
  if (field.mergeKey === undefined) return mergedPlainList(original, patch);
  const itemRef = field.type.form === 'list' ? field.type.of : undefined;
  return mergedList(field, original, patch, path, (before, item, at) => mergedMap(itemRef, before, item, at));
}

function orderField(
  ref: TypeRef | undefined,
  out: JsonObject,
  name: string,
  change: unknown[],
  order: unknown,
  path: string,
  original: unknown[] = [],
): void {
  const field = fieldOf(ref, name);
  const list = ownValue(out, name);
  if (!Array.isArray(order)) refusePatch(path, `${SET_ORDER}${name} must be a list`);
  if (!field?.merges || !Array.isArray(list)) return;
  setOwn(out, name, orderedList(field, list, change, order, original.length > 0 ? original : list, path));
}

function retainKeys(out: JsonObject, patch: JsonObject, path: string): void {
  const keys = ownValue(patch, RETAIN_KEYS);
  if (keys === undefined) return;
  if (!Array.isArray(keys)) refusePatch(path, `${RETAIN_KEYS} must be a list`);
  const named = Object.keys(patch).filter((key) => !key.startsWith('$') && patch[key] !== null);
  const kept = new Set(keys);
  const extra = named.find((key) => !kept.has(key));
  if (extra !== undefined) refusePatch(path, `${RETAIN_KEYS} must name ${extra}, which the patch sets`);
  for (const key of Object.keys(out)) if (!kept.has(key)) delete out[key];
}

function deleteFromList(out: JsonObject, name: string, values: unknown, path: string): void {
  if (!Array.isArray(values)) refusePatch(path, `${DELETE_FROM}${name} must be a list`);
  const list = ownValue(out, name);
  if (!Array.isArray(list)) return;
  const unwanted = new Set(values);
  setOwn(
    out,
    name,
    list.filter((item) => !unwanted.has(item)),
  );
}

function fieldOf(ref: TypeRef | undefined, key: string): FieldType | undefined {
  return ref?.form === 'object' ? ref.type.fields.get(key) : undefined;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
