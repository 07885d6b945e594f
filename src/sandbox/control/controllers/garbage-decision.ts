/** What becomes of an object whose owners go; pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import type { OwnerReference } from './owner.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** `waiting`: being deleted in the foreground, after its dependents. */
export type OwnerState = 'there' | 'gone' | 'waiting';
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export type GarbageDecision =
  | { action: 'keep' }
  | { action: 'unlink'; references: OwnerReference[] }
  | { action: 'delete'; propagation: Propagation };

/** An object goes when none of its owners stays. How it goes: as its own finalizers say, else as its owners go. */
export function decideGarbage(
  object: KubeObject,
  owners: readonly { reference: OwnerReference; state: OwnerState }[],
  hasDependents: boolean,
): GarbageDecision {
  if (owners.length === 0 || object.metadata.deletionTimestamp) return { action: 'keep' };
  if (owners.some(({ state }) => state === 'there')) {
    const references = owners.filter(({ state }) => state !== 'there').map(({ reference }) => reference);
    return references.length > 0 ? { action: 'unlink', references } : { action: 'keep' };
  }
  if (hasDependents && owners.some(({ state }) => state === 'waiting'))
    return { action: 'delete', propagation: 'Foreground' };
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return { action: 'delete', propagation: 'Orphan' };
  return { action: 'delete', propagation: finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background' };
}

/** Deleted in the foreground: it stays until the dependents that block it are gone. */
export function isWaitingForDependents({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND);
}

export function isOrphaning({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(ORPHAN);
}

export function blocks(dependent: KubeObject, ownerUid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion === true,
  );
}
