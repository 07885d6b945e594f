/**
 * Which replica sets of a deployment are scaled to what; pure functions of what is there.
 * Source: the documentation of Deployments (rolling update, Recreate, proportional scaling).
 */
import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { msOfKubeTime } from './kube-time.ts';
import { DESIRED, MAX } from './rollout-annotations.ts';

export interface Bounds {
  replicas: number;
  maxSurge: number;
  maxUnavailable: number;
}

export interface Scaling {
  set: KubeObject;
  replicas: number;
}

/** Surge is rounded up, unavailability down; both zero would never get anywhere, so one may then be missing. */
export function boundsOf(deployment: KubeObject): Bounds {
  const replicas: number = deployment.spec?.replicas ?? 1;
  const { type, rollingUpdate = {} } = deployment.spec?.strategy ?? {};
  if (type === 'Recreate' || replicas === 0) return { replicas, maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = amountOf(rollingUpdate.maxSurge ?? '25%', replicas, Math.ceil);
  const maxUnavailable = amountOf(rollingUpdate.maxUnavailable ?? '25%', replicas, Math.floor);
  const atLeastOne = maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable;
  return { replicas, maxSurge, maxUnavailable: Math.min(atLeastOne, replicas) };
}

function amountOf(value: number | string, replicas: number, round: (amount: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value);
  return percent ? round((Number(percent[1]) * replicas) / 100) : 0;
}

export function specReplicas(set: KubeObject): number {
  return set.spec?.replicas ?? 0;
}

export function totalReplicas(sets: readonly KubeObject[]): number {
  return sets.reduce((sum, set) => sum + specReplicas(set), 0);
}

export function availableReplicas(set: KubeObject): number {
  return set.status?.availableReplicas ?? 0;
}

/** How many the new replica set may have now; `old` are all others. */
export function newReplicas(
  bounds: Bounds,
  newSet: KubeObject | undefined,
  old: readonly KubeObject[],
  recreate: boolean,
): number {
  const has = newSet ? specReplicas(newSet) : 0;
  if (recreate || has >= bounds.replicas) return bounds.replicas;
  const room = bounds.replicas + bounds.maxSurge - totalReplicas(old) - has;
  return room <= 0 ? has : has + Math.min(room, bounds.replicas - has);
}

/** The next step of a rolling update: first the new set grows, then the old ones give way as far as enough pods are available. */
export function planRollingUpdate(bounds: Bounds, newSet: KubeObject, old: readonly KubeObject[]): Scaling[] {
  const wanted = newReplicas(bounds, newSet, old, false);
  if (wanted !== specReplicas(newSet)) return [{ set: newSet, replicas: wanted }];
  return planOldSets(bounds, newSet, old);
}

function planOldSets(bounds: Bounds, newSet: KubeObject, old: readonly KubeObject[]): Scaling[] {
  const minAvailable = bounds.replicas - bounds.maxUnavailable;
  const newUnavailable = Math.max(0, specReplicas(newSet) - availableReplicas(newSet));
  let room = totalReplicas(old) + specReplicas(newSet) - minAvailable - newUnavailable;
  const left = new Map([...old].sort(byAge).map((set) => [set, specReplicas(set)]));
  // Pods that are not available are missed by nobody.
  for (const [set, replicas] of left) {
    const unhealthy = Math.max(0, replicas - availableReplicas(set));
    const fewer = Math.min(unhealthy, Math.max(0, room));
    left.set(set, replicas - fewer);
    room -= fewer;
  }
  const available = [...left].reduce((sum, [set, replicas]) => sum + Math.min(replicas, availableReplicas(set)), 0);
  let spare = Math.min(Math.max(0, room), available + availableReplicas(newSet) - minAvailable);
  for (const [set, replicas] of left) {
    const fewer = Math.min(replicas, Math.max(0, spare));
    left.set(set, replicas - fewer);
    spare -= fewer;
  }
  return changed(left);
}

/** Recreate: nothing old may run when the new set comes up. */
export function planRecreate(old: readonly KubeObject[]): Scaling[] {
  return old.filter((set) => specReplicas(set) > 0).map((set) => ({ set, replicas: 0 }));
}

/** True after the deployment was scaled, until its replica sets have followed. */
export function isScaling(deployment: KubeObject, sets: readonly KubeObject[]): boolean {
  const wanted = String(deployment.spec?.replicas ?? 1);
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED];
    return specReplicas(set) > 0 && desired !== undefined && desired !== wanted;
  });
}

