/** How strategic merge treats the lists that are merged instead of replaced. Linear in their lengths: lists may be long and hostile. */
import type { FieldType } from './api-type.ts';
import { orderedByPatch } from './element-order.ts';
import { PATCH, refusePatch, SET_ORDER, withoutDirectives } from './merge-directives.ts';
import { copied, isJsonObject, type JsonObject, ownValue } from './own-property.ts';

export type MergeItem = (before: JsonObject, item: JsonObject, path: string) => JsonObject;

/** What an item is recognised by: its merge key, or itself in a list of plain values. */
export function identityOf(field: FieldType, item: unknown): string {
  if (field.mergeKey === undefined) return JSON.stringify(item) ?? '';
  return (isJsonObject(item) ? JSON.stringify(ownValue(item, field.mergeKey)) : undefined) ?? '';
}

export function mergedPlainList(original: unknown[], patch: unknown[]): unknown[] {
  return [...new Set([...original, ...patch])];
}

export function mergedList(
  field: FieldType,
  original: unknown[],
  patch: unknown[],
  path: string,
  mergeItem: MergeItem,
): unknown[] {
  const items = patch.map((item) =>
    isJsonObject(item) ? item : refusePatch(path, 'items of this list must be objects'),
  );
  const plain = items.filter((item) => !Object.hasOwn(item, PATCH) || item[PATCH] === 'merge');
  if (items.some((item) => item[PATCH] === 'replace')) return plain.map(withoutDirectives);
  const deleted = new Set(
    items.filter((item) => item[PATCH] === 'delete').map((item) => requiredKey(field, item, path)),
  );
  const out = copied(original).filter((item) => !deleted.has(identityOf(field, item)));
  const places = new Map(out.map((item, at) => [identityOf(field, item), at]));
  for (const item of plain) {
    const key = requiredKey(field, item, path);
    const at = places.get(key) ?? out.length;
    out[at] = mergeItem((out[at] ?? {}) as JsonObject, item, `${path}[${key}]`);
    places.set(key, at);
  }
  return out;
}

/** The list in the order that the patch asks for; items that the patch does not know keep their places among the others. */
export function orderedList(
  field: FieldType,
  list: unknown[],
  change: unknown[],
  order: unknown[],
  original: unknown[],
  path: string,
): unknown[] {
  const identity = (item: unknown) => identityOf(field, item);
  const wanted = order.map(identity);
  const allowed = new Set(wanted);
  const known = change.filter((item) => !isJsonObject(item) || !Object.hasOwn(item, PATCH)).map(identity);
  if (known.some((key) => !allowed.has(key))) refusePatch(path, `its ${SET_ORDER} must name every item of the patch`);
  return orderedByPatch(list, wanted, original.map(identity), identity);
}

function requiredKey(field: FieldType, item: JsonObject, path: string): string {
  const key = ownValue(item, field.mergeKey!);
  if (key === undefined || key === null) refusePatch(path, `every item needs its merge key ${field.mergeKey}`);
  return identityOf(field, item);
}
