import type { SourceSeries } from '../../query/query.ts';
import { ByteReader } from '../chunk/byte-reader.ts';
import { type ChunkColumns, chunkHasStarts, readChunk } from '../chunk/chunk.ts';
import { SelectionLimitError } from '../selection-limit.ts';
import { CHUNK, COLUMNS_WITH_STARTS, type EncodedSelection } from './encoded-selection.ts';
import { mergeSamples } from './merge-samples.ts';
import { LabelsReader, labelOrder } from './packed-labels.ts';

/** Samples of results that share one buffer. */
const slabSamples = 64 * 1024;

type Scratch = ChunkColumns & { starts: Float64Array };

/** Decodes a selection, series after series. Where two pieces have the same time, the first piece's sample stands. */
export class SelectionDecoder {
  readonly #selection: EncodedSelection;
  readonly #samplesMax: number;
  readonly #bytes: Uint8Array[];
  readonly #labels: LabelsReader;
  #scratch = columnsOf(256);
  /** Series of one scrape have the same times: the column is shared. */
  #times = new Float64Array(0);
  /** Given out so far. */
  samples = 0;

  constructor(selection: EncodedSelection, samplesMax = Number.POSITIVE_INFINITY) {
    this.#selection = selection;
    this.#samplesMax = samplesMax;
    this.#bytes = selection.memory.map((memory) => new Uint8Array(memory));
    this.#labels = new LabelsReader(selection);
  }

  /**
   * Series without a sample in the time are left out. Values and starts are good until the next series is asked for, times stay as they are.
   * Throws SelectionLimitError.
   */
  *series(): Generator<SourceSeries> {
    const { series, pieceCounts, isSorted } = this.#selection;
    const firsts = new Int32Array(series);
    for (let at = 1; at < series; at++) firsts[at] = firsts[at - 1]! + pieceCounts[at - 1]!;
    const order = isSorted ? undefined : labelOrder(this.#selection);
    for (let at = 0; at < series; at++) {
      const one = order ? order[at]! : at;
      const decoded = this.#decode(one, firsts[one]!, pieceCounts[one]!);
      if (decoded) yield decoded;
    }
  }

  #decode(one: number, first: number, pieces: number): SourceSeries | undefined {
    const { counts, minMs, maxMs } = this.#selection;
    let total = 0;
    for (let piece = 0; piece < pieces; piece++) total += counts[first + piece]!;
    if (total > this.#scratch.times.length) this.#scratch = columnsOf(Math.ceil(total * 1.5));
    const scratch = this.#scratch;
    const bounds = [0];
    let hasStarts = false;
    for (let piece = first; piece < first + pieces; piece++) {
      hasStarts = this.#readPiece(piece, scratch, bounds.at(-1)!) || hasStarts;
      bounds.push(bounds.at(-1)! + counts[piece]!);
    }
    const end = pieces > 1 ? mergeSamples(scratch, bounds) : total;
    const from = firstAtLeast(scratch.times, minMs, end);
    const to = firstAtLeast(scratch.times, maxMs + 1, end);
    if (from === to) return undefined;
    this.samples += to - from;
    if (this.samples > this.#samplesMax) throw new SelectionLimitError('samples', this.#samplesMax);
    const series: SourceSeries = {
      labels: this.#labels.at(one),
      timestampsMs: this.#timesOf(scratch.times.subarray(from, to)),
      values: scratch.values.subarray(from, to),
    };
    const starts = scratch.starts.subarray(from, to);
    if (hasStarts && starts.some((start) => start !== 0)) series.startTimestampsMs = starts;
    return series;
  }

  /** Whether it has starts. */
  #readPiece(piece: number, into: Scratch, at: number): boolean {
    const { kinds, places, begins, ends, counts, originsMs } = this.#selection;
    const bytes = this.#bytes[places[piece]!]!;
    const [begin, count, originMs] = [begins[piece]!, counts[piece]!, originsMs[piece]!];
    let hasStarts: boolean;
    if (kinds[piece] === CHUNK) {
      readChunk(new ByteReader(bytes, begin, ends[piece]!), into, at);
      hasStarts = chunkHasStarts(bytes, begin);
    } else {
      const columns = new Float64Array(bytes.buffer, begin, (ends[piece]! - begin) / 8);
      hasStarts = kinds[piece] === COLUMNS_WITH_STARTS;
      into.times.set(columns.subarray(0, count), at);
      into.values.set(columns.subarray(count, 2 * count), at);
      if (hasStarts) into.starts.set(columns.subarray(2 * count), at);
      else into.starts.fill(0, at, at + count);
    }
    if (originMs !== 0) for (let i = at; i < at + count; i++) into.times[i]! += originMs;
    return hasStarts;
  }

  #timesOf(times: Float64Array): Float64Array {
    if (!equal(times, this.#times)) this.#times = times.slice();
    return this.#times;
  }
}

/** All of it at once, with columns that stay as they are. */
export function* kept(decoder: SelectionDecoder): Generator<SourceSeries> {
  const values = new Slab();
  const starts = new Slab();
  for (const series of decoder.series()) {
    const kept: SourceSeries = { ...series, values: values.keep(series.values) };
    if (series.startTimestampsMs) kept.startTimestampsMs = starts.keep(series.startTimestampsMs);
    yield kept;
  }
}

/** Columns one after another in large buffers; the first ones are small, since most selections are. */
class Slab {
  #length = 1024;
  #room = new Float64Array(0);

  keep(column: Float64Array): Float64Array {
    if (column.length > this.#room.length) {
      this.#room = new Float64Array(Math.max(this.#length, column.length));
      this.#length = Math.min(slabSamples, this.#length * 4);
    }
    this.#room.set(column);
    const kept = this.#room.subarray(0, column.length);
    this.#room = this.#room.subarray(column.length);
    return kept;
  }
}

function columnsOf(length: number): Scratch {
  return { times: new Float64Array(length), values: new Float64Array(length), starts: new Float64Array(length) };
}

function equal(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function firstAtLeast(times: Float64Array, timeMs: number, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