/** After the deployment was scaled: one set follows whole; in the middle of a rollout all share in proportion to their size. */
export function planScaling(
  bounds: Bounds,
  newSet: KubeObject | undefined,
  old: readonly KubeObject[],
  rolling: boolean,
): Scaling[] {
  const all = newSet ? [...old, newSet] : [...old];
  const active = all.filter((set) => specReplicas(set) > 0);
  const only =
    active.length === 1 ? active[0] : active.length === 0 ? (newSet ?? [...all].sort(byAge).at(-1)) : undefined;
  if (active.length <= 1)
    return only && specReplicas(only) !== bounds.replicas ? [{ set: only, replicas: bounds.replicas }] : [];
  if (newSet && isSaturated(newSet, bounds.replicas)) return planRecreate(old);
  return rolling ? planProportional(bounds, active) : [];
}

function isSaturated(set: KubeObject, replicas: number): boolean {
  const desired = Number(set.metadata.annotations?.[DESIRED] ?? -1);
  return specReplicas(set) === replicas && desired === replicas && availableReplicas(set) === replicas;
}

function planProportional(bounds: Bounds, active: readonly KubeObject[]): Scaling[] {
  const allowed = bounds.replicas > 0 ? bounds.replicas + bounds.maxSurge : 0;
  const toAdd = allowed - totalReplicas(active);
  const grows = toAdd > 0;
  const bySize = [...active].sort(
    (left, right) => specReplicas(right) - specReplicas(left) || (grows ? byAge(right, left) : byAge(left, right)),
  );
  const left = new Map<KubeObject, number>();
  let added = 0;
  for (const set of bySize) {
    const share = toAdd === 0 ? 0 : shareOf(set, allowed, toAdd, added);
    left.set(set, Math.max(0, specReplicas(set) + share));
    added += share;
  }
  const [largest] = bySize;
  if (largest) left.set(largest, Math.max(0, left.get(largest)! + toAdd - added));
  return changed(left);
}

/** What a set gains or loses, measured against what the deployment was allowed to have before. */
function shareOf(set: KubeObject, allowed: number, toAdd: number, added: number): number {
  const size = specReplicas(set);
  const before = Number(set.metadata.annotations?.[MAX] ?? 0) || allowed;
  const share = Math.round((size * allowed) / before) - size;
  const rest = toAdd - added;
  return toAdd > 0 ? Math.max(0, Math.min(share, rest)) : Math.min(0, Math.max(share, rest));
}

/** Old replica sets past the history limit, oldest first; one that still has pods stays. */
export function expiredSets(limit: number, old: readonly KubeObject[]): KubeObject[] {
  const idle = old.filter(
    (set) =>
      specReplicas(set) === 0 &&
      (set.status?.replicas ?? 0) === 0 &&
      (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0) &&
      !set.metadata.deletionTimestamp,
  );
  return [...idle].sort(byRevision).slice(0, Math.max(0, old.length - limit));
}

export function byAge(left: KubeObject, right: KubeObject): number {
  const difference =
    (msOfKubeTime(left.metadata.creationTimestamp) ?? 0) - (msOfKubeTime(right.metadata.creationTimestamp) ?? 0);
  return difference || (left.metadata.name < right.metadata.name ? -1 : 1);
}

function byRevision(left: KubeObject, right: KubeObject): number {
  const of = (set: KubeObject) => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  return of(left) - of(right) || byAge(left, right);
}

function changed(left: ReadonlyMap<KubeObject, number>): Scaling[] {
  return [...left]
    .filter(([set, replicas]) => replicas !== specReplicas(set))
    .map(([set, replicas]) => ({ set, replicas }));
}
