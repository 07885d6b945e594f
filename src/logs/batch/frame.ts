import { crc32 } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import type { InstanceId, SegmentName } from './identity.ts';
import { type Cover, type Fact, limits } from './protocol.ts';

/*
 * A frame is what travels from agent to store and, unchanged, what lies in the store's packs. docs/formats/frame.md draws it.
 *
 *    0  u32  magic "TFF1"
 *    4  u8   kind: 1 batch, 2 facts
 *    5  u8   version
 *    6  u16  zero
 *    8  u32  bytes of the header
 *   12  u32  bytes of the columns as stored
 *   16  u32  bytes of the text as stored
 *   20       header (JSON), columns (zstd), text (zstd)
 *  end  u32  CRC-32 of everything before
 *
 * Integers are little-endian.
 */
const MAGIC = 0x31464654;
const VERSION = 1;
const PROLOGUE_BYTES = 20;
const KIND_BATCH = 1;
const KIND_FACTS = 2;

export interface BatchHeader {
  instance: InstanceId;
  /** Every range of the source that the lines were made from: in the segment where they end, and before it for a line that began there. */
  covers: Cover[];
  /** Where the first line's last record begins. Batches of an instance sort by segment, then offset, and never interleave. */
  order: { segment: SegmentName; offset: number };
  lineCount: number;
  /** How many of the lines are stderr's. */
  stderrCount: number;
  /** Earliest and latest time of a line: nanoseconds since 1970 as decimal text. */
  timeMin: string;
  timeMax: string;
  /** Uncompressed sizes. */
  textBytes: number;
  columnsBytes: number;
}

export interface BatchFrame {
  kind: 'batch';
  header: BatchHeader;
  /** Compressed; views of the buffer that was decoded. */
  columns: Buffer;
  text: Buffer;
  /** The whole frame. */
  bytes: Buffer;
}

export interface FactsFrame {
  kind: 'facts';
  facts: Fact[];
  bytes: Buffer;
}

export type Frame = BatchFrame | FactsFrame;

export function encodeBatchFrame(header: BatchHeader, columns: Uint8Array, text: Uint8Array): Buffer {
  return encode(KIND_BATCH, header, columns, text);
}

export function encodeFactsFrame(facts: Fact[]): Buffer {
  return encode(KIND_FACTS, facts, new Uint8Array(), new Uint8Array());
}

/** Reads the frame at `offset`; the frame's `bytes.length` says where the next begins. Throws Fault `corrupt` or `newer-format`. */
export function decodeFrame(buffer: Buffer, offset = 0): Frame {
  const available = buffer.length - offset;
  if (available < PROLOGUE_BYTES + 4) throw corrupt(offset, `only ${available} bytes are left`);
  if (buffer.readUInt32LE(offset) !== MAGIC) throw corrupt(offset, 'it does not begin with the magic number');
  const kind = buffer[offset + 4];
  const version = buffer[offset + 5]!;
  if (version > VERSION) throw new Fault('newer-format', `frame version ${version}; this build reads up to ${VERSION}`);
  const headerBytes = buffer.readUInt32LE(offset + 8);
  const columnsBytes = buffer.readUInt32LE(offset + 12);
  const textBytes = buffer.readUInt32LE(offset + 16);
  const total = PROLOGUE_BYTES + headerBytes + columnsBytes + textBytes + 4;
  if (total > limits.frameBytesMax)
    throw corrupt(offset, `it claims ${total} bytes (frameBytesMax is ${limits.frameBytesMax})`);
  if (total > available) throw corrupt(offset, `it claims ${total} bytes and ${available} are left`);
  const bytes = buffer.subarray(offset, offset + total);
  if (crc32(bytes.subarray(0, total - 4)) !== bytes.readUInt32LE(total - 4))
    throw corrupt(offset, 'its checksum does not match');
  const header = parseHeader(bytes.subarray(PROLOGUE_BYTES, PROLOGUE_BYTES + headerBytes), offset);
  if (kind === KIND_FACTS) return { kind: 'facts', facts: checkedFacts(header, offset), bytes };
  if (kind !== KIND_BATCH) throw corrupt(offset, `its kind ${kind} is not known`);
  const columnsAt = PROLOGUE_BYTES + headerBytes;
  return {
    kind: 'batch',
    header: checkedHeader(header, offset),
    columns: bytes.subarray(columnsAt, columnsAt + columnsBytes),
    text: bytes.subarray(columnsAt + columnsBytes, columnsAt + columnsBytes + textBytes),
    bytes,
  };
}

/** Throws as decodeFrame does. */
export function decodeFrames(buffer: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let offset = 0; offset < buffer.length; ) {
    const frame = decodeFrame(buffer, offset);
    frames.push(frame);
    offset += frame.bytes.length;
  }
  return frames;
}

function encode(kind: number, header: unknown, columns: Uint8Array, text: Uint8Array): Buffer {
  const headerBytes = Buffer.from(JSON.stringify(header));
  const total = PROLOGUE_BYTES + headerBytes.length + columns.length + text.length + 4;
  const bytes = Buffer.allocUnsafe(total);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes[4] = kind;
  bytes[5] = VERSION;
  bytes.writeUInt16LE(0, 6);
  bytes.writeUInt32LE(headerBytes.length, 8);
  bytes.writeUInt32LE(columns.length, 12);
  bytes.writeUInt32LE(text.length, 16);
  bytes.set(headerBytes, PROLOGUE_BYTES);
  bytes.set(columns, PROLOGUE_BYTES + headerBytes.length);
  bytes.set(text, PROLOGUE_BYTES + headerBytes.length + columns.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, total - 4)), total - 4);
  return bytes;
}

function parseHeader(bytes: Buffer, offset: number): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw corrupt(offset, 'its header is not JSON');
  }
}

const DECIMAL = /^-?\d{1,19}$/;

function checkedHeader(value: unknown, offset: number): BatchHeader {
  const header = value as BatchHeader;
  const sound =
    isObject(value) &&
    typeof header.instance === 'string' &&
    isObject(header.order) &&
    typeof header.order.segment === 'string' &&
    [header.order.offset, header.lineCount, header.stderrCount, header.textBytes, header.columnsBytes].every(isCount) &&
    header.textBytes <= limits.batchTextBytesMax &&
    header.columnsBytes <= 4 * limits.batchTextBytesMax &&
    [header.timeMin, header.timeMax].every((time) => typeof time === 'string' && DECIMAL.test(time)) &&
    Array.isArray(header.covers) &&
    header.covers.every(isCover);
  if (!sound) throw corrupt(offset, 'a field of its header is missing or of the wrong type');
  return header;
}

function checkedFacts(value: unknown, offset: number): Fact[] {
  if (
    !Array.isArray(value) ||
    value.length > limits.factsPerFrameMax ||
    !value.every((fact) => isObject(fact) && typeof fact.kind === 'string')
  ) {
    throw corrupt(offset, 'its facts are not a list of facts');
  }
  return value as Fact[];
}

function isCover(value: unknown): boolean {
  const cover = value as Cover;
  return (
    isObject(value) &&
    typeof cover.segment === 'string' &&
    typeof cover.hash === 'string' &&
    isCount(cover.from) &&
    isCount(cover.to) &&
    cover.from < cover.to
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function corrupt(offset: number, why: string): Fault {
  return new Fault('corrupt', `the frame at byte ${offset} cannot be read: ${why}`);
}
