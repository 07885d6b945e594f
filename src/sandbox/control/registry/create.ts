import type { KubeObject } from '../../../kubernetes/client/client.ts';
import {
  type ApiRequest,
  alreadyExists,
  badRequest,
  type Target,
  type WriteOptions,
} from '../../../kubernetes/serve/serve.ts';
import { type Kind, labelCharsMax } from '../kinds/kind.ts';
import { decoded, validate } from './admit-object.ts';
import { type Registry, requireNamespace, shown, timestamp } from './registry.ts';

/** Without vowels and look-alikes, so that no words come out. */
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const generationAttemptsMax = 8;

export function create(
  registry: Registry,
  kind: Kind,
  request: ApiRequest,
  { namespace }: Target,
  sent: KubeObject,
  options: WriteOptions,
): KubeObject {
  const object = decoded(registry, kind, request, sent, options);
  if (object.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  registry.admit(kind, request.user, namespace, object, undefined);
  const inBody = object.metadata.namespace;
  if (kind.info.namespaced && inBody && inBody !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (kind.info.namespaced) requireNamespace(registry, kind, namespace, object.metadata.name ?? '');
  const draft = kind.toStored ? kind.toStored(object) : object;
  draft.metadata = newMetadata(registry, kind, namespace, draft);
  kind.prepare?.(draft);
  validate(kind, draft, undefined);
  if (registry.store.read(kind.stored, { namespace, name: draft.metadata.name }))
    throw alreadyExists(kind.info, draft.metadata.name);
  if (options.dryRun) return shown(kind, draft);
  const created = registry.store.atomically(() => {
    const written = registry.store.write(kind.stored, draft, undefined);
    registry.afterCreate(kind, written);
    return written;
  });
  return shown(kind, created);
}

/** What the server decides is never taken from the client. */
function newMetadata(
  registry: Registry,
  kind: Kind,
  namespace: string,
  { metadata }: KubeObject,
): KubeObject['metadata'] {
  const { name, generateName, labels, annotations, finalizers, ownerReferences } = metadata;
  return {
    name: name || (generateName ? generatedName(registry, kind, namespace, generateName) : ''),
    ...(generateName ? { generateName } : {}),
    ...(kind.info.namespaced ? { namespace } : {}),
    uid: registry.newUid(),
    ...(kind.generation ? { generation: 1 } : {}),
    creationTimestamp: timestamp(registry.nowMs()),
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(ownerReferences?.length ? { ownerReferences } : {}),
    ...(finalizers?.length ? { finalizers } : {}),
  };
}

function generatedName(registry: Registry, kind: Kind, namespace: string, prefix: string): string {
  let name = '';
  for (let attempt = 0; attempt < generationAttemptsMax; attempt++) {
    const letters = Array.from(
      { length: suffixLength },
      () => suffixLetters[registry.randomBelow(suffixLetters.length)],
    );
    name = `${prefix.slice(0, labelCharsMax - suffixLength)}${letters.join('')}`;
    if (!registry.store.read(kind.stored, { namespace, name })) break;
  }
  return name;
}
