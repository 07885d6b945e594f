/** JSON merge patch, RFC 7386. */
import { Fault } from '../../base/fault.ts';
import { copied, isJsonObject, type JsonObject, ownValue, setOwn } from './own-property.ts';

/** The patch must be an object, since the outcome must be one. Neither argument is changed. */
export function mergePatched(original: JsonObject, patch: unknown): JsonObject {
  if (!isJsonObject(patch)) throw new Fault('bad-request', 'a merge patch must be an object');
  return merged(original, patch) as JsonObject;
}

function merged(original: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return copied(patch);
  const out: JsonObject = isJsonObject(original) ? copied(original) : {};
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete out[key];
    else setOwn(out, key, merged(ownValue(out, key), patch[key]));
  }
  return out;
}
