import { fstatSync } from 'node:fs';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { InstanceId, InstanceKey, InstanceOffer, ResolvedInstance, SegmentName } from '../batch/batch.ts';
import type { Piece } from './assemble.ts';
import { type Gap, gapPiece } from './gap.ts';
import { Reading, type ReadingContext } from './reading.ts';
import { Segment } from './segment.ts';
import { type FoundFile, inflate } from './source.ts';

/** What the tails of all instances share. */
export interface TailContext extends ReadingContext {
  /** Where inflated copies go. */
  scratch: string;
  log: Logger;
  node: string;
  monotonicMs(): number;
  wallMs(): number;
}

/** `new`: the server must be asked. `deleted`: deleted there on purpose, so nothing is read any more. */
export type TailState = 'new' | 'resolving' | 'reading' | 'deleted';

export interface TailOrigin {
  key: InstanceKey;
  namespace: string;
  pod: string;
  /** Path and identity of the container's directory: while we watch, files in the same one belong to the same instance. */
  directory: string;
  directoryId: string;
}

/**
 * One instance on this node: its segments in the order in which they were written, and how far they are read.
 * Invariant: a segment is read only when those before it are read to their end.
 */
export class InstanceTail {
  readonly origin: TailOrigin;
  readonly #context: TailContext;
  readonly #log: Logger;
  segments: Segment[] = [];
  state: TailState = 'new';
  id: InstanceId | null = null;
  /** The instance that these files are known to belong to, also after the store was started anew. */
  continues: InstanceId | null = null;
  containerId: string | null = null;
  excluded = false;
  /** Since when (monotonic) nothing more will be written: the container has ended or its directory is gone. */
  endedSinceMs: number | null = null;
  /** What was unfinished at the end has been made lines. */
  flushed = false;
  nextPollMs = 0;
  /** Pieces that were handed out and are not acknowledged. */
  inFlight = 0;
  #generation = 0;
  #grewAtMs = 0;
  #readyAtMs: number | null = null;
  #turnAtMs = Number.NEGATIVE_INFINITY;
  #reading: Reading | null = null;
  #gaps: Gap[] = [];
  #inflating: Segment | null = null;

  constructor(context: TailContext, origin: TailOrigin) {
    this.#context = context;
    this.origin = origin;
    const { namespace, pod, key } = origin;
    this.#log = context.log.with({ namespace, pod, container: key.container, attempt: key.attempt });
  }

  /** Changes whenever what was handed out before no longer counts. */
  get generation(): number {
    return this.#generation;
  }

