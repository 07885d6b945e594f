/**
 * Kubernetes' strategic merge patch: like RFC 7386, but lists whose type names a merge key are merged item by item.
 * Directives: `$patch` (replace, delete, merge), `$retainKeys`, `$deleteFromPrimitiveList/<field>`, `$setElementOrder/<field>`.
 * Source: the API conventions' chapter on strategic merge.
 */
import { Fault } from '../../base/fault.ts';
import type { FieldType, ObjectType, TypeRef } from './api-type.ts';
import { orderedByPatch } from './element-order.ts';
import { copied, isJsonObject, type JsonObject, ownValue, sameJson, setOwn } from './own-property.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/** `type` is undefined below fields without a described type: there lists are replaced. Neither argument is changed. */
export function strategicallyMerged(type: ObjectType | undefined, original: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw new Fault('bad-request', 'a strategic merge patch must be an object');
  return mergedMap(type && { form: 'object', type }, original, patch, '');
}

function mergedMap(ref: TypeRef | undefined, original: JsonObject, patch: JsonObject, path: string): JsonObject {
  const directive = ownValue(patch, PATCH);
  if (directive === 'replace') return withoutDirectives(patch) as JsonObject;
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') refuse(path, `${PATCH} must be replace, delete or merge`);
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
    setOwn(out, key, mergedList(field, Array.isArray(before) ? before : [], change, path));
    const order = ownValue(patch, SET_ORDER + key);
    if (order !== undefined) orderField(ref, out, key, change, order, path, Array.isArray(before) ? before : []);
  } else setOwn(out, key, withoutDirectives(change));
}

function mergedList(field: FieldType, original: unknown[], patch: unknown[], path: string): unknown[] {
  if (field.mergeKey === undefined) {
    const added = patch.filter((item, at) => !original.includes(item) && patch.indexOf(item) === at);
    return [...original, ...added];
  }
  const items = patch.map((item) => (isJsonObject(item) ? item : refuse(path, 'items of this list must be objects')));
  const plain = items.filter((item) => !Object.hasOwn(item, PATCH) || item[PATCH] === 'merge');
  if (items.some((item) => item[PATCH] === 'replace')) return plain.map(withoutDirectives);
  const deleted = items.filter((item) => item[PATCH] === 'delete').map((item) => keyOf(field, item, path));
  const out = copied(original).filter((item) => !deleted.some((key) => sameJson(key, mergeValue(field, item))));
  const itemRef = field.type.form === 'list' ? field.type.of : undefined;
  for (const item of plain) {
    const key = keyOf(field, item, path);
    const at = out.findIndex((existing) => sameJson(key, mergeValue(field, existing)));
    const before = at < 0 ? {} : (out[at] as JsonObject);
    const merged = mergedMap(itemRef, before, item, `${path}[${JSON.stringify(key)}]`);
    if (at < 0) out.push(merged);
    else out[at] = merged;
  }
  return out;
}

/** Brings a list into the order that the patch asks for; items that the patch does not know keep their places among the others. */
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
  if (!Array.isArray(order)) refuse(path, `${SET_ORDER}${name} must be a list`);
  if (!field?.merges || !Array.isArray(list)) return;
  const identity = (item: unknown) => (field.mergeKey === undefined ? item : mergeValue(field, item));
  const wanted = order.map(identity);
  const known = change.filter((item) => !isJsonObject(item) || !Object.hasOwn(item, PATCH)).map(identity);
  if (known.some((key) => !wanted.some((other) => sameJson(key, other)))) {
    refuse(path, `${SET_ORDER}${name} must name every item of the patch`);
  }
  const before = original.length > 0 ? original : list;
  setOwn(out, name, orderedByPatch(list, wanted, before.map(identity), identity));
}

function retainKeys(out: JsonObject, patch: JsonObject, path: string): void {
  const keys = ownValue(patch, RETAIN_KEYS);
  if (keys === undefined) return;
  if (!Array.isArray(keys)) refuse(path, `${RETAIN_KEYS} must be a list`);
  const named = Object.keys(patch).filter((key) => !key.startsWith('$') && patch[key] !== null);
  const extra = named.find((key) => !keys.includes(key));
  if (extra !== undefined) refuse(path, `${RETAIN_KEYS} must name ${extra}, which the patch sets`);
  for (const key of Object.keys(out)) if (!keys.includes(key)) delete out[key];
}

function deleteFromList(out: JsonObject, name: string, values: unknown, path: string): void {
  if (!Array.isArray(values)) refuse(path, `${DELETE_FROM}${name} must be a list`);
  const list = ownValue(out, name);
  if (Array.isArray(list))
    setOwn(
      out,
      name,
      list.filter((item) => !values.includes(item)),
    );
}

function fieldOf(ref: TypeRef | undefined, key: string): FieldType | undefined {
  return ref?.form === 'object' ? ref.type.fields.get(key) : undefined;
}

function mergeValue(field: FieldType, item: unknown): unknown {
  return isJsonObject(item) ? ownValue(item, field.mergeKey!) : undefined;
}

function keyOf(field: FieldType, item: JsonObject, path: string): unknown {
  return ownValue(item, field.mergeKey!) ?? refuse(path, `every item needs its merge key ${field.mergeKey}`);
}

/** Directives and nulls mean nothing where there was nothing before. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !isJsonObject(item) || item[PATCH] !== 'delete').map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  const out: JsonObject = {};
  for (const key of Object.keys(value)) {
    const isDirective =
      key === PATCH || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
    if (!isDirective && value[key] !== null) setOwn(out, key, withoutDirectives(value[key]));
  }
  return out;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function refuse(path: string, why: string): never {
  throw new Fault('bad-request', `the patch cannot be applied${path === '' ? '' : ` at ${path}`}: ${why}`);
}
