import { crc32 } from 'node:zlib';
import { Fault } from '../../../base/fault.ts';
import { Labels } from '../../query/query.ts';
import { ByteReader } from '../chunk/byte-reader.ts';
import type { ByteWriter } from '../chunk/byte-writer.ts';
import { readValue, writeValue } from './value.ts';

/* Format: docs/formats/series-wal.md. */
/** "TFSR": a reader finds the next record by it behind damaged bytes. */
const MAGIC = 0x52534654;
export const recordMagic = Buffer.from('TFSR');
export const recordHeadBytes = 12;
const SERIES = 1;
const SAMPLES = 2;
const DELETED = 3;
const SAME_TIME = 1;
const HAS_STARTS = 2;

/** Samples of a record, with slots in the place of refs. */
export interface SlotSamples {
  slots: Int32Array;
  times: Float64Array;
  values: Float64Array;
  starts: Float64Array | null;
  length: number;
}

export type WalRecord =
  | { kind: 'series'; series: { slot: number; labels: Labels }[] }
  | { kind: 'samples'; samples: SlotSamples }
  | { kind: 'deleted'; minMs: number; maxMs: number; slots: number[] };

/** Writes a record: `body` writes what follows the kind. */
function writeRecord(out: ByteWriter, kind: number, body: () => void): void {
  const start = out.at;
  out.u32(MAGIC);
  out.u32(0);
  out.u32(0);
  out.u8(kind);
  body();
  const end = out.at;
  const payload = out.bytes.subarray(start + recordHeadBytes, end);
  const checksum = crc32(payload);
  out.at = start + 4;
  out.u32(payload.length);
  out.u32(checksum);
  out.at = end;
}

export function writeSeries(out: ByteWriter, slots: readonly number[], labelsOf: (slot: number) => Labels): void {
  writeRecord(out, SERIES, () => {
    out.varint(slots.length);
    for (const slot of slots) writeDefinition(out, slot, labelsOf(slot));
  });
}

function writeDefinition(out: ByteWriter, slot: number, { names, values }: Labels): void {
  out.varint(slot);
  out.varint(names.length);
  for (let i = 0; i < names.length; i++) {
    out.text(names[i]!);
    out.text(values[i]!);
  }
}

/** Writes samples whose times are integers. */
export function writeSamples(out: ByteWriter, samples: SlotSamples): void {
  writeRecord(out, SAMPLES, () => {
    const { slots, times, values, starts, length } = samples;
    const sameTime = isConstant(times, length);
    out.varint(length);
    out.u8((sameTime ? SAME_TIME : 0) | (starts ? HAS_STARTS : 0));
    let slot = 0;
    let time = times[0] ?? 0;
    let start = 0;
    out.signed(time);
    for (let i = 0; i < length; i++) {
      out.reserve(64);
      out.signed(slots[i]! - slot);
      slot = slots[i]!;
      if (!sameTime) {
        out.signed(times[i]! - time);
        time = times[i]!;
      }
      writeValue(out, values, i);
      if (starts) {
        out.signed(starts[i]! - start);
        start = starts[i]!;
      }
    }
  });
}

function isConstant(column: Float64Array, length: number): boolean {
  for (let i = 1; i < length; i++) if (column[i] !== column[0]) return false;
  return true;
}

export function writeDeleted(
  out: ByteWriter,
  { minMs, maxMs, slots }: { minMs: number; maxMs: number; slots: readonly number[] },
): void {
  writeRecord(out, DELETED, () => {
    out.signed(minMs);
    out.signed(maxMs);
    out.varint(slots.length);
    for (const slot of slots) out.varint(slot);
  });
}

/** The length of the record at `at` with its head, or 0 where there is no whole, unharmed record. */
export function recordLength(bytes: Uint8Array, at: number): number {
  if (at + recordHeadBytes > bytes.length) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, recordHeadBytes);
  if (view.getUint32(0, true) !== MAGIC) return 0;
  const length = view.getUint32(4, true);
  const end = at + recordHeadBytes + length;
  if (length === 0 || end > bytes.length) return 0;
  return crc32(bytes.subarray(at + recordHeadBytes, end)) === view.getUint32(8, true) ? end - at : 0;
}

/** Reads the payload of a record that `recordLength` found good. */
export function readRecord(bytes: Uint8Array, at: number, length: number): WalRecord {
  const input = new ByteReader(bytes, at + recordHeadBytes, at + length);
  const kind = input.u8();
  if (kind === SERIES) {
    const count = input.varint();
    return { kind: 'series', series: Array.from({ length: count }, () => readDefinition(input)) };
  }
  if (kind === SAMPLES) return { kind: 'samples', samples: readSamples(input) };
  if (kind === DELETED) {
    const [minMs, maxMs, count] = [input.signed(), input.signed(), input.varint()];
    return { kind: 'deleted', minMs, maxMs, slots: Array.from({ length: count }, () => input.varint()) };
  }
  throw new Fault('corrupt', `${kind} is no kind of record that this build knows`);
}

function readDefinition(input: ByteReader): { slot: number; labels: Labels } {
  const slot = input.varint();
  const count = input.varint();
  const names: string[] = [];
  const values: string[] = [];
  for (let i = 0; i < count; i++) {
    names.push(input.text());
    values.push(input.text());
  }
  return { slot, labels: new Labels(names, values) };
}

function readSamples(input: ByteReader): SlotSamples {
  const length = input.varint();
  const flags = input.u8();
  const sameTime = (flags & SAME_TIME) !== 0;
  const slots = new Int32Array(length);
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  const starts = (flags & HAS_STARTS) !== 0 ? new Float64Array(length) : null;
  let slot = 0;
  let time = input.signed();
  let start = 0;
  for (let i = 0; i < length; i++) {
    slots[i] = slot += input.signed();
    if (!sameTime) time += input.signed();
    times[i] = time;
    readValue(input, values, i);
    if (starts) starts[i] = start += input.signed();
  }
  return { slots, times, values, starts, length };
}