  get lagBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.lagBytes, 0);
  }

  get openFiles(): number {
    return this.segments.reduce((count, segment) => count + (segment.fd === null ? 0 : 1), 0);
  }

  get pendingSeconds(): number | undefined {
    return this.#reading?.pendingSeconds;
  }

  /** All is acknowledged and no more will come. */
  get isFinished(): boolean {
    if (this.state === 'deleted') return true;
    return this.flushed && this.inFlight === 0 && this.#gaps.length === 0 && this.segments.every(({ done }) => done);
  }

  /** Nothing on disk is left to be read or acknowledged for now (more may be written). */
  get isCaughtUp(): boolean {
    if (this.isFinished) return true;
    if (this.segments.every(({ name, done }) => name === null || done)) return this.inFlight === 0;
    return this.state === 'reading' && this.inFlight === 0 && this.#gaps.length === 0 && !this.#hasWork();
  }

  /** Nothing was written to its files for a while, going by their times. */
  isQuiet(quietMs: number): boolean {
    const wallMs = this.#context.wallMs();
    const pending = (this.pendingSeconds ?? 0) * 1000;
    return this.segments.every(({ file }) => Math.min(file?.mtimeMs ?? 0, pending || Infinity) < wallMs - quietMs);
  }

  /** The files of this instance as a scan has just found them. */
  update(found: readonly FoundFile[]): void {
    const unknown: FoundFile[] = [];
    const present = new Set<Segment>();
    for (const file of found) {
      const segment = this.segments.find(({ id }) => id === file.id);
      if (!segment) unknown.push(file);
      else {
        segment.file = file;
        present.add(segment);
      }
    }
    for (const segment of this.segments) if (!present.has(segment)) segment.file = null;
    const before = this.segments.length;
    for (const file of unknown.sort(byRotation)) this.#add(file);
    // Stamps are local times; the first records tell the order better. What was there before is older.
    if (this.segments.length > before + 1) {
      const added = this.segments.splice(before).sort(byFirstTime);
      this.segments.push(...added);
    }
    this.segments = this.segments.filter(
      (segment) => segment.file !== null || !segment.done || segment === this.segments.at(-1),
    );
    this.#markFinal();
    this.nextPollMs = 0;
  }

  /** Looks at the open files, which is cheap; then `isReady` tells whether there is something to read. */
  poll(now: number): void {
    for (const segment of this.segments) {
      if (segment.fd === null || segment.done) continue;
      const { size } = fstatSync(segment.fd);
      if (segment.name === null) this.#identify(segment, this.#isSettled(segment, now));
      else if (size < segment.size) this.#truncated(segment, size);
      else if (size > segment.size) {
        segment.size = size;
        this.#grewAtMs = now;
        if (segment.finalSinceMs !== null) segment.finalSinceMs = now;
      }
    }
    const { pollActiveMs, pollIdleMs } = this.#context.settings;
    this.nextPollMs = now + (now - this.#grewAtMs < 50 * pollActiveMs ? pollActiveMs : pollIdleMs);
    this.#planTurn(now);
  }

  isReady(now: number): boolean {
    return this.state === 'reading' && this.#readyAtMs !== null && this.#readyAtMs <= now;
  }

  get needsResolve(): boolean {
    return this.state === 'new' && this.segments.some(({ name }) => name !== null);
  }

  offer(): InstanceOffer {
    const { key, namespace, pod } = this.origin;
    const segments = this.segments.flatMap(({ name }) => (name === null ? [] : [name]));
    const { containerId, continues } = this;
    return { key, namespace, pod, node: this.#context.node, containerId, segments, continues };
  }

  /** The server's answer to an offer of the segments `offered`; what it holds is not read again. */
  resolved(answer: ResolvedInstance, offered: readonly SegmentName[]): void {
    if (this.id !== null && this.id !== answer.id) this.reset();
    this.id = this.continues = answer.id;
    if (answer.deleted) return this.drop();
    this.state = 'reading';
    for (const segment of this.segments) {
      if (segment.name === null || segment.resolved) continue;
      if (!offered.includes(segment.name)) this.state = 'new';
      else this.#adopt(segment, answer);
    }
    const mtimeMs = this.segments[0]?.file?.mtimeMs ?? this.#context.wallMs();
    this.#reading ??= new Reading(this.#context, answer.id, Math.floor(mtimeMs / 1000));
    this.#closeDone();
    this.#planTurn(this.#context.monotonicMs());
  }

  /** What was handed out no longer counts: the server is asked again, and reading goes on from what it holds. */
  reset(): void {
    if (this.state === 'deleted') return;
    this.state = 'new';
    this.#generation++;
    this.inFlight = 0;
    this.#reading?.abandon();
    this.#reading = null;
    this.flushed = false;
    for (const segment of this.segments) segment.forget();
  }

  /** Deleted on purpose on the server. */
  drop(): void {
    this.state = 'deleted';
    this.#reading?.abandon();
    this.close();
  }

  close(): void {
    for (const segment of this.segments) segment.close();
  }

  /** Nothing more will be written to it. */
  end(): void {
    this.endedSinceMs ??= this.#context.monotonicMs();
    this.#markFinal();
    this.nextPollMs = 0;
  }

  /** The store has dealt with the piece; pieces of an earlier generation are ignored. */
  acknowledge(piece: Piece, generation: number): void {
    if (generation !== this.#generation || this.state === 'deleted') return;
    this.inFlight--;
    for (const { segment: name, from, to } of piece.covers) {
      this.segments.find((segment) => segment.name === name)?.held.add(from, to);
    }
    this.#closeDone();
  }

  /** The store will never take it: what it covers is missing, and that is said. */
  refused(piece: Piece, generation: number): void {
    for (const { segment, from, to } of piece.covers) {
      this.say({ segment, from, to, after: null, before: null, reason: 'unreadable' });
    }
    this.acknowledge(piece, generation);
    this.#planTurn(this.#context.monotonicMs());
  }

  /** Reads on, about one chunk. Pieces are in file order; none where nothing can be made of what is there. */
  turn(now: number): Piece[] {
    const pieces = this.#gaps.map((gap) => gapPiece(this.id!, gap, this.#context.wallMs()));
    this.#gaps = [];
    this.#turnAtMs = now;
    this.#readyAtMs = null;
    try {
      pieces.push(...this.#read(now));
    } catch (error) {
      this.#trouble('unreadable', 'a log file cannot be read', error);
    }
    this.inFlight += pieces.length;
    this.#closeDone();
    this.#planTurn(now);
    return pieces;
  }

  /** Asserts a gap; it goes out in order with what is read. */
  say(gap: Gap): void {
    this.#gaps.push(gap);
    this.#context.metrics.gaps.add(1, { reason: gap.reason });
    this.#log.warn('lines are missing', { ...gap });
  }

  #read(now: number): Piece[] {
    for (const segment of this.segments) {
      if (segment.done) continue;
      const settled = this.#isSettled(segment, now);
      if (segment.name === null || !segment.resolved) {
        if (segment.name === null && settled) continue;
        return [];
      }
      if (!this.#makeReadable(segment)) return [];
      const pieces = this.#readOne(segment, settled);
      if (segment.position < segment.size && pieces.length === 0 && !settled) segment.triedSize = segment.size;
      if (pieces.length > 0 || segment.position < segment.size || !settled) return pieces;
    }
    if (this.flushed || this.endedSinceMs === null) return [];
    this.flushed = true;
    return this.#reading!.flush();
  }

  #readOne(segment: Segment, final: boolean): Piece[] {
    if (segment.position < segment.size && !segment.prefixMatches()) {
      this.#truncated(segment, fstatSync(segment.fd!).size);
      return [];
    }
    return this.excluded ? this.#reading!.exclude(segment, final) : this.#reading!.read(segment, final);
  }

  /** Plans the next turn: at once where a whole chunk waits, else so that small pieces are not cut too often. */
  #planTurn(now: number): void {
    if (this.#readyAtMs !== null || this.state !== 'reading') return;
    if (this.#gaps.length > 0) this.#readyAtMs = now;
    else if (this.#hasWork()) {
      const { batchAgeMs, chunkBytes } = this.#context.settings;
      const waiting = this.segments.reduce((sum, { size, position, done }) => sum + (done ? 0 : size - position), 0);
      this.#readyAtMs =
        waiting >= chunkBytes || this.#reading?.isSeeking ? now : Math.max(now, this.#turnAtMs + batchAgeMs);
    }
  }

  #hasWork(): boolean {
    const now = this.#context.monotonicMs();
    for (const segment of this.segments) {
      if (segment.done) continue;
      if (segment.name !== null && segment.held.firstMissing(segment.position) < segment.size) {
        // The beginning of a record at the end of a growing file is not work, unless it was seen to grow since.
        if (segment.size !== segment.triedSize || this.#isSettled(segment, now)) return true;
      }
      if (segment.finalSinceMs === null) return false;
    }
    return this.endedSinceMs !== null && !this.flushed;
  }

  #makeReadable(segment: Segment): boolean {
    if (segment.fd !== null || segment.held.firstMissing(segment.position) >= segment.size) return true;
    if (!segment.isCompressed) return segment.open() >= 0;
    if (this.#inflating === null) void this.#inflate(segment);
    return false;
  }

  async #inflate(segment: Segment): Promise<void> {
    this.#inflating = segment;
    try {
      segment.fd = await inflate(segment.file!.path, this.#context.scratch);
      segment.size = fstatSync(segment.fd).size;
      if (!segment.adoptOffered()) this.#rename(segment);
    } catch (error) {
      this.#trouble('unreadable', 'a compressed log file cannot be read', error);
      this.#lose(segment, null, 'unreadable');
      segment.done = true;
    }
    this.#inflating = null;
    this.#readyAtMs = null;
    this.#planTurn(this.#context.monotonicMs());
  }

  #adopt(segment: Segment, answer: ResolvedInstance): void {
    const held = answer.segments.find(({ segment: name }) => name === segment.name)?.held ?? [];
    try {
      if (!segment.adopt(held)) this.#rename(segment);
    } catch (error) {
      this.#trouble('unreadable', 'a log file cannot be read', error);
      segment.done = true;
    }
  }

  #rename(segment: Segment): void {
    this.#log.warn('a log file begins like one that the server has, and goes on differently', {
      path: segment.file?.path,
    });
    segment.takeAlternateName();
    this.state = 'new';
  }

  #add(file: FoundFile): void {
    const segment = new Segment(file);
    this.segments.push(segment);
    this.#grewAtMs = this.#context.monotonicMs();
    try {
      this.#identify(segment, false);
    } catch (error) {
      this.#trouble('unreadable', 'a log file cannot be opened', error);
      segment.done = true;
    }
  }

  #identify(segment: Segment, final: boolean): void {
    segment.identify(final);
    if (segment.name === null) {
      if (final || segment.isCompressed) segment.done = true;
      return;
    }
    const twin = this.segments.find((other) => other !== segment && other.name === segment.name);
    if (twin) return this.#joinTwin(segment, twin);
    if (this.state === 'reading') this.state = 'new';
  }

  /** Two files with the same first record: a rotated file and its compressed form are one segment. */
  #joinTwin(segment: Segment, twin: Segment): void {
    this.segments = this.segments.filter((other) => other !== segment);
    segment.close();
    if (twin.file === null) {
      twin.file = segment.file;
      twin.id = segment.id;
    }
  }

  #truncated(segment: Segment, size: number): void {
    this.#log.warn('a log file was truncated', { path: segment.file?.path, from: segment.size, to: size });
    if (segment.position < segment.size) this.#lose(segment, segment.size, 'truncated');
    const { file, fd } = segment;
    segment.fd = null;
    segment.file = null;
    segment.done = true;
    if (file === null) return;
    const next = new Segment(file);
    next.fd = fd;
    segment.id = `${segment.id} truncated`;
    this.segments.push(next);
    segment.finalSinceMs = Number.NEGATIVE_INFINITY;
    this.#identify(next, false);
  }

  #lose(segment: Segment, to: number | null, reason: Gap['reason']): void {
    if (segment.name === null) return;
    this.say({ segment: segment.name, from: segment.position, to, after: null, before: null, reason });
  }

  #markFinal(): void {
    const now = this.#context.monotonicMs();
    this.segments.forEach((segment, index) => {
      const superseded = index < this.segments.length - 1 || segment.file === null || segment.isCompressed;
      if (superseded || this.endedSinceMs !== null) segment.finalSinceMs ??= now;
      else segment.finalSinceMs = null;
    });
  }

  #isSettled(segment: Segment, now: number): boolean {
    return (
      segment.finalSinceMs !== null &&
      (segment.isCompressed || now - segment.finalSinceMs >= this.#context.settings.settleMs)
    );
  }

  #closeDone(): void {
    const now = this.#context.monotonicMs();
    for (const segment of this.segments) {
      if (segment.done || segment.name === null || !segment.resolved || !this.#isSettled(segment, now)) continue;
      if (segment.held.missingBelow(segment.size) > 0) continue;
      segment.done = true;
      segment.close();
    }
  }

  #trouble(kind: string, message: string, error: unknown): void {
    this.#context.metrics.troubles.add(1, { kind });
    this.#log.error(message, { error: String(error) });
  }
}

/** A stable order: what has no first time stays where it is. */
function byFirstTime(a: Segment, b: Segment): number {
  if (!hasTime(a) || !hasTime(b) || a.name === b.name) return 0;
  return a.name! < b.name! ? -1 : 1;
}

function hasTime({ name }: Segment): boolean {
  return name !== null && !name.startsWith('0000000000000000');
}

/** Oldest first: rotated files by their stamp, then the one that is being written. */
function byRotation(a: FoundFile, b: FoundFile): number {
  if (a.stamp === null || b.stamp === null) return (a.stamp === null ? 1 : 0) - (b.stamp === null ? 1 : 0);
  return a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0;
}
