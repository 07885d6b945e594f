import type { Clock } from '../../../base/clock.ts';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { FileLayer } from '../../../base/file-layer.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { ByteWriter } from '../chunk/byte-writer.ts';
import type { HeadWindow } from '../head/head-window.ts';
import type { TenantHead } from '../head/tenant-head.ts';
import { windowMs } from '../settings.ts';
import type { Appended } from '../store.ts';
import { type SlotSamples, writeDeleted, writeSamples, writeSeries } from './record.ts';
import { WalFile } from './wal-file.ts';

/** Samples of one write and sync. */
const groupSamplesMax = 2_000_000;
/** Left free on the disk, so that blocks can be cut and the WAL behind them removed. */
export const reservedBytesMax = 64 * 1024 * 1024;
/** On a small disk the reserve is this part of it. */
const RESERVED_SHARE = 0.05;
/** More than a sample takes in the WAL without its labels. */
const SAMPLE_BYTES = 24;

export interface AppendJob {
  head: TenantHead;
  samples: SlotSamples;
  /** Counts what becomes of them. */
  appended: Appended;
}

/** Samples of a job that are of one window. */
interface Part {
  job: AppendJob;
  samples: SlotSamples;
}

interface Waiting {
  samples: number;
  /** Runs alone, between two groups. */
  alone?: () => Promise<void> | void;
  job?: AppendJob;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface CommitterOptions {
  files: FileLayer;
  directory: string;
  clock: Clock;
  log: Logger;
  queuedSamplesMax: number;
  /** Called, in the order of the jobs, with what is on disk now. */
  apply: (head: TenantHead, samples: SlotSamples, job: AppendJob) => void;
}

/**
 * The one writer of the WAL: encodes, writes, syncs, applies, acknowledges, a group of calls at a time. Invariant: whenever no group is
 * under way, head and WAL hold the same samples, or a file waits in `#broken` to be cut back before the next write.
 */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #queue: Waiting[] = [];
  readonly #broken: WalFile[] = [];
  readonly #out = new ByteWriter(1 << 20);
  #queuedSamples = 0;
  #number: number;
  #running: Promise<void> | undefined;
  #closed = false;
  #refusing: string | null = null;

  /** `number` is the highest number of a file that was ever made. */
  constructor(options: CommitterOptions, number: number) {
    this.#options = options;
    this.#number = number;
  }

  get refusing(): string | null {
    return this.#refusing;
  }

  get queuedSamples(): number {
    return this.#queuedSamples;
  }

  /** Resolves when the samples are on disk and in the head. */
  append(job: AppendJob): Promise<void> {
    const { length } = job.samples;
    const { queuedSamplesMax } = this.#options;
    if (this.#queuedSamples > 0 && this.#queuedSamples + length > queuedSamplesMax) {
      const why = `${this.#queuedSamples} samples wait to be written (queuedSamplesMax is ${queuedSamplesMax})`;
      return Promise.reject(new Fault('overloaded', why));
    }
    return this.#submit({ samples: length, job });
  }

  /** Runs something while nothing is being written or applied. */
  alone(run: () => Promise<void> | void): Promise<void> {
    return this.#submit({ samples: 0, alone: run });
  }

