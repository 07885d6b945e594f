import { decodePushedFrame, decodePushedRuns } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import { decodeMerged, type PushedDeletedPayload, type PushedMergedHeader, parsePayload } from './payloads.ts';
import type { PlacedRecord } from './record.ts';

/* What records about pushed lines change in the tables. */

export function applyPushed(catalogue: Catalogue, { record, location, runs: known }: PlacedRecord): void {
  const { sequence, tenant, receivedMs } = record;
  const frame = decodePushedFrame(record.payload);
  const runs = known ?? decodePushedRuns(frame);
  const { textBytes } = frame.header;
  const block = {
    sequence,
    sequenceMin: sequence,
    tenant,
    runCount: runs.length,
    textBytes,
    receivedMs,
    location,
    compact: false,
  };
  catalogue.pushed.add(block, runs, () => null);
}

export function applyPushedMerged(catalogue: Catalogue, { record, location }: PlacedRecord): void {
  const { header, frame: bytes } = decodeMerged<PushedMergedHeader>(record.payload);
  const frame = decodePushedFrame(bytes);
  const runs = decodePushedRuns(frame);
  const { sequence, sequenceMin, receivedMs, replaces, parts } = header;
  const { textBytes } = frame.header;
  const block = {
    sequence,
    sequenceMin,
    tenant: record.tenant,
    runCount: runs.length,
    textBytes,
    receivedMs,
    location,
    compact: frame.form === 'compact',
  };
  catalogue.pushed.replace(replaces, block, runs, parts);
}

export function applyPushedDeleted(catalogue: Catalogue, { record, location }: PlacedRecord): void {
  const { tenant, sequence: ownSequence, receivedMs } = record;
  for (const { id, through, sequence, deletedMs } of parsePayload<PushedDeletedPayload>(record).streams) {
    const tombstone = { id, tenant, through: BigInt(through), sequence: sequence ?? ownSequence };
    catalogue.pushed.bury({ ...tombstone, deletedMs: deletedMs ?? receivedMs }, location);
    if (sequence === null) catalogue.setPurgeThrough(location.pack);
  }
}
