import type { Clock } from '../../../../base/clock.ts';
import type { Counter, MetricsRegistry } from '../../../../telemetry/telemetry.ts';
import type { BlockPlan, LabelRecord, Needle } from '../../../query/query.ts';
import { KnownFilters } from './known-filters.ts';
import type { ScanUnit, Shared } from './scan-protocol.ts';
import { type Answer, ScanThread } from './scan-thread.ts';
import { defaultScanSettings, type ScanSettings } from './settings.ts';

/** One reads while another waits in the thread, so that no thread waits for the main one. */
const batchesPerThreadMax = 2;
/** Scans that can be told to stop at a time. */
const slotsMax = 4096;
/** After so many threads that never came up, everything is read on the main thread. */
const failedStartsMax = 3;
/** A thread that does not heed the order to stop for this long is ended. */
const stopGraceMs = 2000;

export interface Batch {
  labels: readonly LabelRecord[];
  units: readonly ScanUnit[];
}

/** What one query has to do. */
export interface Scan {
  plan: BlockPlan;
  needles: readonly Needle[];
  /** The next batch, for the thread at a place; undefined: nothing for now. */
  next(slot: number): Batch | undefined;
  answered(batch: Batch, answer: Answer): void;
  /** The batch was never begun. */
  returned(batch: Batch): void;
  lost(error: Error): void;
  /** Whether there are threads may be another than before. */
  changed(): void;
}

interface Running {
  scan: Scan;
  number: number;
  slot: number;
  /** Batches in threads. */
  underWay: number;
  isOver: boolean;
  /** Aborts when it is over and nothing of it is in a thread any more. */
  gone: AbortController;
}

interface Assigned {
  number: number;
  batch: Batch;
  running: Running;
}

interface Member {
  thread: ScanThread;
  /** Its place among the threads: whoever takes it later gets the blocks that this one had. */
  slot: number;
  /** In the order in which it works on them. */
  assigned: Assigned[];
  idleSinceMs: number;
}

export interface ScanThreadsParts {
  clock: Clock;
  metrics: MetricsRegistry;
  settings?: Partial<ScanSettings>;
}

/**
 * Threads for all queries; they are started when there is something to read and ended when there was nothing for a while. Queries take
 * turns batch by batch. Invariant: a thread has at most `batchesPerThreadMax` batches, and a batch is in one thread at most.
 */
export class ScanThreads {
  readonly settings: ScanSettings;
  /** Of the blocks that queries look for something in. */
  readonly filters: KnownFilters;
  readonly #clock: Clock;
  readonly #shared: Shared;
  readonly #stops: Int32Array;
  readonly #bounds: BigInt64Array;
  readonly #members = new Set<Member>();
  /** The one whose turn it is comes first. */
  readonly #running: Running[] = [];
  readonly #closing = new AbortController();
  readonly #lostThreads: Counter;
  /** In a row. */
  #failedStarts = 0;
  #lastNumber = 0;
  #lastBatch = 0;
  #isSweeping = false;

