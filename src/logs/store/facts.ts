import type { Cover, ExcludedFact, Fact, GapFact, InstanceFact, PodFact, ProgressFact } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import type { InstanceRow } from './instance-table.ts';
import { linkByContainerId } from './link.ts';

type Change<F> = (catalogue: Catalogue, instance: InstanceRow, fact: F, receivedMs: number) => void;

/** What each kind of fact about an instance changes in the tables. */
export const changeOf: {
  gap: Change<GapFact>;
  excluded: Change<ExcludedFact>;
  instance: Change<InstanceFact>;
  progress: Change<ProgressFact>;
} = {
  gap: (catalogue, { row }, fact) => catalogue.segments.assertGap(row, fact),
  excluded(catalogue, { row }, fact) {
    // Facts come back as often as an agent likes; what is covered already was counted then.
    if (!catalogue.segments.isNew(row, fact.covers)) return;
    catalogue.segments.cover(row, fact.covers);
    catalogue.instances.addExcluded(row, bytesOf(fact.covers));
  },
  instance(catalogue, instance, fact) {
    catalogue.instances.setFacts(instance.row, fact);
    if (fact.containerId) linkByContainerId(catalogue, instance, fact.containerId);
  },
  progress: (catalogue, { row }, fact, receivedMs) =>
    catalogue.instances.setProgress(row, fact.lagBytes, fact.state === 'ended', receivedMs),
};

const SEGMENT = /^[0-9a-f]{16}-[0-9a-f]{16}$/;
const HASH = /^[0-9a-f]{1,64}$/;
const textBytesMax = 64 * 1024;

export const isSegment = (value: unknown): value is string => typeof value === 'string' && SEGMENT.test(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= textBytesMax;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isOptional = (value: unknown, test: (value: unknown) => boolean) =>
  value === undefined || value === null || test(value);
const isStringMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((entry) => typeof entry === 'string');

export function bytesOf(covers: readonly Cover[]): number {
  return covers.reduce((sum, cover) => sum + (cover.to - cover.from), 0);
}

/** Why these covers can never be accepted; undefined where they can. */
export function faultOfCovers(covers: unknown): string | undefined {
  if (!Array.isArray(covers) || covers.length === 0) return 'it covers nothing';
  const sound = (covers as Cover[]).every(
    ({ segment, from, to, hash }) => isSegment(segment) && isCount(from) && isCount(to) && from < to && HASH.test(hash),
  );
  if (!sound) return 'a cover is not a segment, a range and a hash';
  const sorted = [...(covers as Cover[])].sort((a, b) =>
    a.segment === b.segment ? a.from - b.from : a.segment < b.segment ? -1 : 1,
  );
  const overlaps = sorted.some((cover, i) => {
    const before = sorted[i - 1];
    return before !== undefined && before.segment === cover.segment && before.to > cover.from;
  });
  return overlaps ? 'two of its covers overlap' : undefined;
}

/** Why this fact can never be accepted; undefined where it can. A kind that is not known is accepted and passed over. */
export function faultOfFact(fact: Fact): string | undefined {
  if (fact.kind === 'pod') return isPodFact(fact) ? undefined : 'a pod fact has a field of the wrong type';
  if (!Object.hasOwn(changeOf, fact.kind)) return undefined;
  if (!isText(fact.instance)) return `a fact of kind ${fact.kind} names no instance`;
  if (fact.kind === 'excluded') return faultOfCovers(fact.covers);
  if (fact.kind === 'gap') return isGapFact(fact) ? undefined : 'a gap has a field of the wrong type';
  if (fact.kind === 'progress') return isCount(fact.lagBytes) ? undefined : 'lagBytes is not a count';
  return isInstanceFact(fact) ? undefined : 'an instance fact has a field of the wrong type';
}

function isGapFact(fact: GapFact): boolean {
  const placed = fact.segment === null || isSegment(fact.segment);
  const bounded = fact.to === null || (isCount(fact.to) && fact.to > fact.from);
  const between = [fact.after, fact.before].every((name) => name === null || isSegment(name));
  return placed && isCount(fact.from) && bounded && between && isText(fact.reason) && isText(fact.noticedAt);
}

function isInstanceFact(fact: InstanceFact): boolean {
  const texts = [fact.containerId, fact.containerKind, fact.image, fact.startedAt, fact.finishedAt, fact.reason];
  return (
    [...texts, fact.message].every((text) => isOptional(text, isText)) &&
    [fact.exitCode, fact.signal].every((number) => isOptional(number, Number.isSafeInteger))
  );
}

function isPodFact(fact: PodFact): boolean {
  const texts = [fact.cluster, fact.podUid, fact.apiUid, fact.namespace, fact.name, fact.node, fact.phase, fact.reason];
  return (
    [...texts, fact.createdAt].every(isText) &&
    (fact.deletedAt === null || isText(fact.deletedAt)) &&
    isStringMap(fact.labels) &&
    isStringMap(fact.annotations) &&
    Array.isArray(fact.owners) &&
    fact.owners.every((owner) => isText(owner?.kind) && isText(owner.name) && isText(owner.uid))
  );
}
