import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { Fault, messageOf } from '../../base/fault.ts';
import type { HeldLock } from '../../base/lock.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import {
  type Frame,
  type FrameResult,
  type InstanceId,
  type LabelRecord,
  limits,
  type ResolvedInstance,
  type ResolveRequest,
  type ResolveResponse,
} from '../batch/batch.ts';
import type { BlockReader } from './block-reader.ts';
import type { Catalogue } from './catalogue.ts';
import type { Committer, Group } from './committer.ts';
import { type Bell, followBlocks } from './follow.ts';
import { followPushedBlocks } from './follow-pushed.ts';
import type { Housekeeping } from './housekeeping.ts';
import { keyOf, ListMemo } from './list-memo.ts';
import { listBlocks, readListedBlock } from './listed-blocks.ts';
import { listPushedBlocks, readListedPushedBlock } from './listed-pushed.ts';
import { listInstances } from './listing.ts';
import type { Packs } from './packs.ts';
import type { DeletedPayload } from './payloads.ts';
import { planFrames } from './plan.ts';
import type { PushedReader } from './pushed-reader.ts';
import type { Pusher } from './pusher.ts';
import { instanceInScope, readBlocks } from './read.ts';
import { readPushedBlocks, streamInScope } from './read-pushed.ts';
import { jsonPayload, type PlacedRecord, type RecordKind, recordKinds } from './record.ts';
import { heldOf, planResolve } from './resolve.ts';
import type {
  Instance,
  InstanceFilter,
  LineBlock,
  ListedBlock,
  ListedPushed,
  LogStore,
  PushedBlock,
  PushedFilter,
  PushedStream,
  PushedStreamLines,
  PushOutcome,
  PushWriter,
  ReadRange,
  Scope,
  StoreStatus,
  Wants,
} from './store.ts';

export interface StoreParts {
  epoch: string;
  packs: Packs;
  catalogue: Catalogue;
  cataloguePath: string;
  committer: Committer;
  reader: BlockReader;
  pushedReader: PushedReader;
  pusher: Pusher;
  bell: Bell;
  /** Positions of those who follow right now; merging keeps behind them where it can. */
  followers: Set<{ sequence: number }>;
  retention: { ageMs: number | null; bytesMax: number | null };
  lock: HeldLock;
  log: Logger;
  nowMs: () => number;
  housekeeping: Housekeeping;
}

