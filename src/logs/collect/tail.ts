import type { Logger } from '../../telemetry/telemetry.ts';
import type { InstanceId, InstanceOffer, ResolvedInstance, SegmentName } from '../batch/batch.ts';
import type { Piece } from './assemble.ts';
import { gapBetweenScans } from './gap.ts';
import { InstanceReader } from './instance-reader.ts';
import { Losses } from './losses.ts';
import type { TailOrigin } from './origin.ts';
import { PollPlan } from './poll-plan.ts';
import type { Segment } from './segment.ts';
import { Segments } from './segments.ts';
import { FileMoved, type FoundFile } from './source.ts';
import type { KnownInstance } from './state.ts';
import type { TailContext } from './tail-context.ts';
import { TurnPlan } from './turn-plan.ts';

/** How long a file that could not be read is left alone. */
const TROUBLE_MS = 10_000;

/** `new`: the server must be asked. `deleted`: deleted there on purpose, so nothing is read any more. */
export type TailState = 'new' | 'resolving' | 'reading' | 'deleted';

/**
 * One instance on this node: its segments, what the server knows of them, and what is read of them next.
 * Invariant: `inFlight` counts the pieces of this generation that were handed out and not answered.
 */
export class InstanceTail {
  readonly origin: TailOrigin;
  readonly discoveredMs: number;
  readonly #context: TailContext;
  readonly #segments: Segments;
  readonly #reader: InstanceReader;
  readonly #losses: Losses;
  readonly #turns: TurnPlan;
  readonly polls: PollPlan;
  state: TailState = 'new';
  id: InstanceId | null = null;
  /** The instance that these files are known to belong to, also after the store was started anew. */
  continues: InstanceId | null = null;
  containerId: string | null = null;
  /** When the container was started, as the API tells it. */
  startedMs: number | null = null;
  excluded = false;
  /** Since when (monotonic) nothing more will be written: the container has ended or its directory is gone. */
  endedSinceMs: number | null = null;
  /** The server was told that nothing more will come. */
  isToldEnded = false;
  inFlight = 0;
  /** Something that is worth remembering has changed. */
  isDirty = true;
  #generation = 0;
  #inflating = false;

