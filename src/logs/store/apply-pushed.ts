import { decodePushedFrame, decodePushedRuns, type PushedFrame } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import {
  decodeMerged,
  type PushedDeletedPayload,
  type PushedMergedHeader,
  type PushedRegroupedHeader,
  parsePayload,
} from './payloads.ts';
import type { PushedBlockRow } from './pushed-rows.ts';
import type { PlacedRecord } from './record.ts';

/* What records about pushed lines change in the tables. */

export function applyPushed(catalogue: Catalogue, placed: PlacedRecord): void {
  const { sequence, receivedMs, payload } = placed.record;
  const frame = decodePushedFrame(payload);
  const runs = placed.runs ?? decodePushedRuns(frame);
  const own = { sequence, sequenceMin: sequence, sequenceMax: sequence, receivedMs, receivedMinMs: receivedMs };
  catalogue.pushed.add(blockOf(placed, frame, own), runs, () => null);
}

export function applyPushedRegrouped(catalogue: Catalogue, placed: PlacedRecord): void {
  const { header, frame: bytes } = decodeMerged<PushedRegroupedHeader>(placed.record.payload);
  const { sequenceMin, sequenceMax, receivedMs, receivedMinMs, parts } = header;
  let sequence = 0;
  const taken = header.blocks.map((difference, i) => {
    return { block: (sequence += difference), positions: header.runs[i]! };
  });
  const frame = decodePushedFrame(bytes);
  const own = { sequence: placed.record.sequence, sequenceMin, sequenceMax, receivedMs, receivedMinMs };
  const block = blockOf(placed, frame, own);
  if (header.isCopy && catalogue.pushed.move(taken[0]!.block, block)) return;
  catalogue.pushed.replace(taken, block, placed.runs ?? decodePushedRuns(frame), parts);
}

/** Of a build from before `pushedRegrouped`: whole blocks were replaced, and the latest part named the new one. */
export function applyPushedMerged(catalogue: Catalogue, placed: PlacedRecord): void {
  const { header, frame: bytes } = decodeMerged<PushedMergedHeader>(placed.record.payload);
  const { sequence, sequenceMin, receivedMs, replaces, parts } = header;
  const frame = decodePushedFrame(bytes);
  const runs = decodePushedRuns(frame);
  const own = { sequence, sequenceMin, sequenceMax: sequence, receivedMs, receivedMinMs: receivedMs };
  const taken = replaces.map((block) => ({ block, positions: null }));
  catalogue.pushed.replace(taken, blockOf(placed, frame, own), runs, parts);
}

function blockOf(
  { record, location }: PlacedRecord,
  { header, form }: PushedFrame,
  own: Pick<PushedBlockRow, 'sequence' | 'sequenceMin' | 'sequenceMax' | 'receivedMs' | 'receivedMinMs'>,
): PushedBlockRow {
  const { tenant } = record;
  return {
    ...own,
    tenant,
    runCount: header.runCount,
    textBytes: header.textBytes,
    location,
    compact: form === 'compact',
  };
}

export function applyPushedDeleted(catalogue: Catalogue, { record, location }: PlacedRecord): void {
  const { tenant, sequence: ownSequence, receivedMs } = record;
  for (const { id, through, sequence, deletedMs } of parsePayload<PushedDeletedPayload>(record).streams) {
    const tombstone = { id, tenant, through: BigInt(through), sequence: sequence ?? ownSequence };
    catalogue.pushed.bury({ ...tombstone, deletedMs: deletedMs ?? receivedMs }, location);
    if (sequence === null) catalogue.setPurgeThrough(location.pack);
  }
}
