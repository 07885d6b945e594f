/** What a strategic merge patch says besides values, and how it is refused. */
import { Fault } from '../../base/fault.ts';
import { isJsonObject, type JsonObject, setOwn } from './own-property.ts';

export const PATCH = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_FROM = '$deleteFromPrimitiveList/';
export const SET_ORDER = '$setElementOrder/';

function isDirective(key: string): boolean {
  return key === PATCH || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
}

/** Directives and nulls mean nothing where there was nothing before. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !isJsonObject(item) || item[PATCH] !== 'delete').map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  const out: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (!isDirective(key) && value[key] !== null) setOwn(out, key, withoutDirectives(value[key]));
  }
  return out;
}

export function refusePatch(path: string, why: string): never {
  throw new Fault('bad-request', `the patch cannot be applied${path === '' ? '' : ` at ${path}`}: ${why}`);
}
