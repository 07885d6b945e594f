import { snappyExpansionMax } from '../../../base/snappy.ts';
import { levelLabel } from '../../level/level.ts';
import { pushLimits } from './limits.ts';
import { pushScanModule } from './push-scan-module.ts';

/** What the module gives; push-scan.as says what each does. */
interface Exports {
  unpack(at: number, end: number, out: number, length: number): number;
  count(from: number, end: number): number;
  read(from: number, end: number): number;
  levelOf(from: number, to: number): number;
}
type Variables = Readonly<Record<string, { value: number }>>;
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** As far as it is used here: the types of Node.js lack it, those of browsers have too much. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** The levels that the module tells, by its numbers. */
export const scannedLevels = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'] as const;
/** The structured metadata of a line that has nothing but its level. */
export const levelSets = scannedLevels.map((level) => Object.freeze({ [levelLabel]: level }));

export interface ScannedStream {
  /** As text. */
  labels: string;
  /** Among the lines of the push. */
  lineFrom: number;
  lineTo: number;
  longestLineBytes: number;
  secondsMin: number;
  secondsMax: number;
  hasMetadata: boolean;
  /** Its lines are by time, and none has a newline within. */
  isPacked: boolean;
}

/** Line `i` is `text[from[i], to[i])`; behind it are a newline and the next line. All of it is one piece of memory. */
export interface ScannedPush {
  text: Buffer;
  from: Uint32Array;
  to: Uint32Array;
  seconds: Float64Array;
  nanos: Uint32Array;
  /** Indexes of `scannedLevels`. */
  levels: Uint8Array;
  /** The entry of a line that has structured metadata: a message with its length before it. */
  entryOf(line: number): Buffer | undefined;
  streams: ScannedStream[];
}

const PAGE_BYTES = 65_536;
/** Bytes are moved several at a time: so many behind what is asked for, and before it, may be read, and behind it written. */
const SLACK_BYTES = 64;
const COLUMN_BYTES = 4 + 4 + 8 + 4 + 4 + 1;
const STREAM_BYTES = 40;
const pagesMax = Math.ceil(
  (pushLimits.bodyBytesMax +
    2 * pushLimits.decodedBytesMax +
    pushLimits.linesMax * (COLUMN_BYTES + 1) +
    pushLimits.streamsMax * STREAM_BYTES) /
    PAGE_BYTES +
    16,
);
/** A memory that has grown beyond this is given back after use. */
const keptBytesMax = 16 * 1024 * 1024;

/**
 * Reads whole push requests, a few times as fast as it goes field by field. It is WebAssembly over a memory of its own. Invariant: what it
 * reads is what snappyDecode, readLokiProtobuf and levelOfLine read; what it does not read is for them to refuse.
 */
export class PushScan {
  #memory: Memory | undefined;
  #exports: Exports | undefined;
  #used = SLACK_BYTES;

