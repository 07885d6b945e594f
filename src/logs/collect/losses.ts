import type { Logger } from '../../telemetry/telemetry.ts';
import type { InstanceId } from '../batch/batch.ts';
import type { Piece } from './assemble.ts';
import { type Gap, gapPiece, gapsAtStart } from './gap.ts';
import type { CollectMetrics } from './metrics.ts';
import type { Segment } from './segment.ts';
import type { KnownSegment } from './state.ts';

export interface LossesOptions {
  metrics: CollectMetrics;
  wallMs(): number;
  /** Of the instance; made when there is something to say. */
  log(): Logger;
}

/**
 * What is known to be missing of one instance and the server has not been told yet.
 * Invariant: a gap is waiting, or on its way, until it is acknowledged; what was missing at the start is said once.
 */
export class Losses {
  readonly #options: LossesOptions;
  #waiting: Gap[] = [];
  #inFlight = new Set<Piece>();
  /** What was seen by the agent before us. */
  #known: readonly KnownSegment[] = [];
  #isAccounted = false;

  constructor(options: LossesOptions) {
    this.#options = options;
  }

  get areWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Everything was told, and heard, what was missing at the start included. */
  get areTold(): boolean {
    return this.#isAccounted && this.#waiting.length === 0 && this.#inFlight.size === 0;
  }

  /** What the agent before us had seen. */
  remember(segments: readonly KnownSegment[]): void {
    this.#known = segments;
  }

  /** Says, the first time, what is missing before the first segment, and what vanished unread while nobody watched. */
  account(segments: readonly Segment[], limits: Parameters<typeof gapsAtStart>[2]): void {
    if (this.#isAccounted) return;
    this.#isAccounted = true;
    for (const gap of gapsAtStart(this.#known, segments, limits)) this.say(gap);
  }

  /** Asserts a gap; it goes out in order with what is read. */
  say(gap: Gap): void {
    this.#waiting.push(gap);
    this.#options.metrics.gaps.add(1, { reason: gap.reason });
    this.#options.log().warn('lines are missing', { ...gap });
  }

  /** A part of one segment; a file that has not got a name yet was not known to hold anything. */
  lose({ name }: Segment, from: number, to: number | null, reason: Gap['reason']): void {
    if (name !== null) this.say({ segment: name, from, to, after: null, before: null, reason });
  }

  /** The store will never take the piece. */
  refused({ covers }: Piece): void {
    for (const { segment, from, to } of covers) {
      this.say({ segment, from, to, after: null, before: null, reason: 'unreadable' });
    }
  }

  /** A piece for each that waits. */
  take(instance: InstanceId): Piece[] {
    const pieces = this.#waiting.map((gap) => gapPiece(instance, gap, this.#options.wallMs()));
    for (const piece of pieces) this.#inFlight.add(piece);
    this.#waiting = [];
    return pieces;
  }

  acknowledge(piece: Piece): void {
    this.#inFlight.delete(piece);
  }

  /** What is on its way no longer counts: it is told again. */
  reset(): void {
    for (const { gap } of this.#inFlight) if (gap) this.#waiting.push(gap);
    this.#inFlight.clear();
  }
}
