import { Fault } from '../../base/fault.ts';
import { type BatchHeader, decodeFrame, type Fact } from '../batch/batch.ts';
import { applyPushed, applyPushedDeleted, applyPushedMerged, applyPushedRegrouped } from './apply-pushed.ts';
import { parseParts } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import { changeOf } from './facts.ts';
import type { InstanceRow } from './instance-table.ts';
import { linkByContainerId } from './link.ts';
import {
  batchOf,
  type DamagedPayload,
  type DeletedPayload,
  decodeMerged,
  type ExpiredPayload,
  type ForgottenPayload,
  type InstanceStatePayload,
  type PodStatePayload,
  parsePayload,
  type ResolvedPayload,
  type StartedPayload,
} from './payloads.ts';
import { type PlacedRecord, type RecordKind, recordKinds } from './record.ts';

const changes: Record<RecordKind, (catalogue: Catalogue, placed: PlacedRecord) => void> = {
  [recordKinds.frame]: applyFrame,
  [recordKinds.resolved]: applyResolved,
  [recordKinds.started]: (catalogue, { record }) =>
    catalogue.setMeta('epoch', parsePayload<StartedPayload>(record).epoch),
  [recordKinds.deleted]: applyDeleted,
  [recordKinds.merged]: applyMerged,
  [recordKinds.expired]: applyExpired,
  [recordKinds.forgotten]: applyForgotten,
  [recordKinds.instanceState]: applyInstanceState,
  [recordKinds.podState]: applyPodState,
  [recordKinds.damaged]: applyDamaged,
  [recordKinds.pushed]: applyPushed,
  [recordKinds.pushedMerged]: applyPushedMerged,
  [recordKinds.pushedDeleted]: applyPushedDeleted,
  [recordKinds.pushedRegrouped]: applyPushedRegrouped,
};

/**
 * Brings the tables up to date with one record. The same code runs when the record is appended and when the packs are
 * replayed, so both come to the same tables. Runs inside a transaction.
 */
export function applyRecord(catalogue: Catalogue, placed: PlacedRecord): void {
  const change = changes[placed.record.kind];
  if (!change)
    throw new Fault('newer-format', `a pack holds a record of kind ${placed.record.kind}, which is not known`);
  change(catalogue, placed);
}

function applyFrame(catalogue: Catalogue, placed: PlacedRecord): void {
  const frame = placed.frame ?? decodeFrame(placed.record.payload);
  if (frame.kind === 'batch') applyBatch(catalogue, placed, frame.header);
  else for (const fact of frame.facts) applyFact(catalogue, placed, fact);
}

function applyBatch(catalogue: Catalogue, placed: PlacedRecord, header: BatchHeader): void {
  const { record, location } = placed;
  const instance = knownInstance(catalogue, placed, header.instance);
  if (instance.deleted || !catalogue.segments.isNew(instance.row, header.covers)) return;
  catalogue.blocks.add(
    {
      sequence: record.sequence,
      sequenceMin: record.sequence,
      instance: instance.row,
      segment: header.order.segment,
      offset: header.order.offset,
      offsetLast: header.order.offset,
      lineCount: header.lineCount,
      textBytes: header.textBytes,
      receivedMs: record.receivedMs,
      location,
      compact: false,
      parts: [{ sequence: record.sequence, offset: header.order.offset, lineCount: header.lineCount }],
    },
    { timeMin: BigInt(header.timeMin), timeMax: BigInt(header.timeMax) },
  );
  catalogue.segments.cover(instance.row, header.covers);
  catalogue.instances.addTally(instance.row, header, BigInt(header.timeMin), BigInt(header.timeMax));
}

function applyFact(catalogue: Catalogue, placed: PlacedRecord, fact: Fact): void {
  const { record, location } = placed;
  if (fact.kind === 'pod') {
    catalogue.pods.set(record.tenant, fact, record.receivedMs, location.pack);
    return;
  }
  if (!changeOf[fact.kind]) return; // a kind that a newer agent knows
  const instance = knownInstance(catalogue, placed, fact.instance);
  if (instance.deleted) catalogue.instances.markSeen(instance.row, record.receivedMs);
  else changeOf[fact.kind](catalogue, instance, fact as never, record.receivedMs);
}

function applyResolved(catalogue: Catalogue, { record, location }: PlacedRecord): void {
  const { tenant, sequence, receivedMs } = record;
  const { pack } = location;
  for (const resolved of parsePayload<ResolvedPayload>(record).instances) {
    const { id, key, namespace, pod, node, segments, containerId, aliases } = resolved;
    let instance = catalogue.instances.find(tenant, id);
    if (!instance) {
      catalogue.instances.insert({ id, tenant, key, namespace, pod, node, sequence, receivedMs, pack });
      instance = catalogue.instances.find(tenant, id)!;
    } else catalogue.instances.setPlace(instance.row, key, namespace, pod, node);
    for (const alias of aliases)
      if (!catalogue.instances.find(tenant, alias)) catalogue.instances.addAlias(instance.row, alias);
    for (const segment of segments) catalogue.segments.know(instance.row, segment);
    catalogue.instances.markSeen(instance.row, receivedMs);
    if (containerId !== null) linkByContainerId(catalogue, instance, containerId);
  }
}

