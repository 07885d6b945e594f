import { crc32 } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import type { Frame, PushedRun } from '../batch/batch.ts';

/*
 * A record is what the packs are made of; docs/formats/pack.md draws it.
 *
 *    0  u32  magic "TFR1"
 *    4  u32  bytes of the payload
 *    8  u32  CRC-32 of everything from byte 12 to the end of the payload
 *   12  u8   kind
 *   13  u8   version
 *   14  u16  bytes of the tenant
 *   16  u64  sequence
 *   24  u64  milliseconds since 1970 when it was received
 *   32       tenant (UTF-8), payload
 *
 * Integers are little-endian.
 */
const MAGIC = 0x31524654;
const MAGIC_BYTES = Buffer.from('TFR1', 'latin1');
const VERSION = 1;
const PROLOGUE_BYTES = 32;
/** One record; a claim beyond it is damage. */
export const recordBytesMax = 128 * 1024 * 1024;

export const recordKinds = {
  /** A frame as the agent sent it: batch or facts. */
  frame: 1,
  /** Instances made or extended by a resolve. */
  resolved: 2,
  /** The store was started; carries the epoch. */
  started: 3,
  /** Instances deleted on purpose. */
  deleted: 4,
  /** A block that takes the place of others. */
  merged: 5,
  /** Blocks that retention has dropped. */
  expired: 6,
  /** Instances and pods that retention has dropped. */
  forgotten: 7,
  /** All that is known of one instance, so that what older packs say of it may go. */
  instanceState: 8,
  /** The same for a pod. */
  podState: 9,
  /** A block whose record failed its checksum: it is given up and leaves a gap. */
  damaged: 10,
  /** A frame of lines that somebody pushed. */
  pushed: 11,
  /** Pushed lines that take the place of whole blocks of them: from before 14, only read. */
  pushedMerged: 12,
  /** Pushed streams deleted on purpose. */
  pushedDeleted: 13,
  /** Pushed lines that take the place of runs of others. */
  pushedRegrouped: 14,
} as const;

export type RecordKind = (typeof recordKinds)[keyof typeof recordKinds];

const ofContainers: ReadonlySet<RecordKind> = new Set([recordKinds.frame, recordKinds.merged]);
const ofPushed: ReadonlySet<RecordKind> = new Set([
  recordKinds.pushed,
  recordKinds.pushedMerged,
  recordKinds.pushedRegrouped,
]);

/** Whether records of this kind hold a block of lines that an agent read. */
export function isOfContainers(kind: RecordKind): boolean {
  return ofContainers.has(kind);
}

/** Whether they hold a block of lines that were pushed. */
export function isOfPushed(kind: RecordKind): boolean {
  return ofPushed.has(kind);
}

/** Whether a header stands before the frame of such a block. */
export function isMerged(kind: RecordKind): boolean {
  return kind !== recordKinds.frame && kind !== recordKinds.pushed;
}

/** A record that has no place yet. */
export interface RecordDraft {
  kind: RecordKind;
  tenant: string;
  payload: Buffer;
}

export interface StoredRecord extends RecordDraft {
  /** Position in the order of all that was stored; rises from record to record, not always by one. */
  sequence: number;
  receivedMs: number;
}

export interface Location {
  pack: number;
  offset: number;
  /** Of the whole record. */
  bytes: number;
}

/** A record in its place. `frame` and `runs` spare decoding it again where the caller has done so. */
export interface PlacedRecord {
  record: StoredRecord;
  location: Location;
  frame?: Frame | undefined;
  runs?: readonly PushedRun[] | undefined;
}

/** The envelope; the payload follows it on disk and is not copied. */
export function encodeEnvelope(record: StoredRecord): Buffer {
  const tenantBytes = Buffer.byteLength(record.tenant);
  const envelope = Buffer.allocUnsafe(PROLOGUE_BYTES + tenantBytes);
  envelope.writeUInt32LE(MAGIC, 0);
  envelope.writeUInt32LE(record.payload.length, 4);
  envelope[12] = record.kind;
  envelope[13] = VERSION;
  envelope.writeUInt16LE(tenantBytes, 14);
  envelope.writeBigUInt64LE(BigInt(record.sequence), 16);
  envelope.writeBigUInt64LE(BigInt(Math.max(0, Math.trunc(record.receivedMs))), 24);
  envelope.write(record.tenant, PROLOGUE_BYTES, 'utf8');
  envelope.writeUInt32LE(crc32(record.payload, crc32(envelope.subarray(12))), 8);
  return envelope;
}

export function recordBytes(record: StoredRecord): number {
  return PROLOGUE_BYTES + Buffer.byteLength(record.tenant) + record.payload.length;
}

/** Undefined where no whole, undamaged record lies at `offset`. Throws Fault `newer-format`. */
export function decodeRecord(buffer: Buffer, offset: number): { record: StoredRecord; bytes: number } | undefined {
  const available = buffer.length - offset;
  if (available < PROLOGUE_BYTES || buffer.readUInt32LE(offset) !== MAGIC) return undefined;
  const payloadBytes = buffer.readUInt32LE(offset + 4);
  const tenantBytes = buffer.readUInt16LE(offset + 14);
  const bytes = PROLOGUE_BYTES + tenantBytes + payloadBytes;
  if (bytes > available || bytes > recordBytesMax) return undefined;
  if (crc32(buffer.subarray(offset + 12, offset + bytes)) !== buffer.readUInt32LE(offset + 8)) return undefined;
  const version = buffer[offset + 13]!;
  if (version > VERSION) {
    throw new Fault('newer-format', `a pack holds records of version ${version}; this build reads up to ${VERSION}`);
  }
  const payloadAt = offset + PROLOGUE_BYTES + tenantBytes;
  const record: StoredRecord = {
    kind: buffer[offset + 12] as RecordKind,
    tenant: buffer.toString('utf8', offset + PROLOGUE_BYTES, payloadAt),
    sequence: Number(buffer.readBigUInt64LE(offset + 16)),
    receivedMs: Number(buffer.readBigUInt64LE(offset + 24)),
    payload: buffer.subarray(payloadAt, offset + bytes),
  };
  return { record, bytes };
}

/** Where the frame of a record begins that holds a block; undefined where it holds none. More than there is: the record must be longer. */
export function recordFrameAt(beginning: Buffer): number | undefined {
  if (beginning.length < PROLOGUE_BYTES || beginning.readUInt32LE(0) !== MAGIC) return undefined;
  const payloadAt = PROLOGUE_BYTES + beginning.readUInt16LE(14);
  const kind = beginning[12] as RecordKind;
  if (!isOfContainers(kind) && !isOfPushed(kind)) return undefined;
  if (!isMerged(kind)) return payloadAt;
  if (payloadAt + 4 > beginning.length) return payloadAt + 4;
  return payloadAt + 4 + beginning.readUInt32LE(payloadAt);
}

/** Where the next undamaged record begins, looking from `offset` on; -1 if there is none. */
export function findRecord(buffer: Buffer, offset: number): number {
  for (let at = offset; ; at++) {
    at = buffer.indexOf(MAGIC_BYTES, at);
    if (at < 0 || decodeRecord(buffer, at)) return at;
  }
}

export function jsonPayload(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
