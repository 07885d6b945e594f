import { Fault } from '../../../base/fault.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { chunkSamplesMax, readIntegers, writeIntegers } from './integers.ts';
import { readValues, writeValues } from './values.ts';

export { chunkSamplesMax };

/** Encodings of a chunk. Numbers from 16 on are kept for native histograms. */
const FLOATS = 1;
const FLOATS_WITH_STARTS = 2;

/** Columns of equal length, sorted by time, each time once. */
export interface ChunkColumns {
  times: Float64Array;
  values: Float64Array;
  starts: Float64Array | null;
}

/** Writes the first `count` samples, at least 1 and at most `chunkSamplesMax`, with times as they are or from any origin that the reader knows. */
export function writeChunk(out: ByteWriter, { times, values, starts }: ChunkColumns, count: number): void {
  const hasStarts = starts !== null && anyOf(starts, count);
  out.u8(hasStarts ? FLOATS_WITH_STARTS : FLOATS);
  out.varint(count);
  writeIntegers(out, times, count);
  writeValues(out, values, count);
  if (hasStarts) writeIntegers(out, starts, count);
}

function anyOf(column: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (column[i] !== 0) return true;
  return false;
}

/** How many samples the chunk has that begins here. */
export function chunkCount(bytes: Uint8Array, at: number): number {
  return new ByteReader(bytes, at + 1).varint();
}

export function chunkHasStarts(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === FLOATS_WITH_STARTS;
}

/** Reads a chunk to `offset` of the columns and gives how many samples it has. Starts are written where the columns have room for them. */
export function readChunk(input: ByteReader, { times, values, starts }: ChunkColumns, offset: number): number {
  const encoding = input.u8();
  if (encoding !== FLOATS && encoding !== FLOATS_WITH_STARTS) {
    throw new Fault('corrupt', `${encoding} is no encoding of a chunk that this build knows`);
  }
  const count = input.varint();
  if (count < 1 || count > chunkSamplesMax || offset + count > times.length) {
    throw new Fault('corrupt', `a chunk says that it has ${count} samples`);
  }
  readIntegers(input, times, offset, count);
  readValues(input, values, offset, count);
  if (encoding === FLOATS_WITH_STARTS) readIntegers(input, starts ?? new Float64Array(offset + count), offset, count);
  else starts?.fill(0, offset, offset + count);
  return count;
}
