import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { GroupVersionKind, SchemaRegistry } from '../../../kubernetes/schema/schema.ts';
import { conflict, forbidden, notFound, type Target, type UserInfo } from '../../../kubernetes/serve/serve.ts';
import type { Kind } from '../kinds/kind.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** What every verb needs. Randomness and time are passed in. */
export interface Registry {
  store: ObjectStore;
  schemas: SchemaRegistry;
  nowMs(): number;
  newUid(): string;
  /** A number in [0, below), for generated names. */
  randomBelow(below: number): number;
  /** The longest page; a list that is to be given whole and has more is refused. */
  pageItemsMax: number;
  /** Asked before what a user sent is looked at more closely; throws 403. `previous` is what it would replace. */
  admit(kind: Kind, user: UserInfo, namespace: string, sent: KubeObject, previous: KubeObject | undefined): void;
  /** Called within the transaction that creates the object. */
  afterCreate(kind: Kind, created: KubeObject): void;
}

/** All that decoding needs to know of a kind. */
export type Described = Pick<Kind, 'info'>;

export function gvkOf({ info: { group, version, kind } }: Described): GroupVersionKind {
  return { group, version, kind };
}

/** The object as it is stored. Throws 404. */
export function stored({ store }: Registry, kind: Kind, target: Target): KubeObject {
  const object = store.read(kind.stored, target);
  if (!object) throw notFound(kind.info, target.name);
  return object;
}

/** The object as this kind shows it. */
export function shown(kind: Kind, object: KubeObject): KubeObject {
  return kind.fromStored ? kind.fromStored(object) : object;
}

/** Nothing is created in a namespace that is not there, or that is on its way out. */
export function requireNamespace({ store }: Registry, kind: Kind, namespace: string, name: string): void {
  const found = store.read('/namespaces', { namespace: '', name: namespace });
  if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  if (!found.metadata.deletionTimestamp) return;
  throw forbidden(
    kind.info,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
}

/** Optimistic concurrency: a version or uid that is given has to be the present one. */
export function requireUnchanged(
  kind: Kind,
  current: KubeObject,
  given: { uid?: string | undefined; resourceVersion?: string | undefined },
): void {
  const { name, uid, resourceVersion } = current.metadata;
  if (given.uid && given.uid !== uid)
    throw conflict(
      kind.info,
      name,
      `the UID in the precondition (${given.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (given.resourceVersion && given.resourceVersion !== resourceVersion) throw conflict(kind.info, name);
}

/** RFC 3339 in whole seconds, as metadata has it. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
