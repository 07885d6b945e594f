import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { type ApiRequest, conflict, type Target, type WriteOptions } from '../../../kubernetes/serve/serve.ts';
import { type Kind, notAllowed } from '../kinds/kind.ts';
import { decoded, invalidObject, requireTarget, validate } from './admit-object.ts';
import { type Registry, requireUnchanged, shown, stored } from './registry.ts';

/** Which part of an object a write is about: everything but the status, or the status alone. */
export type Part = 'main' | 'status';

export function update(
  registry: Registry,
  kind: Kind,
  part: Part,
  request: ApiRequest,
  target: Target,
  sent: KubeObject,
  options: WriteOptions,
): KubeObject {
  const object = decoded(registry, kind, request, sent, options);
  requireTarget(kind, object, target);
  const current = stored(registry, kind, target);
  if (part === 'main') registry.admit(kind, request.user, target.namespace, object, current);
  return replace(registry, kind, part, current, kind.toStored ? kind.toStored(object) : object, options.dryRun);
}

/**
 * Puts `sent` in the place of `current`: checks versions, keeps what is not the client's to change, validates, and writes
 * only if something has changed. Removing the last finalizer of an object that is being deleted removes the object.
 */
export function replace(
  registry: Registry,
  kind: Kind,
  part: Part,
  current: KubeObject,
  sent: KubeObject,
  dryRun: boolean,
): KubeObject {
  const { uid, resourceVersion } = sent.metadata;
  if (uid && uid !== current.metadata.uid)
    throw conflict(
      kind.info,
      current.metadata.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    );
  requireUnchanged(kind, current, { resourceVersion });
  const next = part === 'status' ? withStatusOf(current, sent) : withMainOf(kind, current, sent);
  if (part === 'main') {
    kind.prepareUpdate?.(next, current);
    validate(kind, next, current);
    requireFewerFinalizers(kind, next, current);
  }
  if (isDeepStrictEqual(comparable(next), comparable(current))) return shown(kind, current);
  if (dryRun) return shown(kind, next);
  if (isFinished(next)) return shown(kind, registry.store.remove(kind.stored, next));
  return shown(kind, registry.store.write(kind.stored, next, current));
}

function withStatusOf(current: KubeObject, sent: KubeObject): KubeObject {
  return { ...current, status: sent.status ?? {} };
}

function withMainOf(kind: Kind, current: KubeObject, sent: KubeObject): KubeObject {
  const { labels, annotations, finalizers, ownerReferences } = sent.metadata;
  const kept = withoutClientFields(current.metadata);
  const next: KubeObject = {
    ...sent,
    metadata: {
      ...kept,
      ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(ownerReferences?.length ? { ownerReferences } : {}),
      ...(finalizers?.length ? { finalizers } : {}),
    },
  };
  if (kind.hasStatus) {
    if (current.status === undefined) delete next.status;
    else next.status = current.status;
  }
  if (kind.generation && !isDeepStrictEqual(bodyOf(next), bodyOf(current)))
    next.metadata.generation = (current.metadata.generation ?? 0) + 1;
  return next;
}

function withoutClientFields({
  labels: _labels,
  annotations: _annotations,
  finalizers: _finalizers,
  ownerReferences: _owners,
  ...kept
}: KubeObject['metadata']): KubeObject['metadata'] {
  return kept;
}

function bodyOf({ metadata: _metadata, status: _status, ...body }: KubeObject): object {
  return comparable(body as KubeObject);
}

/** As JSON has it: fields that are undefined are not there. */
function comparable(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object)) as KubeObject;
}

function requireFewerFinalizers(kind: Kind, next: KubeObject, current: KubeObject): void {
  if (!current.metadata.deletionTimestamp) return;
  const had = new Set(current.metadata.finalizers ?? []);
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !had.has(finalizer));
  if (added.length > 0)
    throw invalidObject(kind, next, [
      notAllowed(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => `"${each}"`).join(', ')}}`,
      ),
    ]);
}

/** Being deleted, with nobody left to wait for. */
export function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (!deletionTimestamp || (deletionGracePeriodSeconds ?? 0) > 0 || finalizers?.length) return false;
  return object.kind !== 'Namespace' || !object.spec?.finalizers?.length;
}
