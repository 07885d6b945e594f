import { encodeFactsFrame, type GapFact, type InstanceId, type SegmentName, segmentTime } from '../batch/batch.ts';
import type { Piece } from './assemble.ts';
import type { Segment } from './segment.ts';
import type { FoundFile } from './source.ts';
import type { KnownSegment } from './state.ts';

export type Gap = Omit<GapFact, 'kind' | 'instance' | 'noticedAt'>;

/** A gap travels in order with the lines around it, and counts when it is acknowledged. */
export function gapPiece(instance: InstanceId, gap: Gap, wallMs: number): Piece {
  const fact: GapFact = { kind: 'gap', instance, ...gap, noticedAt: new Date(wallMs).toISOString() };
  return { frame: encodeFactsFrame([fact]), covers: [], lineCount: 0, malformedCount: 0, truncatedCount: 0, gap };
}

/** What a file that vanished still held, as far as it was seen; the length is unknown where it was still written to. */
export function vanishedGap({ name, missingFrom, size }: KnownSegment, isNewest: boolean): Gap | undefined {
  if (!isNewest && missingFrom >= size) return undefined;
  const to = isNewest ? null : size;
  return { segment: name, from: missingFrom, to, after: null, before: null, reason: 'deleted-before-read' };
}

/**
 * What went missing while nobody watched: `known` is what we saw last, `onDisk` what is there now, both oldest first.
 * Files are deleted oldest first, so as long as the newest known one is on disk, nothing between it and the others is gone.
 */
export function gapsWhileAway(known: readonly KnownSegment[], onDisk: readonly SegmentName[]): Gap[] {
  const gaps: Gap[] = [];
  const newest = known.at(-1);
  const first = onDisk[0];
  for (const segment of known) {
    if (segment.done || onDisk.includes(segment.name)) continue;
    const gap = vanishedGap(segment, segment === newest && first === undefined);
    if (gap) gaps.push(gap);
  }
  if (newest && first !== undefined && !known.some(({ name }) => onDisk.includes(name))) {
    gaps.push({ segment: null, from: 0, to: null, after: newest.name, before: first, reason: 'rotated-away' });
  }
  return gaps;
}

/**
 * What may have come and gone between two scans: of the files `seen` by the one before none is left, and the kubelet keeps no
 * more than are there now. Undefined where nothing is missing for all that one can tell.
 */
export function gapBetweenScans(
  seen: readonly SegmentName[],
  segments: readonly Pick<Segment, 'name' | 'file'>[],
  rotatedFilesMax: number,
): Gap | undefined {
  const onDisk = segments.filter(({ file }) => file !== null);
  const newest = seen.at(-1);
  const first = onDisk[0]?.name ?? undefined;
  const isFull = onDisk.filter(({ file }) => file?.stamp !== null).length >= rotatedFilesMax - 1;
  if (!isFull || newest === undefined || first === undefined) return undefined;
  if (onDisk.some(({ name }) => name !== null && seen.includes(name))) return undefined;
  return { segment: null, from: 0, to: null, after: newest, before: first, reason: 'rotated-away' };
}

/** As `gapsWhileAway`; and where nothing was known before, whether the first file is not the first that was written. */
export function gapsAtStart(
  known: readonly KnownSegment[],
  segments: readonly Pick<Segment, 'name' | 'file' | 'held'>[],
  limits: Pick<StartEvidence, 'startedMs' | 'rotatedFilesMax'>,
): Gap[] {
  const first = segments.find(({ name }) => name !== null);
  const names = segments.flatMap(({ name }) => (name === null ? [] : [name]));
  // Where the server has the beginning of the first segment, what came before it was settled at that time.
  const isBegun = first !== undefined && first.held.firstMissing(0) > 0;
  const gaps = gapsWhileAway(known, names).filter(({ segment }) => segment !== null || !isBegun);
  if (known.length > 0 || isBegun || !first?.file) return gaps;
  const rotatedCount = segments.filter(({ file }) => file !== null && file.stamp !== null).length;
  if (!isLateStart({ name: first.name!, file: first.file, rotatedCount, ...limits })) return gaps;
  return [...gaps, { segment: null, from: 0, to: null, after: null, before: first.name, reason: 'late-start' }];
}

/** The kubelet looks about every ten seconds whether to rotate, so a first file that is this much younger than its container is not the first. */
const startToleranceMs = 2000;
const fullToleranceMs = 100;

export interface StartEvidence {
  name: SegmentName;
  file: FoundFile;
  /** Rotated files of the instance that are on disk. */
  rotatedCount: number;
  /** How many the kubelet keeps, the one being written included. */
  rotatedFilesMax: number;
  /** When the container was started, or its directory made; null where neither is known. */
  startedMs: number | null;
}

/** Whether the oldest file on disk shows that there were older ones. */
export function isLateStart({ name, file, rotatedCount, rotatedFilesMax, startedMs }: StartEvidence): boolean {
  const isFull = rotatedCount >= rotatedFilesMax - 1;
  const firstTimeMs = Number(segmentTime(name) / 1_000_000n);
  if (startedMs === null) return isFull;
  const toleranceMs = isFull ? fullToleranceMs : startToleranceMs;
  if (file.gz) return isFull && firstTimeMs > startedMs + startToleranceMs;
  // A copy is born after its first record was written, and so proves nothing.
  const isOriginal = file.birthtimeMs > 0 && file.birthtimeMs <= firstTimeMs + toleranceMs;
  return isOriginal && file.birthtimeMs > startedMs + toleranceMs;
}
