import { release } from '../../../base/release.ts';
import type { SampleColumns } from '../../store/store.ts';

const roomAtFirst = 2048;

/**
 * Samples on their way to the store, as columns that grow. Values are taken over as bits, so that a staleness marker stays one.
 * Each sample knows which series of the request it is of.
 */
export class SampleBatch {
  /** Which of the request's series. */
  seriesOf = new Uint32Array(roomAtFirst);
  refs = new Float64Array(roomAtFirst);
  timestampsMs = new Float64Array(roomAtFirst);
  startTimestampsMs = new Float64Array(roomAtFirst);
  length = 0;
  hasStarts = false;
  #values = new Float64Array(roomAtFirst);
  #words = new Uint32Array(this.#values.buffer);

  get values(): Float64Array {
    return this.#values;
  }

  /** `at` is where the value's eight bytes begin, or -1 for zero, which protocol buffers leave out. */
  add(series: number, bytes: Buffer, at: number, timeMs: number, startMs: number): void {
    const place = this.#place(series, timeMs, startMs);
    this.#words[2 * place] = at < 0 ? 0 : word(bytes, at);
    this.#words[2 * place + 1] = at < 0 ? 0 : word(bytes, at + 4);
  }

  addValue(series: number, value: number, timeMs: number, startMs: number): void {
    this.#values[this.#place(series, timeMs, startMs)] = value;
  }

  /** Says when what is counted from this sample on began, where the samples do not say so themselves. */
  startFrom(first: number, startMs: number): void {
    this.hasStarts = true;
    for (let at = first; at < this.length; at++) this.startTimestampsMs[at] ||= startMs;
  }

  columns(): SampleColumns {
    const { refs, timestampsMs, values, startTimestampsMs, length, hasStarts } = this;
    return { refs, timestampsMs, values, length, ...(hasStarts && { startTimestampsMs }) };
  }

  /** Keeps only these; they must be in ascending order. */
  keep(places: Iterable<number>): void {
    let to = 0;
    for (const from of places) {
      this.seriesOf[to] = this.seriesOf[from]!;
      this.refs[to] = this.refs[from]!;
      this.timestampsMs[to] = this.timestampsMs[from]!;
      this.startTimestampsMs[to] = this.startTimestampsMs[from]!;
      this.#words[2 * to] = this.#words[2 * from]!;
      this.#words[2 * to + 1] = this.#words[2 * from + 1]!;
      to++;
    }
    this.length = to;
  }

  /** Gives its memory back at once; it must not be used any more. */
  release(): void {
    for (const column of [this.seriesOf, this.refs, this.timestampsMs, this.startTimestampsMs, this.#values])
      release(column);
  }

  #place(series: number, timeMs: number, startMs: number): number {
    if (this.length === this.refs.length) this.#grow();
    const place = this.length++;
    this.seriesOf[place] = series;
    this.timestampsMs[place] = timeMs;
    this.startTimestampsMs[place] = startMs;
    if (startMs !== 0) this.hasStarts = true;
    return place;
  }

  #grow(): void {
    const room = this.refs.length * 2;
    const grown = (column: Float64Array) => {
      const larger = new Float64Array(room);
      larger.set(column);
      return larger;
    };
    const seriesOf = new Uint32Array(room);
    seriesOf.set(this.seriesOf);
    this.seriesOf = seriesOf;
    this.refs = grown(this.refs);
    this.timestampsMs = grown(this.timestampsMs);
    this.startTimestampsMs = grown(this.startTimestampsMs);
    this.#values = grown(this.#values);
    this.#words = new Uint32Array(this.#values.buffer);
  }
}

function word(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
