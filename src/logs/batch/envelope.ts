import { crc32 } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import { limits } from './protocol.ts';

/*
 * A frame is what travels from agent to store and, unchanged, what lies in the store's packs. docs/formats/frame.md draws it.
 *
 *    0  u32  magic "TFF1"
 *    4  u8   kind: 1 batch, 2 facts, 3 pushed
 *    5  u8   version: 1, or 2 where the text is compact (logs/block)
 *    6  u16  zero
 *    8  u32  bytes of the header
 *   12  u32  bytes of the columns as stored
 *   16  u32  bytes of the text as stored
 *   20       in version 2: u32 CRC-32 of the header, u32 of the columns, u32 of the bytes 0 to 28
 *            header (JSON), columns (zstd), text (zstd, or a compact text)
 *  end  u32  CRC-32 of everything before
 *
 * Integers are little-endian. A compact text has checksums of its own, so that its sections can be read one by one.
 */
const MAGIC = 0x31464654;
const PROLOGUE_BYTES = 20;
const COMPACT_PROLOGUE_BYTES = 32;
const versions = { plain: 1, compact: 2 } as const;

/** How the text of a frame is stored: as one zstd frame, or as logs/block does. */
export type TextForm = keyof typeof versions;

/** `pushed` is made by the store alone: no agent ships it. */
export const frameKinds = { batch: 1, facts: 2, pushed: 3 } as const;

export interface Envelope {
  kind: number;
  form: TextForm;
  header: unknown;
  /** Compressed; views of the buffer that was decoded. */
  columns: Buffer;
  text: Buffer;
  /** The whole frame. */
  bytes: Buffer;
}

/** Throws Fault `corrupt` or `newer-format`. */
export function decodeEnvelope(buffer: Buffer, offset: number): Envelope {
  const available = buffer.length - offset;
  if (available < PROLOGUE_BYTES + 4) throw corruptFrame(offset, `only ${available} bytes are left`);
  if (buffer.readUInt32LE(offset) !== MAGIC) throw corruptFrame(offset, 'it does not begin with the magic number');
  const kind = buffer[offset + 4]!;
  const version = buffer[offset + 5]!;
  if (version > versions.compact)
    throw new Fault('newer-format', `frame version ${version}; this build reads up to ${versions.compact}`);
  const form = version === versions.compact ? 'compact' : 'plain';
  const prologueBytes = prologueBytesOf(form);
  const headerBytes = buffer.readUInt32LE(offset + 8);
  const columnsBytes = buffer.readUInt32LE(offset + 12);
  const textBytes = buffer.readUInt32LE(offset + 16);
  const total = prologueBytes + headerBytes + columnsBytes + textBytes + 4;
  const max = form === 'compact' ? 'compactFrameBytesMax' : 'frameBytesMax';
  if (total > limits[max]) throw corruptFrame(offset, `it claims ${total} bytes (${max} is ${limits[max]})`);
  if (total > available) throw corruptFrame(offset, `it claims ${total} bytes and ${available} are left`);
  const bytes = buffer.subarray(offset, offset + total);
  if (crc32(bytes.subarray(0, total - 4)) !== bytes.readUInt32LE(total - 4))
    throw corruptFrame(offset, 'its checksum does not match');
  const header = parseHeader(bytes.subarray(prologueBytes, prologueBytes + headerBytes), offset);
  const columnsAt = prologueBytes + headerBytes;
  const textAt = columnsAt + columnsBytes;
  return {
    kind,
    form,
    header,
    columns: bytes.subarray(columnsAt, textAt),
    text: bytes.subarray(textAt, textAt + textBytes),
    bytes,
  };
}

export interface CompactPrologue {
  kind: 'batch' | 'pushed';
  headerAt: number;
  headerBytes: number;
  headerCrc: number;
  columnsBytes: number;
  columnsCrc: number;
  textBytes: number;
}

/**
 * What stands before the header of a frame with compact text. Undefined where it is another frame; a number where that many bytes are
 * needed to tell. Throws Fault `corrupt` or `newer-format`.
 */
export function decodeCompactPrologue(bytes: Buffer): CompactPrologue | number | undefined {
  if (bytes.length < COMPACT_PROLOGUE_BYTES) return COMPACT_PROLOGUE_BYTES;
  if (bytes.readUInt32LE(0) !== MAGIC) throw corruptFrame(0, 'it does not begin with the magic number');
  const version = bytes[5]!;
  if (version > versions.compact)
    throw new Fault('newer-format', `frame version ${version}; this build reads up to ${versions.compact}`);
  if (version !== versions.compact) return undefined;
  if (crc32(bytes.subarray(0, PROLOGUE_BYTES + 8)) !== bytes.readUInt32LE(PROLOGUE_BYTES + 8))
    throw corruptFrame(0, 'the checksum of its beginning does not match');
  const kind = bytes[4] === frameKinds.batch ? 'batch' : bytes[4] === frameKinds.pushed ? 'pushed' : undefined;
  if (kind === undefined) throw corruptFrame(0, `its kind ${bytes[4]} is not known`);
  return {
    kind,
    headerAt: COMPACT_PROLOGUE_BYTES,
    headerBytes: bytes.readUInt32LE(8),
    headerCrc: bytes.readUInt32LE(PROLOGUE_BYTES),
    columnsBytes: bytes.readUInt32LE(12),
    columnsCrc: bytes.readUInt32LE(PROLOGUE_BYTES + 4),
    textBytes: bytes.readUInt32LE(16),
  };
}

export function encodeEnvelope(
  kind: number,
  header: unknown,
  columns: Uint8Array,
  text: Uint8Array,
  form: TextForm = 'plain',
): Buffer {
  const headerBytes = Buffer.from(JSON.stringify(header));
  const prologueBytes = prologueBytesOf(form);
  const total = prologueBytes + headerBytes.length + columns.length + text.length + 4;
  const bytes = Buffer.allocUnsafe(total);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes[4] = kind;
  bytes[5] = versions[form];
  bytes.writeUInt16LE(0, 6);
  bytes.writeUInt32LE(headerBytes.length, 8);
  bytes.writeUInt32LE(columns.length, 12);
  bytes.writeUInt32LE(text.length, 16);
  if (form === 'compact') {
    bytes.writeUInt32LE(crc32(headerBytes), PROLOGUE_BYTES);
    bytes.writeUInt32LE(crc32(columns), PROLOGUE_BYTES + 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, PROLOGUE_BYTES + 8)), PROLOGUE_BYTES + 8);
  }
  bytes.set(headerBytes, prologueBytes);
  bytes.set(columns, prologueBytes + headerBytes.length);
  bytes.set(text, prologueBytes + headerBytes.length + columns.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, total - 4)), total - 4);
  return bytes;
}

function prologueBytesOf(form: TextForm): number {
  return form === 'compact' ? COMPACT_PROLOGUE_BYTES : PROLOGUE_BYTES;
}

function parseHeader(bytes: Buffer, offset: number): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw corruptFrame(offset, 'its header is not JSON');
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function corruptFrame(offset: number, why: string): Fault {
  return new Fault('corrupt', `the frame at byte ${offset} cannot be read: ${why}`);
}
