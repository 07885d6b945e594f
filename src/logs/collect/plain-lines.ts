import { type BatchBuilder, type BatchRoom, DELTA_SECONDS_MAX } from '../batch/batch.ts';
import { plainLinesModule } from './plain-lines-module.ts';

/** What the module gives; its variables are the ends of the batch. */
type Exports = Readonly<Record<string, { value: number }>> & {
  readonly take: TakeRecords;
};
type TakeRecords = (at: number, end: number, lineBytesMax: number, blocked: number, reachNanos: number) => number;

/** As far as it is used here: the types of Node.js lack it, those of browsers have too much. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

export interface Wanted {
  lineBytesMax: number;
  /** Which streams may be taken. */
  stdout: boolean;
  stderr: boolean;
}

const PAGE_BYTES = 65_536;
/** Bytes are moved so many at a time: up to so many too many are read and written. */
const STEP_BYTES = 16;
const COLUMN_BYTES_MIN = 1024;
const HOUR_BYTES = 14;
/** The module is made for a run that is so long. */
const firstRunBytes = 16 * 1024;
const OFFSET_BYTES = 6;
const LETTER_Z = 0x5a;
const DIGIT_ZERO = 0x30;
const SECOND_NANOS = 1_000_000_000;
/** Nanoseconds since 1970 are to fit 64 bits. */
const SECONDS_MAX = 9_000_000_000;

/**
 * Takes runs of plain records, which nearly all are, out of `source` and into a batch in `room`, in a tenth of the time that it takes record by
 * record. It is WebAssembly over one memory that holds both. Invariant: what it takes becomes the same bytes as by CriParser and BatchBuilder.
 */
export class PlainLines {
  /** The piece of a file that is read. */
  readonly source: Buffer;
  readonly room: BatchRoom;
  /** Of the last record taken. */
  seconds = 0;
  nanos = 0;
  readonly #memory: object;
  readonly #firstRunBytes: number;
  #exports: Exports | null = null;
  readonly #hour: Buffer;
  readonly #zone: Buffer;
  #zoneBytes = 0;
  #hourSeconds = Number.NaN;

  constructor(sourceBytes: number, lineBytesMax: number, runBytes = firstRunBytes) {
    this.#firstRunBytes = runBytes;
    const columnsBytes = COLUMN_BYTES_MIN + sourceBytes / 4;
    const sizes = [HOUR_BYTES, OFFSET_BYTES, sourceBytes + lineBytesMax, columnsBytes, columnsBytes, sourceBytes].map(
      Math.ceil,
    );
    const pages = Math.ceil(sizes.reduce((sum, bytes) => sum + bytes + STEP_BYTES, 0) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    let at = 0;
    const [hour, zone, text, times, flags, source] = sizes.map((bytes) => {
      const part = Buffer.from(memory.buffer, at, bytes);
      at += part.length + STEP_BYTES;
      return part;
    }) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    this.source = source;
    this.room = { text, times, flags };
    this.#hour = hour;
    this.#zone = zone;
    this.#memory = memory;
  }

  /** The record at `from` begins with a time of `timeBytes`, which is `seconds`: what is taken next lies in the same hour of the same zone. */
  learnHour(record: Buffer, from: number, timeBytes: number, seconds: number): void {
    const zoneAt = record[from + timeBytes - 1] === LETTER_Z ? timeBytes - 1 : timeBytes - OFFSET_BYTES;
    const isKnown =
      record.compare(this.#hour, 0, HOUR_BYTES, from, from + HOUR_BYTES) === 0 &&
      record.compare(this.#zone, 0, this.#zoneBytes, from + zoneAt, from + timeBytes) === 0;
    if (isKnown || Math.abs(seconds) > SECONDS_MAX) return;
    record.copy(this.#hour, 0, from, from + HOUR_BYTES);
    record.copy(this.#zone, 0, from + zoneAt, from + timeBytes);
    this.#zoneBytes = timeBytes - zoneAt;
    const digit = (at: number) => record[from + at]! - DIGIT_ZERO;
    this.#hourSeconds = seconds - (digit(14) * 600 + digit(15) * 60 + digit(17) * 10 + digit(18));
  }

  /** `source[from, end)` is whole records. Returns where the first begins that was not taken; perhaps `from`. */
  take(builder: BatchBuilder, from: number, end: number, { lineBytesMax, stdout, stderr }: Wanted): number {
    const { source, room } = this;
    // Where nothing but a few lines comes, the module is not worth the 4 MB that V8 takes to run any.
    if (this.#exports === null && end - from < this.#firstRunBytes) return from;
    const ends = builder.ends();
    if (!ends || Number.isNaN(this.#hourSeconds) || ends.textBytes + (end - from) > room.text.length) return from;
    this.#exports ??= this.#instantiate();
    const { textBytes, timesBytes, flagsBytes, ...rest } = ends;
    this.#set('hourSeconds', this.#hourSeconds);
    this.#set('zoneBytes', this.#zoneBytes);
    this.#set('textAt', room.text.byteOffset + textBytes);
    this.#set('timesAt', room.times.byteOffset + timesBytes);
    this.#set('flagsAt', room.flags.byteOffset + flagsBytes);
    for (const name in rest) this.#set(name, rest[name as keyof typeof rest]);
    const blocked = (stdout ? 0 : 1) | (stderr ? 0 : 2);
    const reachNanos = DELTA_SECONDS_MAX * SECOND_NANOS;
    const at = source.byteOffset;
    const to = this.#exports.take(at + from, at + end, lineBytesMax, blocked, reachNanos) - at;
    if (to === from) return from;
    for (const name in rest) rest[name as keyof typeof rest] = this.#get(name);
    builder.extended({
      ...rest,
      textBytes: this.#get('textAt') - room.text.byteOffset,
      timesBytes: this.#get('timesAt') - room.times.byteOffset,
      flagsBytes: this.#get('flagsAt') - room.flags.byteOffset,
    });
    this.seconds = rest.previousSeconds;
    this.nanos = rest.previousNanos;
    return to;
  }

  #instantiate(): Exports {
    module ??= new WebAssembly.Module(Buffer.from(plainLinesModule, 'base64'));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#exports = exports as Exports;
    const { times, flags } = this.room;
    this.#set('hourAt', this.#hour.byteOffset);
    this.#set('zoneAt', this.#zone.byteOffset);
    this.#set('timesEnd', times.byteOffset + times.length);
    this.#set('flagsEnd', flags.byteOffset + flags.length);
    return this.#exports;
  }

  #set(name: string, value: number): void {
    this.#exports![name]!.value = value;
  }

  #get(name: string): number {
    return this.#exports![name]!.value;
  }
}

/** Compiled once in a process. */
let module: object | undefined;