  constructor({ clock, metrics, settings }: ScanThreadsParts) {
    this.#clock = clock;
    this.settings = { ...defaultScanSettings, ...settings };
    this.filters = new KnownFilters(this.settings.filterBytesMax);
    this.#shared = {
      stops: new SharedArrayBuffer(4 * slotsMax),
      bounds: new SharedArrayBuffer(8 * slotsMax),
      cacheBytesMax: this.settings.cacheBytesMax / Math.max(1, this.settings.threadsMax),
    };
    this.#stops = new Int32Array(this.#shared.stops);
    this.#bounds = new BigInt64Array(this.#shared.bounds);
    this.#lostThreads = metrics.counter(
      'taffrail_logs_scan_threads_lost_total',
      'Threads that read blocks of logs and ended unasked.',
    );
    metrics.observe('taffrail_logs_scan_threads', 'Threads that read blocks of logs for queries.', () => this.size);
  }

  get size(): number {
    return this.#members.size;
  }

  /** Whether one has come up; until then whoever waits may as well read small blocks himself. */
  get isReady(): boolean {
    return [...this.#members].some(({ thread }) => thread.isReady);
  }

  /** Whether one is on its way up. */
  get isComing(): boolean {
    return this.#members.size > 0;
  }

  /** Starts all of them, and waits until they have come up. */
  async start(): Promise<void> {
    while (this.#members.size < this.settings.threadsMax) this.#start();
    await Promise.all([...this.#members].map(({ thread }) => thread.started));
  }

  /** Starts one where there is none. It alone: what it compiles, two would compile at the same time. */
  summon(): void {
    if (this.#mayStart && this.#members.size === 0) this.#start();
  }

  begin(scan: Scan): Running {
    const number = (this.#lastNumber = (this.#lastNumber + 1) & 0x3fffffff) || (this.#lastNumber = 1);
    const running = { scan, number, slot: number % slotsMax, underWay: 0, isOver: false, gone: new AbortController() };
    const isBackward = scan.plan.kind === 'lines' && scan.plan.direction === 'backward';
    Atomics.store(this.#bounds, running.slot, isBackward ? -(2n ** 63n) : 2n ** 63n - 1n);
    this.#running.push(running);
    return running;
  }

  /** No line before (forward: at or after) this time can matter any more. */
  bound({ slot }: Running, time: bigint): void {
    Atomics.store(this.#bounds, slot, time);
  }

  /** Ends a scan; what is under way is told to stop. */
  end(running: Running): void {
    if (running.isOver) return;
    running.isOver = true;
    const at = this.#running.indexOf(running);
    if (at >= 0) this.#running.splice(at, 1);
    Atomics.store(this.#stops, running.slot, running.number);
    for (const { thread } of this.#members) if (!thread.isLost) thread.forget(running.number);
    if (running.underWay > 0) void this.#endDeaf(running);
  }

  /** Hands out what there is to do. */
  pump(): void {
    if (this.#closing.signal.aborted) return;
    let without = 0;
    while (without < this.#running.length) {
      const member = this.#freeMember();
      if (member === undefined) return;
      const running = this.#running.shift()!;
      this.#running.push(running);
      const batch = running.scan.next(member.slot);
      if (batch === undefined) without++;
      else {
        without = 0;
        this.#assign(member, running, batch);
      }
    }
  }

  /** For tests: what becomes of the others when a thread dies. */
  async endOne(): Promise<void> {
    const [member] = this.#members;
    await member?.thread.close();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#members].map(({ thread }) => thread.close()));
    this.#members.clear();
  }

  /** The one with least to do; another is started before a second batch is given to any. */
  #freeMember(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      if (!member.thread.isReady) continue;
      if (best === undefined || member.assigned.length < best.assigned.length) best = member;
    }
    if (best === undefined) this.summon();
    else if (best.assigned.length > 0 && this.#mayStart) this.#start();
    return best && best.assigned.length < batchesPerThreadMax ? best : undefined;
  }

  get #mayStart(): boolean {
    return this.#members.size < this.settings.threadsMax && this.#failedStarts < failedStartsMax;
  }

  #start(): void {
    const taken = new Set([...this.#members].map(({ slot }) => slot));
    let slot = 0;
    while (taken.has(slot)) slot++;
    const member: Member = {
      assigned: [],
      slot,
      idleSinceMs: this.#clock.monotonicMs(),
      thread: new ScanThread(this.#shared, this.settings.threadHeapMiBMax, {
        ready: () => {
          this.#failedStarts = 0;
          for (const { scan } of this.#running) scan.changed();
          this.pump();
        },
        answered: (answer) => this.#answered(member, answer),
        lost: (error) => this.#lost(member, error),
      }),
    };
    this.#members.add(member);
  }

  #assign(member: Member, running: Running, batch: Batch): void {
    const { number: plan, slot: stopSlot, scan } = running;
    const number = ++this.#lastBatch;
    running.underWay++;
    if (member.assigned.length === 0) member.thread.hold(true);
    member.assigned.push({ number, batch, running });
    member.thread.post(
      { kind: 'plan', plan, stopSlot, blockPlan: scan.plan, needles: scan.needles },
      { kind: 'batch', plan, batch: number, ...batch },
    );
  }

  #answered(member: Member, answer: Answer): void {
    const at = member.assigned.findIndex(({ number }) => number === answer.batch);
    const [{ batch, running }] = member.assigned.splice(at, 1) as [Assigned];
    if (member.assigned.length === 0) {
      member.thread.hold(false);
      member.idleSinceMs = this.#clock.monotonicMs();
      void this.#sweep();
    }
    running.underWay--;
    if (!running.isOver) running.scan.answered(batch, answer);
    else if (running.underWay === 0) running.gone.abort();
    this.pump();
  }

  /** What it was working on fails; what waited in it is given to another. */
  #lost(member: Member, error: Error): void {
    this.#members.delete(member);
    this.#lostThreads.add();
    if (!member.thread.isReady) this.#failedStarts++;
    const [first, ...others] = member.assigned;
    for (const { running } of member.assigned) running.underWay--;
    if (this.#closing.signal.aborted) return;
    if (first && !first.running.isOver) first.running.scan.lost(error);
    for (const { batch, running } of others) if (!running.isOver) running.scan.returned(batch);
    for (const { scan } of this.#running) scan.changed();
    this.pump();
  }

  /** A thread that does not see that it should stop is ended. */
  async #endDeaf(running: Running): Promise<void> {
    try {
      await this.#clock.sleep(stopGraceMs, AbortSignal.any([this.#closing.signal, running.gone.signal]));
    } catch {
      return;
    }
    for (const { thread, assigned } of this.#members) if (assigned[0]?.running === running) await thread.close();
  }

  /** Ends what has been idle for too long, until nothing is. */
  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      while (this.#members.size > 0) {
        await this.#clock.sleep(this.settings.threadIdleMs, this.#closing.signal);
        const limitMs = this.#clock.monotonicMs() - this.settings.threadIdleMs;
        for (const member of [...this.#members]) {
          if (member.assigned.length > 0 || member.idleSinceMs > limitMs) continue;
          this.#members.delete(member);
          await member.thread.close();
        }
      }
    } catch {
      // Closing.
    } finally {
      this.#isSweeping = false;
    }
  }
}