  constructor(context: TailContext, origin: TailOrigin) {
    this.#context = context;
    this.origin = origin;
    this.discoveredMs = context.monotonicMs();
    this.#losses = new Losses({ metrics: context.metrics, wallMs: context.wallMs, log: () => this.#log });
    this.#segments = new Segments({
      settleMs: context.settings.settleMs,
      monotonicMs: context.monotonicMs,
      onTrouble: (message, error) => this.#trouble(message, error),
      onNeverOpened: (after) => {
        const between = { after: after?.name ?? null, before: null };
        this.#losses.say({ segment: null, from: 0, to: null, ...between, reason: 'unreadable' });
      },
      onLost: (segment, from, to) => this.#losses.lose(segment, from, to, 'truncated'),
    });
    this.polls = new PollPlan(context.settings, this.#segments);
    this.#turns = new TurnPlan(context.settings.batchAgeMs);
    this.#reader = new InstanceReader(context, this.#segments, {
      onNewSegment: () => this.#askAgain(),
      inflate: (segment) => this.#inflate(segment),
    });
  }

  /** Made when there is something to say: a thousand quiet instances need none. */
  get #log(): Logger {
    const { key, namespace, pod } = this.origin;
    return this.#context.log.with({ namespace, pod, container: key.container, attempt: key.attempt });
  }

  get segments(): readonly Segment[] {
    return this.#segments.list;
  }

  /** Changes whenever what was handed out before no longer counts. */
  get generation(): number {
    return this.#generation;
  }

  get lagBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.lagBytes, 0);
  }

  /** The part of the lag that was there already when this was last asked. */
  standingLagBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.standingLagBytes(), 0);
  }

  get openFiles(): number {
    return this.segments.reduce((count, segment) => count + (segment.fd === null ? 0 : 1), 0);
  }

  /** All is acknowledged and no more will come. */
  get isFinished(): boolean {
    if (this.state === 'deleted') return true;
    const nothing = this.segments.every(({ name, done }) => name === null && done);
    return (this.#reader.flushed || nothing) && this.#isIdle && this.segments.every(({ done }) => done);
  }

  /** Nothing on disk is left to be read or acknowledged for now (more may be written). */
  get isCaughtUp(): boolean {
    if (this.isFinished) return true;
    if (this.segments.every(({ name, done }) => name === null || done))
      return this.#isIdle && this.endedSinceMs === null;
    return this.state === 'reading' && this.#isIdle && !this.#hasWork();
  }

  get #isIdle(): boolean {
    return this.inFlight === 0 && !this.#losses.areWaiting;
  }

  /** Nothing was written to its files for a while, going by their times and by that of an unfinished line. */
  isQuiet(quietMs: number): boolean {
    const before = this.#context.wallMs() - quietMs;
    const pendingMs = (this.#reader.pendingSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    return this.segments.every(({ file }) => Math.min(file?.mtimeMs ?? 0, pendingMs) < before);
  }

  /** When the container was started, as far as it can be known: the first one begins with its directory. */
  get #startMs(): number | null {
    return this.startedMs ?? (this.origin.key.attempt === 0 ? this.origin.directoryBirthMs : null);
  }

  /** What the agent before us knew of it. */
  remember(known: KnownInstance): void {
    this.continues = known.id;
    this.#losses.remember(known.segments);
  }

  /** What to remember; undefined while a gap is not acknowledged, which forgetting now would lose. */
  toRemember(): KnownInstance | undefined {
    if (this.id === null || !this.#losses.areTold) return undefined;
    const segments = this.segments.flatMap(({ name, size, held, done }) =>
      name === null ? [] : [{ name, size, missingFrom: held.firstMissing(0), done }],
    );
    const { directoryId, key } = this.origin;
    return { directoryId, key, id: this.id, segments, ended: this.isToldEnded };
  }

  /** The files of this instance as a scan has just found them. */
  update(found: readonly FoundFile[]): void {
    const seen = this.segments.flatMap(({ name, file }) => (name === null || file === null ? [] : [name]));
    if (this.#segments.update(found, this.endedSinceMs !== null)) this.#askAgain();
    const gap = gapBetweenScans(seen, this.segments, this.#context.settings.rotatedFilesMax);
    if (gap) this.#losses.say(gap);
    for (const segment of this.segments) {
      if (!segment.isLost) continue;
      this.#losses.lose(segment, segment.held.firstMissing(0), segment.size, 'deleted-before-read');
      segment.finish();
    }
    this.polls.atOnce();
    this.isDirty = true;
  }

  get hasClosedFile(): boolean {
    return this.#segments.hasClosedFile;
  }

  /** What the spool kept of a file that is gone. */
  adoptCopy(segment: Segment): void {
    this.#segments.adoptCopy(segment);
    this.#segments.markFinal(this.endedSinceMs !== null);
    this.#askAgain();
  }

  /** Nothing comes of looking at it again before one of its files is written to, or comes or goes. */
  get isAtRest(): boolean {
    if (this.#inflating || this.inFlight > 0 || this.#turns.isPlanned || this.#losses.areWaiting) return false;
    if (this.segments.some(({ done, finalSinceMs }) => !done && finalSinceMs !== null)) return false;
    return this.endedSinceMs === null || this.isFinished;
  }

  /** Looks at the open files; then `nextReadyMs` tells whether there is something to read. */
  poll(now: number): void {
    this.polls.polled(now);
    try {
      if (this.#segments.poll(now)) this.#askAgain();
    } catch (error) {
      this.#trouble('a log file cannot be read', error);
    }
    this.#planTurn(now);
  }

  /** The file that is written to has been renamed since it was found: there is a new one to be found. */
  get isRotated(): boolean {
    return this.#segments.isRotated;
  }

  /** When it is read next; never, as far as is known, where there is nothing to read or the server is to be asked first. */
  get nextReadyMs(): number {
    return this.state === 'reading' ? this.#turns.nextMs : Number.POSITIVE_INFINITY;
  }

  /** A container that has written nothing is offered once its id is known: it is an instance like any other. */
  get needsResolve(): boolean {
    const isSilent = this.id === null && this.containerId !== null;
    return this.state === 'new' && (isSilent || this.segments.some(({ name }) => name !== null));
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
    this.isDirty = true;
    if (answer.deleted) {
      this.drop();
      return;
    }
    this.state = 'reading';
    const { rotatedFilesMax } = this.#context.settings;
    for (const segment of this.segments) {
      if (segment.name === null || segment.resolved) continue;
      if (!offered.includes(segment.name)) this.state = 'new';
      else this.#adopt(segment, answer);
    }
    const mtimeMs = this.segments[0]?.file?.mtimeMs ?? this.#context.wallMs();
    this.#reader.begin(answer.id, Math.floor(mtimeMs / 1000));
    this.#losses.account(this.segments, { startedMs: this.#startMs, rotatedFilesMax });
    this.#segments.closeDone();
    this.#planTurn(this.#context.monotonicMs());
  }

  /** What was handed out no longer counts: the server is asked again, and reading goes on from what it holds. */
  reset(): void {
    if (this.state === 'deleted') return;
    this.state = 'new';
    this.#generation++;
    this.inFlight = 0;
    this.#losses.reset();
    this.#reader.abandon();
    this.isToldEnded = false;
    this.#turns.callOff();
    for (const segment of this.segments) {
      const from = segment.held.firstMissing(0);
      if (segment.isGivenUp && from < segment.position)
        this.#losses.lose(segment, from, segment.position, 'spool-full');
      segment.forget();
    }
  }

  /** Deleted on purpose on the server. */
  drop(): void {
    this.state = 'deleted';
    this.#reader.abandon();
    for (const segment of this.segments) segment.finish();
  }

  close(): void {
    for (const segment of this.segments) segment.close();
  }

  /** Nothing more will be written to it. */
  end(): void {
    if (this.endedSinceMs !== null) return;
    this.endedSinceMs = this.#context.monotonicMs();
    this.#segments.markFinal(true);
    this.polls.atOnce();
  }

  /** The store has dealt with the piece; pieces of an earlier generation are ignored. */
  acknowledge(piece: Piece, generation: number): void {
    if (generation !== this.#generation || this.state === 'deleted') return;
    this.inFlight--;
    this.isDirty = true;
    this.#losses.acknowledge(piece);
    for (const { segment: name, from, to } of piece.covers) {
      this.segments.find((segment) => segment.name === name)?.held.add(from, to);
    }
    this.#segments.closeDone();
  }

  /** The store will never take it: what it covers is missing, and that is said. */
  refused(piece: Piece, generation: number): void {
    if (generation !== this.#generation) return;
    this.#losses.refused(piece);
    this.acknowledge(piece, generation);
    this.#planTurn(this.#context.monotonicMs());
  }

  /** Reads on, about one chunk. Pieces are in file order; none where nothing can be made of what is there. */
  turn(now: number): Piece[] {
    const pieces = this.#losses.take(this.id!);
    this.#turns.taken(now);
    try {
      pieces.push(...this.#reader.read(now, this.endedSinceMs !== null, this.excluded));
    } catch (error) {
      this.#trouble('a log file cannot be read; trying again', error);
      this.#turns.plan(now + TROUBLE_MS);
    }
    this.inFlight += pieces.length;
    this.#segments.closeDone();
    this.#planTurn(now);
    return pieces;
  }

  /** Segments whose file is gone and whose bytes the server does not have: they would be lost with this process. */
  vanishing(now: number): readonly Segment[] {
    const vanished = this.#segments.vanished();
    for (const segment of vanished) if (segment.isCompressed) this.#inflate(segment);
    return vanished.filter((segment) => segment.isUnkept && this.#segments.isSettled(segment, now));
  }

  /** There is no room to keep what is left of it. */
  giveUp(segment: Segment): void {
    // What was read and waits to be sent may still arrive.
    if (segment.position < segment.size) this.#losses.lose(segment, segment.position, segment.size, 'spool-full');
    segment.isGivenUp = true;
    segment.finish();
  }

  /** Plans the next turn: at once where a whole chunk waits. */
  #planTurn(now: number): void {
    // While a file is being inflated nothing can be read; looking again and again would only keep it from being done.
    if (this.#turns.isPlanned || this.state !== 'reading' || this.#inflating) return;
    if (this.#losses.areWaiting) this.#turns.plan(now);
    else if (this.#hasWork()) {
      if (this.#segments.unreadBytes >= this.#context.settings.chunkBytes || this.#reader.advanced)
        this.#turns.plan(now);
      else this.#turns.planUnhurried(now);
    }
  }

  #hasWork(): boolean {
    return this.#reader.hasWork(this.#context.monotonicMs(), this.endedSinceMs !== null);
  }

  #inflate(segment: Segment): void {
    if (this.#inflating) return;
    this.#inflating = true;
    const done = (error?: unknown) => {
      this.#inflating = false;
      if (error !== undefined) {
        this.#trouble('a compressed log file cannot be read', error);
        this.#losses.lose(segment, segment.position, null, 'unreadable');
        segment.finish();
      } else if (!segment.adoptOffered()) this.#rename(segment);
      this.#turns.callOff();
      this.#planTurn(this.#context.monotonicMs());
    };
    segment.inflate(this.#context.scratch).then(() => done(), done);
  }

  #adopt(segment: Segment, answer: ResolvedInstance): void {
    const held = answer.segments.find(({ segment: name }) => name === segment.name)?.held ?? [];
    try {
      if (!segment.adopt(held)) this.#rename(segment);
      else if (segment.position < segment.availableFrom) {
        this.#losses.lose(segment, segment.position, segment.availableFrom, 'deleted-before-read');
        segment.held.add(segment.position, segment.availableFrom);
      }
    } catch (error) {
      if (error instanceof FileMoved) {
        this.#segments.remove(segment);
        return;
      }
      this.#trouble('a log file cannot be read', error);
      segment.finish();
    }
  }

  #rename(segment: Segment): void {
    this.#log.warn('a log file begins like one that the server has, and goes on differently', {
      path: segment.file?.path,
    });
    segment.takeAlternateName();
    this.#askAgain();
  }

  #askAgain(): void {
    if (this.state === 'reading') this.state = 'new';
  }

  #trouble(message: string, error: unknown): void {
    this.#context.metrics.troubles.add(1, { kind: 'unreadable' });
    this.#log.error(message, { error: String(error) });
  }
}