  /** `body` is snappy around the request. Undefined where there is something wrong with it. */
  scan(body: Buffer): ScannedPush | undefined {
    const textBytes = claimedBytes(body);
    if (textBytes === undefined) return undefined;
    try {
      return this.#scan(body, textBytes);
    } finally {
      this.#used = SLACK_BYTES;
      if ((this.#memory?.buffer.byteLength ?? 0) > keptBytesMax) this.#memory = this.#exports = undefined;
    }
  }

  /** Of `line`, as one of `scannedLevels`. */
  levelOf(line: Buffer): string {
    const at = this.#room(line.length);
    this.#bytes(at, line.length).set(line);
    this.#used = SLACK_BYTES;
    return scannedLevels[this.#exports!.levelOf(at, at + line.length)]!;
  }

  #scan(body: Buffer, { length, at: bodyFrom }: { length: number; at: number }): ScannedPush | undefined {
    const packedAt = this.#room(body.length);
    const plainAt = this.#room(length);
    this.#bytes(packedAt, body.length).set(body);
    const exports = this.#exports!;
    if (exports.unpack(packedAt + bodyFrom, packedAt + body.length, plainAt, length) === 0) return undefined;
    if (exports.count(plainAt, plainAt + length) === 0) return undefined;
    const lines = this.#get('lineCount');
    const streams = this.#get('streamCount');
    if (lines > pushLimits.linesMax || streams > pushLimits.streamsMax) return undefined;
    // An entry takes more than the newline behind its line.
    const at = {
      ...{ streamsAt: this.#room(streams * STREAM_BYTES), secondsAt: this.#room(lines * 8) },
      ...{ fromAt: this.#room(lines * 4), toAt: this.#room(lines * 4), nanosAt: this.#room(lines * 4) },
      ...{ entriesAt: this.#room(lines * 4), levelsAt: this.#room(lines), textAt: this.#room(length) },
    };
    for (const [name, value] of Object.entries(at)) (exports as unknown as Variables)[name]!.value = value;
    if (exports.read(plainAt, plainAt + length) === 0) return undefined;
    const { buffer } = this.#memory!;
    const plain = this.#bytes(plainAt, length);
    const found: ScannedStream[] = this.#streams(at.streamsAt, streams, plain);
    // Only requests that have metadata need what they were made of.
    const entries = found.some(({ hasMetadata }) => hasMetadata)
      ? { plain: Buffer.from(plain), at: new Uint32Array(buffer, at.entriesAt, lines).slice() }
      : undefined;
    // Text and columns lie behind each other, and leave together: one piece of memory can be given back at once.
    const textEnd = this.#get('textAt');
    const memory = buffer.slice(at.secondsAt, textEnd);
    const offset = (address: number) => address - at.secondsAt;
    return {
      text: Buffer.from(memory, offset(at.textAt), textEnd - at.textAt),
      from: new Uint32Array(memory, offset(at.fromAt), lines),
      to: new Uint32Array(memory, offset(at.toAt), lines),
      seconds: new Float64Array(memory, 0, lines),
      nanos: new Uint32Array(memory, offset(at.nanosAt), lines),
      levels: new Uint8Array(memory, offset(at.levelsAt), lines),
      entryOf: (line) => (entries && entries.at[line]! > 0 ? entries.plain.subarray(entries.at[line]) : undefined),
      streams: found,
    };
  }

  #streams(at: number, count: number, plain: Buffer): ScannedStream[] {
    const view = new DataView(this.#memory!.buffer, at, count * STREAM_BYTES);
    return Array.from({ length: count }, (_, i): ScannedStream => {
      const number = (column: number) => view.getUint32(i * STREAM_BYTES + 4 * column, true);
      const flags = number(5);
      return {
        labels: plain.toString('utf8', number(0), number(1)),
        lineFrom: number(2),
        lineTo: number(3),
        longestLineBytes: number(4),
        secondsMin: view.getFloat64(i * STREAM_BYTES + 24, true),
        secondsMax: view.getFloat64(i * STREAM_BYTES + 32, true),
        hasMetadata: (flags & 1) !== 0,
        isPacked: (flags & 6) === 0,
      };
    });
  }

  /** Reserves so many bytes; gives where. Views of the memory from before are void then. */
  #room(bytes: number): number {
    const at = this.#used;
    this.#used = (at + bytes + SLACK_BYTES + 7) & ~7;
    if (!this.#memory) {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(this.#used / PAGE_BYTES), maximum: pagesMax });
      const { exports } = new WebAssembly.Instance(compiled(), { env: { memory } });
      this.#memory = memory;
      this.#exports = exports as Exports;
    }
    const missing = this.#used - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    return at;
  }

  #bytes(at: number, length: number): Buffer {
    return Buffer.from(this.#memory!.buffer, at, length);
  }

  #get(name: string): number {
    return (this.#exports as unknown as Variables)[name]!.value;
  }
}

/** What snappy claims to hold; undefined where that is too much or no number. */
function claimedBytes(body: Buffer): { length: number; at: number } | undefined {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = body[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** at;
    if (byte >= 0x80) continue;
    const isSound = length <= pushLimits.decodedBytesMax && length <= body.length * snappyExpansionMax;
    return isSound ? { length, at: at + 1 } : undefined;
  }
  return undefined;
}

let module: object | undefined;

function compiled(): object {
  module ??= new WebAssembly.Module(Buffer.from(pushScanModule, 'base64'));
  return module;
}