/** The store over packs and catalogue. Invariant: nothing is answered that is not durable. */
export class DurableStore implements LogStore {
  readonly epoch: string;
  readonly #parts: StoreParts;
  readonly #closing = new AbortController();
  readonly #lists: ListMemo;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#lists = new ListMemo(parts.catalogue.database);
    this.epoch = parts.epoch;
  }

  async resolve(tenant: string, request: ResolveRequest): Promise<ResolveResponse> {
    const { catalogue } = this.#parts;
    if (request.offers.length > limits.offersMax) {
      throw new Fault(
        'bad-request',
        `${request.offers.length} offers in one request; offersMax is ${limits.offersMax}`,
      );
    }
    let ids: string[] = [];
    await this.#submit(16 * 1024, true, (group) => {
      ids = planResolve(catalogue, group, tenant, request, randomUUID);
    });
    const instances = ids.map((id, i) => heldOf(catalogue, tenant, id, request.offers[i]!));
    this.#markSeen(tenant, instances);
    return { epoch: this.epoch, instances };
  }

  async append(tenant: string, frames: readonly Frame[]): Promise<FrameResult[]> {
    const bytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
    let results: FrameResult[] = [];
    await this.#submit(bytes, false, (group) => {
      results = planFrames(this.#parts.catalogue, group, tenant, frames);
    });
    return results;
  }

  instances(scope: Scope, filter: InstanceFilter): Instance[] {
    this.#requireOpen();
    const list = () => listInstances(this.#parts.catalogue, scope, filter);
    return filter.labels ? list() : this.#lists.get(keyOf('instances', scope, filter), list);
  }

  revision(): string {
    this.#requireOpen();
    return String(this.#lists.changes());
  }

  async *read(scope: Scope, instance: InstanceId, range: ReadRange): AsyncGenerator<LineBlock> {
    this.#requireOpen();
    try {
      yield* readBlocks(this.#parts.catalogue, this.#parts.reader, scope, instance, range);
    } catch (error) {
      this.#requireOpen();
      throw error;
    }
  }

  list(scope: Scope, instance: InstanceId, range: Parameters<LogStore['list']>[2]): ListedBlock[] {
    this.#requireOpen();
    const list = () => listBlocks(this.#parts.catalogue, this.#parts.packs, scope, instance, range);
    return this.#lists.get(keyOf(instance, scope, range), list);
  }

  async *readListed(scope: Scope, block: ListedBlock): AsyncGenerator<LineBlock> {
    this.#requireOpen();
    try {
      yield* readListedBlock(this.#parts.catalogue, this.#parts.reader, scope, block);
    } catch (error) {
      this.#requireOpen();
      throw error;
    }
  }

  async *follow(scope: Scope, after: number, wants: Wants, signal: AbortSignal): AsyncGenerator<LineBlock> {
    const { catalogue, reader, bell, nowMs, followers } = this.#parts;
    const lastSequence = () => catalogue.watermark.sequence;
    const progress = { sequence: after };
    followers.add(progress);
    try {
      const either = AbortSignal.any([signal, this.#closing.signal]);
      yield* followBlocks({ catalogue, reader, bell, nowMs, lastSequence, progress }, scope, wants, either);
    } finally {
      followers.delete(progress);
    }
  }

  async deleteInstances(scope: Scope, ids: readonly InstanceId[]): Promise<void> {
    const { catalogue } = this.#parts;
    await this.#submit(4096, true, (group) => {
      const own = ids.map((id) => instanceInScope(catalogue, scope, id).id);
      const payload: DeletedPayload = { ids: own };
      if (own.length > 0) {
        group.records.push({ kind: recordKinds.deleted, tenant: scope.tenant, payload: jsonPayload(payload) });
      }
    });
  }

  async push(tenant: string, writer: PushWriter, entries: readonly PushedStreamLines[]): Promise<PushOutcome> {
    this.#requireOpen();
    return await this.#parts.pusher.push(tenant, writer, entries);
  }

  pushedStreams(scope: Scope, filter: PushedFilter = {}): PushedStream[] {
    this.#requireOpen();
    return this.#parts.catalogue.pushed.streams.index.list(scope, filter);
  }

  pushedLabels(scope: Scope, filter: PushedFilter = {}): LabelRecord[] {
    this.#requireOpen();
    return this.#parts.catalogue.pushed.streams.index.labels(scope, filter);
  }

  async *readPushed(scope: Scope, stream: string, range: ReadRange): AsyncGenerator<PushedBlock> {
    this.#requireOpen();
    try {
      yield* readPushedBlocks(this.#parts.catalogue, this.#parts.pushedReader, scope, stream, range);
    } catch (error) {
      this.#requireOpen();
      throw error;
    }
  }

  listPushed(scope: Scope, stream: string, range: Parameters<LogStore['listPushed']>[2]): ListedPushed[] {
    this.#requireOpen();
    const list = () => listPushedBlocks(this.#parts.catalogue, this.#parts.packs, scope, stream, range);
    return this.#lists.get(keyOf(stream, scope, range), list);
  }

  async *readListedPushed(scope: Scope, block: ListedPushed): AsyncGenerator<PushedBlock> {
    this.#requireOpen();
    try {
      yield* readListedPushedBlock(this.#parts.catalogue, this.#parts.pushedReader, scope, block);
    } catch (error) {
      this.#requireOpen();
      throw error;
    }
  }

  async *followPushed(
    scope: Scope,
    after: number,
    wants: (stream: PushedStream) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<PushedBlock> {
    const { catalogue, pushedReader: reader, bell, followers } = this.#parts;
    const progress = { sequence: after };
    followers.add(progress);
    try {
      const either = AbortSignal.any([signal, this.#closing.signal]);
      yield* followPushedBlocks({ catalogue, reader, bell, progress }, scope, wants, either);
    } finally {
      followers.delete(progress);
    }
  }

  async deletePushed(scope: Scope, ids: readonly string[]): Promise<void> {
    this.#requireOpen();
    const { catalogue, pusher } = this.#parts;
    await pusher.delete(
      scope,
      ids.map((id) => streamInScope(catalogue, scope, id).id),
    );
  }

  /** Does all background work now, instead of when it is due. */
  tidy(): Promise<void> {
    return this.#parts.housekeeping.tidy();
  }

  status(): StoreStatus {
    this.#requireOpen();
    const { catalogue, cataloguePath, committer, packs, retention } = this.#parts;
    const totals = catalogue.blocks.totals();
    const pushed = catalogue.pushed.totals();
    return {
      epoch: this.epoch,
      sequence: catalogue.watermark.sequence,
      instances: catalogue.instances.count(),
      pushedStreams: pushed.streams,
      blocks: totals.blocks + pushed.blocks,
      diskBytes: packs.totalBytes + fileBytes(cataloguePath) + fileBytes(`${cataloguePath}-wal`),
      textBytes: totals.text + pushed.text,
      compactTextBytes: totals.compact + pushed.compact,
      lineCount: totals.lines + pushed.lines,
      refusing: committer.refusing,
      retention: { ...retention },
    };
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Fault('unavailable', 'the store is closed'));
    const { catalogue, committer, packs, lock, housekeeping } = this.#parts;
    const finished = committer.close();
    await housekeeping.stop();
    await finished;
    await packs.close();
    catalogue.close();
    lock.release();
  }

  /** Only retention asks for it, so it is not worth a record, nor an error where the disk is full. */
  #markSeen(tenant: string, instances: readonly ResolvedInstance[]): void {
    const { catalogue, log, nowMs } = this.#parts;
    try {
      catalogue.transaction(() => {
        for (const { id } of instances)
          catalogue.instances.markSeen(catalogue.instances.find(tenant, id)!.row, nowMs());
      });
    } catch (error) {
      log.warn('when instances were last seen was not noted', { error: messageOf(error) });
    }
  }

  #requireOpen(): void {
    this.#closing.signal.throwIfAborted();
  }

  /** Rejects with Fault `unavailable` once the store is closed. */
  #submit(bytes: number, exclusive: boolean, plan: (group: Group) => void): Promise<void> {
    return this.#parts.committer.submit({ bytes, exclusive, plan });
  }
}

const linesAlone = new Set<RecordKind>([
  recordKinds.merged,
  recordKinds.expired,
  recordKinds.pushed,
  recordKinds.pushedRegrouped,
  recordKinds.pushedDeleted,
]);

/** Whether these records change what is known about instances beyond their lines. */
export function changesAttributes(records: readonly PlacedRecord[]): boolean {
  return records.some(({ record, frame }) => {
    if (linesAlone.has(record.kind)) return false;
    return (
      frame?.kind !== 'batch' && !(frame?.kind === 'facts' && frame.facts.every((fact) => fact.kind === 'progress'))
    );
  });
}

function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
