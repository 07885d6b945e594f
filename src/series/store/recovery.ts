import { join } from 'node:path';
import type { FileLayer } from '../../base/file-layer.ts';
import type { Logger } from '../../telemetry/telemetry.ts';
import { nothingAppended } from './accept.ts';
import type { TenantHead } from './head/tenant-head.ts';
import { applySamples, type Heads } from './heads.ts';
import type { StoreCounters } from './store-counters.ts';
import { pickSamples } from './wal/committer.ts';
import type { SlotSamples, WalRecord } from './wal/record.ts';
import { replayFile } from './wal/replay.ts';
import { type WalHead, walNumberOf } from './wal/wal-file.ts';

export interface RecoveryOptions {
  files: FileLayer;
  log: Logger;
  directory: string;
  heads: Heads;
  counters: StoreCounters;
  monotonicMs: number;
  /** Files whose samples are all in a block. */
  inBlocks: ReadonlySet<number>;
}

/** Fills the heads from the WAL files, in the order in which they were made. */
export async function recoverHeads(options: RecoveryOptions): Promise<{ numberMax: number }> {
  const { files, directory, heads, counters, inBlocks, monotonicMs } = options;
  const names = (await files.list(directory)).filter((name) => walNumberOf(name) !== undefined);
  names.sort((a, b) => walNumberOf(a)! - walNumberOf(b)!);
  let numberMax = 0;
  for (const name of names) {
    numberMax = walNumberOf(name)!;
    if (inBlocks.has(numberMax)) {
      await files.unlink(join(directory, name));
      continue;
    }
    const { damagedBytes } = await replayFile(options, directory, name, (head, bytes) =>
      applierOf(heads, head, bytes, monotonicMs),
    );
    if (damagedBytes > 0) counters.damagedBytes.add(damagedBytes);
  }
  return { numberMax };
}

/** Slots of a file are those of the process that wrote it: they are translated. */
function applierOf(heads: Heads, walHead: WalHead, bytes: number, monotonicMs: number): (record: WalRecord) => void {
  const head = heads.ensure(walHead.tenant);
  const window = head.windowAt(walHead.startMs);
  window.walNumbers.push(walHead.number);
  window.oldWalBytes += bytes;
  const slots = new Map<number, number>();
  return (record) => {
    if (record.kind === 'series') {
      for (const { slot, labels } of record.series) slots.set(slot, head.intern(labels, { seriesMax: 2 ** 26 }));
    } else if (record.kind === 'samples') {
      applySamples(head, translated(record.samples, slots), nothingAppended(), monotonicMs);
    } else {
      removeSamples(head, walHead.startMs, record, slots);
    }
  };
}

/** Samples whose series was defined in damaged bytes are left out. */
function translated(samples: SlotSamples, slots: ReadonlyMap<number, number>): SlotSamples {
  let lost = false;
  for (let i = 0; i < samples.length; i++) {
    const slot = slots.get(samples.slots[i]!) ?? 0;
    lost ||= slot === 0;
    samples.slots[i] = slot;
  }
  if (!lost) return samples;
  const known: number[] = [];
  for (let i = 0; i < samples.length; i++) if (samples.slots[i] !== 0) known.push(i);
  return pickSamples(samples, known);
}

function removeSamples(
  head: TenantHead,
  startMs: number,
  { slots, minMs, maxMs }: Extract<WalRecord, { kind: 'deleted' }>,
  known: ReadonlyMap<number, number>,
): void {
  for (const slot of slots) head.windowAt(startMs).remove(known.get(slot) ?? 0, minMs, maxMs);
}