  #submit(entry: Pick<Waiting, 'samples' | 'job' | 'alone'>): Promise<void> {
    if (this.#closed) return Promise.reject(new Fault('unavailable', 'the store of series is closed'));
    this.#queuedSamples += entry.samples;
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...entry, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Finishes what was submitted. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    for (const file of this.#broken) await file.close().catch(() => {});
  }

  async #run(): Promise<void> {
    // Whoever else submits in this turn of the event loop shares the group.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      if (this.#queue[0]!.alone) await this.#runAlone(this.#queue.shift()!);
      else await this.#runGroup(this.#gather());
    }
    this.#running = undefined;
  }

  async #runAlone({ alone, resolve, reject }: Waiting): Promise<void> {
    try {
      await alone!();
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  #gather(): Waiting[] {
    const members: Waiting[] = [];
    let samples = 0;
    while (this.#queue.length > 0 && !this.#queue[0]!.alone && samples < groupSamplesMax) {
      const next = this.#queue.shift()!;
      this.#queuedSamples -= next.samples;
      samples += next.samples;
      members.push(next);
    }
    return members;
  }

  async #runGroup(members: Waiting[]): Promise<void> {
    try {
      await this.#commit(members.map(({ job }) => job!));
      for (const { resolve } of members) resolve();
    } catch (error) {
      const fault = this.#faultOf(error);
      for (const { reject } of members) reject(fault);
    }
  }

  async #commit(jobs: readonly AppendJob[]): Promise<void> {
    while (this.#broken.length > 0) {
      await this.#broken[0]!.giveUp();
      this.#broken.shift();
    }
    const byWindow = new Map<HeadWindow, Part[]>();
    for (const job of jobs) splitByWindow(job, byWindow);
    await this.#requireSpace(jobs);
    // One after another: a process has one window being written, and two around the full hour.
    await this.#writeAll(byWindow);
    for (const parts of byWindow.values()) {
      for (const { job, samples } of parts) this.#options.apply(job.head, samples, job);
    }
    if (this.#refusing !== null) this.#options.log.info('the store takes samples again', { was: this.#refusing });
    this.#refusing = null;
  }

  async #writeAll(byWindow: ReadonlyMap<HeadWindow, Part[]>): Promise<void> {
    const written: { window: HeadWindow; file: WalFile; bytesBefore: number }[] = [];
    try {
      for (const [window, parts] of byWindow) {
        const file = (window.wal ??= await this.#create(window, parts[0]!.job.head.tenant));
        const bytesBefore = file.bytes;
        await this.#write(window, file, parts);
        written.push({ window, file, bytesBefore });
      }
    } catch (error) {
      // The group stands or falls as a whole: what other windows have of it is taken back.
      for (const { window, file, bytesBefore } of written) {
        file.rewind(bytesBefore);
        this.#giveUp(window, file);
      }
      throw error;
    }
  }

  async #write(window: HeadWindow, file: WalFile, parts: readonly Part[]): Promise<void> {
    const { index } = parts[0]!.job.head;
    const out = this.#out;
    out.at = 0;
    for (const { samples } of parts) {
      const fresh: number[] = [];
      for (let i = 0; i < samples.length; i++) if (file.define(samples.slots[i]!)) fresh.push(samples.slots[i]!);
      if (fresh.length > 0) writeSeries(out, fresh, (slot) => index.labels(slot));
      writeSamples(out, samples);
    }
    await this.#appendTo(window, file);
  }

  async #appendTo(window: HeadWindow, file: WalFile): Promise<void> {
    try {
      await file.append(this.#out.written());
    } catch (error) {
      this.#giveUp(window, file);
      throw error;
    }
  }

  #giveUp(window: HeadWindow, file: WalFile): void {
    window.oldWalBytes = window.walBytes;
    window.wal = undefined;
    this.#broken.push(file);
  }

  /** Removes samples of a window, durably. Only within `alone`. */
  async remove(
    head: TenantHead,
    window: HeadWindow,
    deleted: { slots: readonly number[]; minMs: number; maxMs: number },
  ): Promise<void> {
    const file = (window.wal ??= await this.#create(window, head.tenant));
    const out = this.#out;
    out.at = 0;
    const fresh = deleted.slots.filter((slot) => file.define(slot));
    if (fresh.length > 0) writeSeries(out, fresh, (slot) => head.index.labels(slot));
    writeDeleted(out, {
      ...deleted,
      minMs: Math.max(deleted.minMs, window.startMs),
      maxMs: Math.min(deleted.maxMs, window.endMs),
    });
    await this.#appendTo(window, file);
    for (const slot of deleted.slots) window.remove(slot, deleted.minMs, deleted.maxMs);
  }

  async #create(window: HeadWindow, tenant: string): Promise<WalFile> {
    const { files, directory } = this.#options;
    const file = await WalFile.create(files, directory, { startMs: window.startMs, number: ++this.#number, tenant });
    window.walNumbers.push(file.head.number);
    return file;
  }

  async #requireSpace(jobs: readonly AppendJob[]): Promise<void> {
    const { freeBytes, totalBytes } = await this.#options.files.space(this.#options.directory);
    const reserved = Math.min(reservedBytesMax, totalBytes * RESERVED_SHARE);
    const bytes = jobs.reduce((sum, { samples }) => sum + samples.length * SAMPLE_BYTES, 0);
    if (freeBytes - bytes >= reserved) return;
    throw new Fault('disk-full', `${freeBytes} bytes are free, of which ${Math.round(reserved)} are kept in reserve`, {
      hint: 'make room on the disk, or lower the retention',
    });
  }

  #faultOf(error: unknown): Fault {
    const { code } = error as { code?: unknown };
    const fault =
      error instanceof Fault
        ? error
        : code === 'ENOSPC' || code === 'EDQUOT'
          ? new Fault('disk-full', `the disk is full: ${messageOf(error)}`, { cause: error })
          : new Fault('unavailable', `the store of series cannot write: ${messageOf(error)}`, { cause: error });
    if (this.#refusing === null) {
      this.#options.log.error('the store refuses samples', { code: fault.code, error: fault.message });
    }
    this.#refusing = fault.message;
    return fault;
  }
}

function splitByWindow(job: AppendJob, byWindow: Map<HeadWindow, Part[]>): void {
  for (const [startMs, samples] of samplesByWindow(job.samples)) {
    const window = job.head.windowAt(startMs);
    const parts = byWindow.get(window);
    if (parts) parts.push({ job, samples });
    else byWindow.set(window, [{ job, samples }]);
  }
}

export function windowOf(timeMs: number): number {
  return Math.floor(timeMs / windowMs) * windowMs;
}

function samplesByWindow(samples: SlotSamples): [number, SlotSamples][] {
  const { times, length } = samples;
  if (length === 0) return [];
  const first = windowOf(times[0]!);
  let same = true;
  for (let i = 1; i < length && same; i++) same = times[i]! >= first && times[i]! < first + windowMs;
  if (same) return [[first, samples]];
  const indexes = new Map<number, number[]>();
  for (let i = 0; i < length; i++) {
    const startMs = windowOf(times[i]!);
    const others = indexes.get(startMs);
    if (others) others.push(i);
    else indexes.set(startMs, [i]);
  }
  return [...indexes].map(([startMs, picked]) => [startMs, pickSamples(samples, picked)]);
}

/** The samples at these indexes, bit by bit. */
export function pickSamples(samples: SlotSamples, indexes: readonly number[]): SlotSamples {
  const { slots, times, starts } = samples;
  const values = new Float64Array(indexes.length);
  const from = new Uint32Array(samples.values.buffer, samples.values.byteOffset, samples.values.length * 2);
  const to = new Uint32Array(values.buffer);
  indexes.forEach((index, at) => {
    to[2 * at] = from[2 * index]!;
    to[2 * at + 1] = from[2 * index + 1]!;
  });
  return {
    slots: Int32Array.from(indexes, (index) => slots[index]!),
    times: Float64Array.from(indexes, (index) => times[index]!),
    values,
    starts: starts && Float64Array.from(indexes, (index) => starts[index]!),
    length: indexes.length,
  };
}
