import { crc32 } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import { limits } from './protocol.ts';

/*
 * A frame is what travels from agent to store and, unchanged, what lies in the store's packs. docs/formats/frame.md draws it.
 *
 *    0  u32  magic "TFF1"
 *    4  u8   kind: 1 batch, 2 facts, 3 pushed
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

/** `pushed` is made by the store alone: no agent ships it. */
export const frameKinds = { batch: 1, facts: 2, pushed: 3 } as const;

export interface Envelope {
  kind: number;
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
  if (version > VERSION) throw new Fault('newer-format', `frame version ${version}; this build reads up to ${VERSION}`);
  const headerBytes = buffer.readUInt32LE(offset + 8);
  const columnsBytes = buffer.readUInt32LE(offset + 12);
  const textBytes = buffer.readUInt32LE(offset + 16);
  const total = PROLOGUE_BYTES + headerBytes + columnsBytes + textBytes + 4;
  if (total > limits.frameBytesMax)
    throw corruptFrame(offset, `it claims ${total} bytes (frameBytesMax is ${limits.frameBytesMax})`);
  if (total > available) throw corruptFrame(offset, `it claims ${total} bytes and ${available} are left`);
  const bytes = buffer.subarray(offset, offset + total);
  if (crc32(bytes.subarray(0, total - 4)) !== bytes.readUInt32LE(total - 4))
    throw corruptFrame(offset, 'its checksum does not match');
  const header = parseHeader(bytes.subarray(PROLOGUE_BYTES, PROLOGUE_BYTES + headerBytes), offset);
  const columnsAt = PROLOGUE_BYTES + headerBytes;
  const textAt = columnsAt + columnsBytes;
  return {
    kind,
    header,
    columns: bytes.subarray(columnsAt, textAt),
    text: bytes.subarray(textAt, textAt + textBytes),
    bytes,
  };
}

export function encodeEnvelope(kind: number, header: unknown, columns: Uint8Array, text: Uint8Array): Buffer {
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
