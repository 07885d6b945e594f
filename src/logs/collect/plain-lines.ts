import { Arena } from '../../base/arena.ts';
import { type Instance, Module } from '../../base/webassembly.ts';
import { type BatchBuilder, type BatchRoom, DELTA_SECONDS_MAX } from '../batch/batch.ts';
import { plainLinesModule } from './plain-lines-module.ts';

/** What the module gives; its variables are the ends of the batch. */
interface Exports {
  take(at: number, end: number, lineBytesMax: number, blocked: number, reachNanos: number): number;
}

const plainLines = new Module<Exports>(plainLinesModule);

export interface Wanted {
  lineBytesMax: number;
  /** Which streams may be taken. */
  stdout: boolean;
  stderr: boolean;
}

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
  readonly #arena = new Arena();
  readonly #firstRunBytes: number;
  #module: Instance<Exports> | null = null;
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
    const places = sizes.map((bytes) => this.#arena.room(bytes));
    const [hour, zone, text, times, flags, source] = places.map((at, i) => this.#arena.bytes(at, sizes[i]!)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    this.source = source;
    this.room = { text, times, flags };
    this.#hour = hour;
    this.#zone = zone;
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
    if (this.#module === null && end - from < this.#firstRunBytes) return from;
    const ends = builder.ends();
    if (!ends || Number.isNaN(this.#hourSeconds) || ends.textBytes + (end - from) > room.text.length) return from;
    this.#module ??= this.#instantiate();
    const module = this.#module;
    const { textBytes, timesBytes, flagsBytes, ...rest } = ends;
    module.set({ hourSeconds: this.#hourSeconds, zoneBytes: this.#zoneBytes, ...rest });
    module.set({
      textAt: room.text.byteOffset + textBytes,
      timesAt: room.times.byteOffset + timesBytes,
      flagsAt: room.flags.byteOffset + flagsBytes,
    });
    const blocked = (stdout ? 0 : 1) | (stderr ? 0 : 2);
    const reachNanos = DELTA_SECONDS_MAX * SECOND_NANOS;
    const at = source.byteOffset;
    const to = module.run.take(at + from, at + end, lineBytesMax, blocked, reachNanos) - at;
    if (to === from) return from;
    for (const name in rest) rest[name as keyof typeof rest] = module.get(name);
    builder.extended({
      ...rest,
      textBytes: module.get('textAt') - room.text.byteOffset,
      timesBytes: module.get('timesAt') - room.times.byteOffset,
      flagsBytes: module.get('flagsAt') - room.flags.byteOffset,
    });
    this.seconds = rest.previousSeconds;
    this.nanos = rest.previousNanos;
    return to;
  }

  #instantiate(): Instance<Exports> {
    const { times, flags } = this.room;
    const module = plainLines.instantiate(this.#arena.memory);
    module.set({
      hourAt: this.#hour.byteOffset,
      zoneAt: this.#zone.byteOffset,
      timesEnd: times.byteOffset + times.length,
      flagsEnd: flags.byteOffset + flags.length,
    });
    return module;
  }
}
