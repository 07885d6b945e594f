import { Fault } from '../../../base/fault.ts';
import type { Labels, Matcher } from '../../query/query.ts';
import type { Block } from '../block/block.ts';
import type { BlockIndex, ChunkRef } from '../block/block-index.ts';
import type { Tombstone } from '../block/tombstones.ts';
import { ByteReader } from '../chunk/byte-reader.ts';
import { type ChunkColumns, readChunk } from '../chunk/chunk.ts';
import type { SelectionBuilder } from './encoded-selection.ts';
import type { SeriesPart } from './part.ts';

/** A block could not be read: the rest can be, without it. */
export class DamagedBlock extends Error {
  readonly block: Block;
  readonly fault: Fault;

  constructor(block: Block, fault: Fault) {
    super(fault.message);
    this.block = block;
    this.fault = fault;
  }
}

/** What a block has of the series that meet the matchers. Throws DamagedBlock. */
export async function blockParts(
  block: Block,
  matchers: readonly Matcher[],
  minMs: number,
  maxMs: number,
  tombstones: readonly Tombstone[],
): Promise<SeriesPart[]> {
  try {
    const index = await block.index();
    const parts: SeriesPart[] = [];
    for (const series of index.matching(matchers)) {
      const chunks = index.chunks(series, minMs, maxMs);
      if (chunks.length > 0) parts.push(new BlockPart(block, index.labels(series), chunks, tombstones));
    }
    return parts;
  } catch (error) {
    throw damaged(block, error);
  }
}

/** All series of a block, in order, one at a time. */
export function* allParts(block: Block, index: BlockIndex, tombstones: readonly Tombstone[]): Generator<BlockPart> {
  for (let series = 0; series < block.meta.series; series++) {
    const chunks = index.chunks(series, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    yield new BlockPart(block, index.labels(series), chunks, tombstones);
  }
}

function damaged(block: Block, error: unknown): unknown {
  if (error instanceof RangeError)
    return new DamagedBlock(block, new Fault('corrupt', `${block.path}: ${error.message}`));
  return error instanceof Fault && error.code === 'corrupt' ? new DamagedBlock(block, error) : error;
}

/** One series of a block. */
export class BlockPart implements SeriesPart {
  readonly labels: Labels;
  /** `read` gives no more samples than this. */
  readonly samplesMax: number;
  readonly aTimeMs: number;
  readonly chunks: readonly ChunkRef[];
  /** What was deleted of this series and is still in the block. */
  readonly deleted: readonly Tombstone[];
  readonly #block: Block;
  #bytes: Uint8Array | undefined;

  constructor(block: Block, labels: Labels, chunks: readonly ChunkRef[], tombstones: readonly Tombstone[]) {
    this.labels = labels;
    this.chunks = chunks;
    this.#block = block;
    this.deleted = tombstones.filter((tombstone) => tombstone.covers(labels));
    this.samplesMax = chunks.reduce((sum, { count }) => sum + count, 0);
    this.aTimeMs = this.deleted.length > 0 ? Number.NaN : chunks[0]!.minMs;
  }

  load(): Promise<void> | undefined {
    const first = this.chunks[0]!;
    const last = this.chunks.at(-1)!;
    const bytes = this.#block.chunkBytes(first.offset, last.offset + last.length - first.offset);
    if (!(bytes instanceof Promise)) {
      this.#bytes = bytes;
      return undefined;
    }
    return bytes.then(
      (loaded) => {
        this.#bytes = loaded;
      },
      (error) => {
        throw damaged(this.#block, error);
      },
    );
  }

  /** A chunk as it is on disk. Only after `load`. */
  encoded({ offset, length }: ChunkRef): Uint8Array {
    const from = offset - this.chunks[0]!.offset;
    return this.#bytes!.subarray(from, from + length);
  }

  list(_minMs: number, _maxMs: number, into: SelectionBuilder): void {
    if (this.deleted.length === 0) {
      into.addCopy(this.#bytes!, this.chunks);
      this.#bytes = undefined;
      return;
    }
    const column = () => new Float64Array(this.samplesMax);
    const columns = { times: column(), values: column(), starts: column() };
    const count = this.read(columns, 0);
    into.addColumns(columns, 0, count, 0);
  }

  /** Writes the samples, sorted by time, to the columns from `at` on; gives where they end. Only after `load`. */
  read(into: ChunkColumns, at: number): number {
    const bytes = this.#bytes!;
    this.#bytes = undefined;
    const base = this.chunks[0]!.offset;
    let end = at;
    try {
      for (const { offset, length, minMs } of this.chunks) {
        const count = readChunk(new ByteReader(bytes, offset - base, offset - base + length), into, end);
        for (let i = end; i < end + count; i++) into.times[i]! += minMs;
        end += count;
      }
    } catch (error) {
      throw damaged(this.#block, error);
    }
    return this.deleted.length === 0 ? end : withoutDeleted(this.deleted, into, at, end);
  }
}

function withoutDeleted(
  tombstones: readonly Tombstone[],
  { times, values, starts }: ChunkColumns,
  at: number,
  end: number,
): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  let kept = at;
  for (let i = at; i < end; i++) {
    const time = times[i]!;
    if (tombstones.some(({ minMs, maxMs }) => time >= minMs && time <= maxMs)) continue;
    times[kept] = time;
    words[2 * kept] = words[2 * i]!;
    words[2 * kept + 1] = words[2 * i + 1]!;
    if (starts) starts[kept] = starts[i]!;
    kept++;
  }
  return kept;
}
