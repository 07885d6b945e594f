/**
 * Requests of remote write 1.0 that are compressed once: where values and times stand, the compressed bytes hold them as they are, so that a
 * scrape is written by putting its numbers there. What the sender costs is no part of what is measured, and this keeps it from the machine.
 */
import type { BenchSeries } from './cluster.ts';

/** As a Prometheus sends them by default. */
const seriesOfRequest = 2000;
const hashBits = 14;
const offsetMax = 65_535;
/** The value's eight bytes, the tag of the time, and six bytes of a time between 2004 and 2109. */
const holeBytes = 15;

export class Request {
  readonly first: number;
  readonly body: Buffer;
  readonly #holes: Int32Array;

  constructor(series: readonly BenchSeries[], first: number) {
    this.first = first;
    const message = new Message(series);
    const { output, places } = compress(message.bytes, message.holes);
    this.body = output;
    this.#holes = places;
  }

  /** Puts in the values of its series and the time that they have. */
  fill(values: Float64Array, timeMs: number): void {
    const view = new DataView(this.body.buffer, this.body.byteOffset, this.body.length);
    for (let i = 0; i < this.#holes.length; i++) {
      const at = this.#holes[i]!;
      view.setFloat64(at, values[this.first + i]!, true);
      this.body[at + 8] = 0x10;
      let rest = timeMs;
      for (let byte = 0; byte < 6; byte++) {
        this.body[at + 9 + byte] = (rest % 128) | (byte < 5 ? 0x80 : 0);
        rest = Math.floor(rest / 128);
      }
    }
  }
}

export function requestsOf(series: readonly BenchSeries[]): Request[] {
  const requests: Request[] = [];
  for (let first = 0; first < series.length; first += seriesOfRequest) {
    requests.push(new Request(series.slice(first, first + seriesOfRequest), first));
  }
  return requests;
}

/** A WriteRequest with one sample of each series. */
class Message {
  readonly bytes: Buffer;
  /** Where value and time of each series begin. */
  readonly holes: number[] = [];

  constructor(series: readonly BenchSeries[]) {
    const parts: Buffer[] = [];
    let length = 0;
    const add = (part: Buffer) => {
      parts.push(part);
      length += part.length;
    };
    for (const { labels } of series) {
      const pairs = Buffer.concat(
        labels.map(([name, value]) => field(1, Buffer.concat([field(1, name), field(2, value)]))),
      );
      add(
        Buffer.concat([
          Buffer.of(0x0a),
          varint(pairs.length + 3 + holeBytes),
          pairs,
          Buffer.of(0x12, holeBytes + 1, 0x09),
        ]),
      );
      this.holes.push(length);
      add(Buffer.alloc(holeBytes));
    }
    this.bytes = Buffer.concat(parts);
  }
}

function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Snappy's block format, in which the holes are literals and no copy comes from them. */
function compress(input: Buffer, holes: readonly number[]): { output: Buffer; places: Int32Array } {
  const nextHole = new Int32Array(input.length + 1).fill(input.length);
  const isHole = new Uint8Array(input.length + 1);
  for (const hole of holes) isHole.fill(1, hole, hole + holeBytes);
  for (let at = input.length - 1; at >= 0; at--) nextHole[at] = isHole[at] === 1 ? at : nextHole[at + 1]!;
  const output = Buffer.alloc(16 + input.length + Math.ceil(input.length / 6));
  const places = new Int32Array(holes.length);
  const table = new Int32Array(1 << hashBits).fill(-1);
  let to = varint(input.length).copy(output);
  let [literal, hole, at] = [0, 0, 0];
  const flush = (end: number) => {
    if (end === literal) return;
    to = literalHead(output, to, end - literal);
    for (; hole < holes.length && holes[hole]! < end; hole++) places[hole] = to + holes[hole]! - literal;
    to += input.copy(output, to, literal, end);
  };
  while (at < input.length) {
    if (isHole[at] === 1) {
      at += holeBytes;
      continue;
    }
    const room = nextHole[at]! - at;
    if (room < 4) {
      at += room;
      continue;
    }
    const word = input.readInt32LE(at);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - hashBits);
    const candidate = table[slot]!;
    table[slot] = at;
    if (candidate < 0 || at - candidate > offsetMax || input.readInt32LE(candidate) !== word) {
      at++;
      continue;
    }
    const longest = Math.min(room, nextHole[candidate]! - candidate);
    let length = 4;
    while (length < longest && input[candidate + length] === input[at + length]) length++;
    flush(at);
    for (let left = length; left > 0; left -= 64) {
      output[to++] = ((Math.min(left, 64) - 1) << 2) | 2;
      to = output.writeUInt16LE(at - candidate, to);
    }
    at += length;
    literal = at;
  }
  flush(input.length);
  return { output: output.subarray(0, to), places };
}

function literalHead(output: Buffer, at: number, length: number): number {
  if (length <= 60) {
    output[at] = (length - 1) << 2;
    return at + 1;
  }
  const extra = length <= 0x100 ? 1 : length <= 0x10000 ? 2 : 3;
  output[at] = (59 + extra) << 2;
  return output.writeUIntLE(length - 1, at + 1, extra);
}