function applyDeleted(catalogue: Catalogue, placed: PlacedRecord): void {
  const { record } = placed;
  for (const id of parsePayload<DeletedPayload>(record).ids) {
    const instance = knownInstance(catalogue, placed, id);
    catalogue.blocks.removeOfInstance(instance.row);
    catalogue.segments.clear(instance.row);
    catalogue.instances.markDeleted(instance.row);
  }
  catalogue.setPurgeThrough(placed.location.pack);
}

function applyMerged(catalogue: Catalogue, placed: PlacedRecord): void {
  const { record, location } = placed;
  const { header, frame } = decodeMerged(record.payload);
  const { header: batch, form } = batchOf(frame);
  const instance = knownInstance(catalogue, placed, header.instance);
  for (const sequence of header.replaces) catalogue.blocks.remove(sequence);
  if (instance.deleted) return;
  const single = [{ sequence: header.sequence, offset: header.offset, lineCount: batch.lineCount }];
  catalogue.blocks.add(
    {
      sequence: header.sequence,
      sequenceMin: header.sequenceMin,
      instance: instance.row,
      segment: header.segment,
      offset: header.offset,
      offsetLast: header.offsetLast,
      lineCount: batch.lineCount,
      textBytes: batch.textBytes,
      receivedMs: header.receivedMs,
      location,
      compact: form === 'compact',
      parts: header.parts === null ? single : parseParts(header.parts),
    },
    { timeMin: BigInt(batch.timeMin), timeMax: BigInt(batch.timeMax) },
  );
}

function applyExpired(catalogue: Catalogue, { record }: PlacedRecord): void {
  const { blocks } = parsePayload<ExpiredPayload>(record);
  removeBlocks(catalogue, blocks);
  // Numbers are of one order, so each names a block of either kind.
  catalogue.pushed.removeBlocks(blocks.filter((sequence) => catalogue.pushed.block(sequence)));
}

function applyDamaged(catalogue: Catalogue, placed: PlacedRecord): void {
  const { instance, block, ...place } = parsePayload<DamagedPayload>(placed.record);
  removeBlocks(catalogue, [block]);
  const { row, deleted } = knownInstance(catalogue, placed, instance);
  if (!deleted) catalogue.segments.assertGap(row, { ...place, after: null, before: null, reason: 'damaged' });
}

function removeBlocks(catalogue: Catalogue, sequences: readonly number[]): void {
  const tallies = new Map<number, { lineCount: number; textBytes: number }>();
  for (const sequence of sequences) {
    const block = catalogue.blocks.get(sequence);
    if (!block) continue;
    const tally = tallies.get(block.instance) ?? { lineCount: 0, textBytes: 0 };
    tally.lineCount += block.lineCount;
    tally.textBytes += block.textBytes;
    tallies.set(block.instance, tally);
    catalogue.blocks.remove(sequence);
  }
  for (const [row, tally] of tallies) catalogue.instances.removeTally(row, tally);
}

function applyForgotten(catalogue: Catalogue, { record }: PlacedRecord): void {
  const { ids, pods, pushed = [] } = parsePayload<ForgottenPayload>(record);
  for (const id of pushed) catalogue.pushed.tombstones.forget(id);
  for (const id of ids) {
    const instance = catalogue.instances.find(record.tenant, id);
    if (!instance) continue;
    catalogue.blocks.removeOfInstance(instance.row);
    catalogue.segments.removeOfInstance(instance.row);
    catalogue.instances.remove(instance.row);
  }
  for (const { cluster, podUid } of pods) catalogue.pods.remove(record.tenant, cluster, podUid);
}

function applyInstanceState(catalogue: Catalogue, placed: PlacedRecord): void {
  const { record, location } = placed;
  const state = parsePayload<InstanceStatePayload>(record);
  const { row } = knownInstance(catalogue, placed, state.columns.id as string);
  for (const id of state.aliases) {
    const other = catalogue.instances.find(record.tenant, id);
    if (other && other.row !== row) {
      catalogue.blocks.move(other.row, row);
      catalogue.segments.removeOfInstance(other.row);
      catalogue.instances.remove(other.row);
    }
    catalogue.instances.addAlias(row, id);
  }
  catalogue.instances.restore(row, state.columns);
  catalogue.segments.removeOfInstance(row);
  for (const { name, coverage } of state.segments) catalogue.segments.restore(row, name, coverage);
  catalogue.segments.replaceGaps(row, state.gaps);
  catalogue.instances.noteState(row, location.pack, location.bytes);
}

function applyPodState(catalogue: Catalogue, { record, location }: PlacedRecord): void {
  const { fact, receivedMs, states } = parsePayload<PodStatePayload>(record);
  const row = catalogue.pods.set(record.tenant, fact, receivedMs, location.pack);
  catalogue.pods.replaceStates(row, states);
  catalogue.pods.noteState(row, location.pack, location.bytes);
}

/**
 * In a replay, what made an instance known may lie in a pack that is gone; its state record comes further on and fills
 * in what is blank here.
 */
function knownInstance(catalogue: Catalogue, { record, location }: PlacedRecord, id: string): InstanceRow {
  const { tenant, sequence, receivedMs } = record;
  const known = catalogue.instances.find(tenant, id);
  if (known) return known;
  const { pack } = location;
  const key = { cluster: '', podUid: '', container: '', attempt: 0 };
  catalogue.instances.insert({ id, tenant, key, namespace: '', pod: '', node: '', sequence, receivedMs, pack });
  return catalogue.instances.find(tenant, id)!;
}
