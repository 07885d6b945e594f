import type { FileLayer } from '../../../base/file-layer.ts';
import { compareLabels, type Labels } from '../../query/query.ts';
import { Block } from '../block/block.ts';
import { BlockCache } from '../block/block-cache.ts';
import type { BlockMeta } from '../block/block-meta.ts';
import { type BlockOrigin, BlockWriter } from '../block/block-writer.ts';
import { Tombstone, type TombstoneRecord } from '../block/tombstones.ts';
import { chunkSamplesMax } from '../chunk/chunk.ts';
import { type FrozenWindow, HeadWindow } from '../head/head-window.ts';
import { allParts, type BlockPart } from '../read/block-parts.ts';
import { mergeSamples } from '../read/merge-samples.ts';
import { LabelsReader, labelOrder, type PackedLabels } from '../read/packed-labels.ts';

/** Pages and index of each block that is compacted. */
const compactionCacheBytesMax = 8 * 1024 * 1024;
/** Chunks below this are joined with what follows them. */
const JOINED_BELOW = chunkSamplesMax / 2;

/** A window of the head becomes a block. */
export interface CutTask {
  kind: 'cut';
  path: string;
  origin: BlockOrigin;
  window: FrozenWindow;
  /** In the order of the window's local numbers. */
  labels: PackedLabels;
}

/** Blocks become one; what was deleted is left out. */
export interface CompactTask {
  kind: 'compact';
  path: string;
  origin: BlockOrigin;
  directory: string;
  /** In the order in which their samples stand. */
  inputs: { number: number; tombstones: TombstoneRecord[] }[];
}

export type BlockTask = CutTask | CompactTask;

/** Writes the file of the task. What a failed job leaves is for the caller to remove. */
export async function runBlockTask(files: FileLayer, task: BlockTask): Promise<BlockMeta> {
  const writer = await BlockWriter.create(files, task.path);
  try {
    if (task.kind === 'cut') await cut(writer, task);
    else await compact(files, writer, task);
    return await writer.finish(task.origin);
  } catch (error) {
    await writer.abandon().catch(() => {});
    throw error;
  }
}

async function cut(writer: BlockWriter, { window: frozen, labels }: CutTask): Promise<void> {
  const window = new HeadWindow(frozen.startMs, frozen.endMs, frozen);
  const reader = new LabelsReader(labels);
  const columns = new Columns();
  for (const local of labelOrder(labels)) {
    const into = columns.ofLength(window.samplesOf(local));
    const count = window.read(local, into);
    if (count > 0) await writer.add(reader.at(local), into, count);
  }
}

async function compact(files: FileLayer, writer: BlockWriter, { directory, inputs }: CompactTask): Promise<void> {
  const blocks: Block[] = [];
  try {
    const cursors: Generator<BlockPart>[] = [];
    for (const { number, tombstones } of inputs) {
      const block = await Block.open(files, directory, number, new BlockCache(compactionCacheBytesMax));
      blocks.push(block);
      const deleted = tombstones.map((record) => new Tombstone(record));
      cursors.push(allParts(block, await block.index(), deleted));
    }
    const columns = new Columns();
    for (const parts of together(cursors)) await addMerged(writer, parts, columns);
  } finally {
    for (const block of blocks) await block.retire();
  }
}

/** Parts of the same series of all inputs, series after series. */
function* together(cursors: readonly Generator<BlockPart>[]): Generator<BlockPart[]> {
  const next = cursors.map((cursor) => cursor.next().value as BlockPart | undefined);
  for (;;) {
    let least: Labels | undefined;
    for (const part of next) if (part && (!least || compareLabels(part.labels, least) < 0)) least = part.labels;
    if (least === undefined) return;
    const parts: BlockPart[] = [];
    for (let i = 0; i < next.length; i++) {
      const part = next[i];
      if (!part || compareLabels(part.labels, least) !== 0) continue;
      parts.push(part);
      next[i] = cursors[i]!.next().value as BlockPart | undefined;
    }
    yield parts;
  }
}

async function addMerged(writer: BlockWriter, parts: readonly BlockPart[], columns: Columns): Promise<void> {
  for (const part of parts) await part.load();
  const inTime = parts.toSorted((a, b) => a.chunks[0]!.minMs - b.chunks[0]!.minMs);
  if (canCopy(inTime)) {
    const chunks = inTime.flatMap((part) => part.chunks.map((ref) => ({ ...ref, bytes: part.encoded(ref) })));
    await writer.addChunks(parts[0]!.labels, chunks);
    return;
  }
  const into = columns.ofLength(parts.reduce((sum, { samplesMax }) => sum + samplesMax, 0));
  const bounds = [0];
  for (const part of parts) {
    bounds.push(part.read(into, bounds.at(-1)!));
  }
  const count = mergeSamples(into, bounds);
  if (count > 0) await writer.add(parts[0]!.labels, into, count);
}

/** Whether chunks can be taken as they are: nothing deleted, no overlap, and long enough. */
function canCopy(parts: readonly BlockPart[]): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (const { chunks, deleted } of parts) {
    if (deleted.length > 0) return false;
    for (const { minMs, maxMs, count } of chunks) {
      if (minMs <= before || count < JOINED_BELOW) return false;
      before = maxMs;
    }
  }
  return true;
}

/** Columns that are used again for the next series. */
class Columns {
  #held = columnsOf(4096);

  ofLength(length: number) {
    if (length > this.#held.times.length) this.#held = columnsOf(length);
    return this.#held;
  }
}

function columnsOf(length: number) {
  return { times: new Float64Array(length), values: new Float64Array(length), starts: new Float64Array(length) };
}
