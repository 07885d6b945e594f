import { Fault } from '../../../base/fault.ts';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { jsonPatched } from '../../../kubernetes/schema/json-patch.ts';
import { mergePatched } from '../../../kubernetes/schema/merge-patch.ts';
import {
  type ApiRequest,
  badRequest,
  type PatchOptions,
  type Target,
  unprocessable,
} from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import { decoded, requireTarget } from './admit-object.ts';
import { create } from './create.ts';
import { gvkOf, type Registry, shown, stored } from './registry.ts';
import { type Part, replace } from './update.ts';

/**
 * Applies a patch to the newest state. An apply (server-side) creates what is not there and otherwise merges
 * strategically: fields have no owners here, so it never conflicts and never removes what an earlier apply had.
 */
export function patch(
  registry: Registry,
  kind: Kind,
  part: Part,
  request: ApiRequest,
  target: Target,
  options: PatchOptions,
): { object: KubeObject; created: boolean } {
  if (options.type === 'apply' && !registry.store.read(kind.stored, target)) {
    const object = { ...asObject(options.patch), metadata: { ...asObject(options.patch).metadata, name: target.name } };
    return { object: create(registry, kind, request, target, object, options), created: true };
  }
  const current = stored(registry, kind, target);
  const before = shown(kind, current);
  const patched = patchedObject(registry, kind, before, options);
  requireTarget(kind, patched, target);
  const object = decoded(registry, kind, request, patched, options);
  if (part === 'main') registry.admit(kind, request.user, target.namespace, object, current);
  // A version that the patch itself names is a precondition; else it is the version that was patched.
  const next = kind.toStored ? kind.toStored(object) : object;
  return { object: replace(registry, kind, part, current, next, options.dryRun), created: false };
}

export function patchedObject(
  { schemas }: Registry,
  kind: Kind,
  before: KubeObject,
  { type, patch: given }: PatchOptions,
): KubeObject {
  const base = before as unknown as Record<string, unknown>;
  if (type === 'json') return jsonPatchedObject(base, given);
  if (type === 'merge') return mergePatched(base, asObject(given)) as unknown as KubeObject;
  return schemas.strategicMerge(gvkOf(kind), before, asObject(given));
}

/** That a patch does not fit is no conflict of two writers, after which a client would try again: 422, as from Kubernetes. */
export function jsonPatchedObject(base: Record<string, unknown>, given: unknown): KubeObject {
  try {
    return jsonPatched(base, given) as unknown as KubeObject;
  } catch (error) {
    if (error instanceof Fault && error.code === 'conflict') throw unprocessable(error.message);
    throw error;
  }
}

function asObject(value: unknown): KubeObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('the patch has to be an object');
  return value as KubeObject;
}
