/** The annotations by which deployments remember where a rollout stands; kubectl reads the revisions. Pure. */
import type { KubeObject } from '../../../kubernetes/client/client.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAX = 'deployment.kubernetes.io/max-replicas';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const OWN: ReadonlySet<string> = new Set([REVISION, REVISION_HISTORY, DESIRED, MAX, LAST_APPLIED]);
/** Older revisions are forgotten first. */
const HISTORY_CHARS_MAX = 2000;

export function revisionOf({ metadata }: KubeObject): number {
  const revision = Number(metadata.annotations?.[REVISION] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

export function highestRevision(sets: readonly KubeObject[]): number {
  return sets.reduce((highest, set) => Math.max(highest, revisionOf(set)), 0);
}

/** The annotations of a replica set that follows the deployment: the deployment's own ones are copied, others stay. */
export function followedAnnotations(
  deployment: KubeObject,
  before: Record<string, string> | undefined,
  newRevision: number,
): Record<string, string> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !OWN.has(key));
  const annotations: Record<string, string> = { ...before, ...Object.fromEntries(copied) };
  const earlier = before?.[REVISION];
  const revision = Math.max(newRevision, Number(earlier ?? 0));
  if (earlier !== undefined && Number(earlier) < revision) {
    const history = [...(before?.[REVISION_HISTORY]?.split(',') ?? []), earlier].filter((each) => each !== '');
    while (history.join(',').length > HISTORY_CHARS_MAX) history.shift();
    annotations[REVISION_HISTORY] = history.join(',');
  }
  annotations[REVISION] = String(revision);
  return annotations;
}

export function scaleAnnotations(desired: number, max: number): Record<string, string> {
  return { [DESIRED]: String(desired), [MAX]: String(max) };
}
