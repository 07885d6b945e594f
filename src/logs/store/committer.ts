import type { Clock } from '../../base/clock.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import type { FileLayer } from '../../base/file-layer.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import type { Frame, PushedRun } from '../batch/batch.ts';
import { applyRecord } from './apply.ts';
import type { Catalogue } from './catalogue.ts';
import type { Coverage } from './coverage.ts';
import type { Packs } from './packs.ts';
import type { PlacedRecord, RecordDraft, StoredRecord } from './record.ts';

/** One write and sync takes jobs until they come to this. */
const groupBytesMax = 32 * 1024 * 1024;
/** What waits to be written; beyond it appends are refused with `overloaded`. */
export const queuedBytesMax = 128 * 1024 * 1024;
/** Left free on the disk so that the catalogue can still commit and old packs can be rewritten. */
export const reservedBytesMax = 64 * 1024 * 1024;
/** On a small disk the reserve is this part of it. */
const RESERVED_SHARE = 0.05;

/** What the jobs of one group have agreed on so far: nothing of it is in the catalogue yet. */
export interface Group {
  readonly records: (RecordDraft & { frame?: Frame | undefined; runs?: readonly PushedRun[] | undefined })[];
  /** Coverage as it will be, by `row/segment`. */
  readonly coverage: Map<string, Coverage>;
}

export interface Job {
  /** About how much it will write. */
  bytes: number;
  /** It needs a group to itself: what it writes depends on, or changes, more than coverage. */
  exclusive: boolean;
  /** Adds records to the group. The catalogue holds all that was acknowledged before. Throwing refuses this job alone. */
  plan(group: Group): void;
  /** Begins another pack first. */
  rolls?: boolean;
  /** It makes room in the end, so it may use what is kept in reserve. Only for exclusive jobs. */
  makesRoom?: boolean;
}

interface Waiting {
  job: Job;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface CommitterOptions {
  packs: Packs;
  catalogue: Catalogue;
  files: FileLayer;
  directory: string;
  clock: Clock;
  log: Logger;
  /** Called after each commit with the position of the newest record. */
  committed: (sequence: number, records: readonly PlacedRecord[]) => void;
}

/**
 * The one writer: plans, writes, syncs, indexes, acknowledges, a group of jobs at a time. Invariant: whenever no group is
 * under way, the packs end where the catalogue's watermark is, or `#torn` is set and they are cut back before the next write.
 */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #queue: Waiting[] = [];
  #queuedBytes = 0;
  #sequence: number;
  #running: Promise<void> | undefined;
  #torn = false;
  #closed = false;
  #refusing: string | null = null;

  /** `sequence` is the highest number that was ever given out. */
  constructor(options: CommitterOptions, sequence: number) {
    this.#options = options;
    this.#sequence = sequence;
  }

  get refusing(): string | null {
    return this.#refusing;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Takes nothing more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Resolves when what the job planned is durable and indexed. */
  submit(job: Job): Promise<void> {
    if (this.#closed) return Promise.reject(new Fault('unavailable', 'the store is closed'));
    if (this.#queuedBytes > 0 && this.#queuedBytes + job.bytes > queuedBytesMax) {
      const why = `${this.#queuedBytes} bytes wait to be written (queuedBytesMax is ${queuedBytesMax})`;
      return Promise.reject(new Fault('overloaded', why));
    }
    this.#queuedBytes += job.bytes;
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Begins another pack, so that the current one can be removed. */
  roll(): Promise<void> {
    return this.submit({ bytes: 0, exclusive: true, rolls: true, makesRoom: true, plan: () => {} });
  }

  /** Finishes what was submitted. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // Whoever else submits in this turn of the event loop shares the group.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const { group, members } = this.#gather();
      try {
        await this.#commit(group, members[0]?.job);
        for (const member of members) member.resolve();
      } catch (error) {
        const fault = this.#faultOf(error);
        for (const member of members) member.reject(fault);
      }
    }
    this.#running = undefined;
  }

  /** Takes jobs from the queue and lets them plan. */
  #gather(): { group: Group; members: Waiting[] } {
    const group: Group = { records: [], coverage: new Map() };
    const members: Waiting[] = [];
    let bytes = 0;
    while (this.#queue.length > 0 && bytes < groupBytesMax) {
      const next = this.#queue[0]!;
      if (next.job.exclusive && members.length > 0) break;
      this.#queue.shift();
      this.#queuedBytes -= next.job.bytes;
      bytes += next.job.bytes;
      const planned = group.records.length;
      try {
        next.job.plan(group);
        members.push(next);
      } catch (error) {
        group.records.length = planned;
        next.reject(error);
        // What it said of coverage is not to be: whoever planned in good faith before it goes ahead, nobody after it.
        break;
      }
      if (next.job.exclusive) break;
    }
    return { group, members };
  }

  async #commit(group: Group, first: Job | undefined): Promise<void> {
    const { packs, catalogue, clock } = this.#options;
    if (this.#torn) {
      await packs.cutTo(catalogue.watermark);
      this.#torn = false;
    }
    if (!first?.makesRoom) await this.#requireSpace(group);
    if (first?.rolls) {
      this.#torn = true;
      await packs.roll();
      catalogue.advance({ ...catalogue.watermark, ...packs.end }, () => {});
      this.#torn = false;
    }
    if (group.records.length > 0) {
      const receivedMs = clock.nowMs();
      const records = group.records.map((draft): StoredRecord => {
        return { ...draft, sequence: ++this.#sequence, receivedMs };
      });
      this.#torn = true;
      const locations = await packs.append(records);
      const placed = records.map((record, i): PlacedRecord => {
        const { frame, runs } = group.records[i]!;
        return { record, location: locations[i]!, frame, runs };
      });
      catalogue.advance({ ...packs.end, sequence: this.#sequence, last: locations.at(-1)! }, () => {
        for (const each of placed) applyRecord(catalogue, each);
      });
      this.#torn = false;
      this.#options.committed(this.#sequence, placed);
    }
    if (first?.makesRoom) return;
    if (this.#refusing !== null) this.#options.log.info('the store takes lines again', { was: this.#refusing });
    this.#refusing = null;
  }

  async #requireSpace(group: Group): Promise<void> {
    const { freeBytes, totalBytes } = await this.#options.files.space(this.#options.directory);
    const reserved = Math.min(reservedBytesMax, totalBytes * RESERVED_SHARE);
    const bytes = group.records.reduce((sum, record) => sum + record.payload.length, 0);
    if (freeBytes - bytes >= reserved) return;
    throw new Fault('disk-full', `${freeBytes} bytes are free, of which ${Math.round(reserved)} are kept in reserve`, {
      hint: 'make room on the disk, or lower the retention',
    });
  }

  #faultOf(error: unknown): Fault {
    const { code, errcode } = error as { code?: unknown; errcode?: unknown };
    const full = code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_FULL;
    const fault =
      error instanceof Fault
        ? error
        : full
          ? new Fault('disk-full', `the disk is full: ${messageOf(error)}`, { cause: error })
          : new Fault('unavailable', `the store cannot write: ${messageOf(error)}`, { cause: error });
    if (this.#refusing === null) {
      this.#options.log.error('the store refuses lines', { code: fault.code, error: fault.message });
    }
    this.#refusing = fault.message;
    return fault;
  }
}

const SQLITE_FULL = 13;
