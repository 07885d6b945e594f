import { Fault } from '../../base/fault.ts';
import { type BatchFrame, decodeFrame, type InstanceId, type InstanceKey, type PodFact } from '../batch/batch.ts';
import type { InstanceColumns } from './instance-table.ts';
import type { PodState } from './pod-table.ts';
import { isMerged, type StoredRecord } from './record.ts';
import type { Gap, PushedStreamId } from './store.ts';

/* The JSON of each kind of record; docs/formats/pack.md lists them. */

export interface StartedPayload {
  epoch: string;
}

export interface ResolvedPayload {
  instances: {
    id: InstanceId;
    key: InstanceKey;
    namespace: string;
    pod: string;
    node: string;
    containerId: string | null;
    /** Those that became known with this record. */
    segments: string[];
    /** Other ids that it goes under from now on, unless they are taken. */
    aliases: InstanceId[];
  }[];
}

export interface DeletedPayload {
  ids: InstanceId[];
}

export interface ExpiredPayload {
  blocks: number[];
}

export interface DamagedPayload {
  instance: InstanceId;
  block: number;
  /** About where its lines lay in the file. */
  segment: string;
  from: number;
  to: number | null;
  noticedAt: string;
}

export interface ForgottenPayload {
  ids: InstanceId[];
  pods: { cluster: string; podUid: string }[];
  /** Tombstones of pushed streams. */
  pushed?: PushedStreamId[];
}

export interface InstanceStatePayload {
  columns: InstanceColumns;
  aliases: InstanceId[];
  segments: { name: string; coverage: string }[];
  gaps: Gap[];
}

export interface PodStatePayload {
  fact: PodFact;
  receivedMs: number;
  states: PodState[];
}

/** What precedes the frame in a `merged` record: u32 bytes of this JSON, this JSON, frame. */
export interface MergedHeader {
  instance: InstanceId;
  segment: string;
  replaces: number[];
  /** As formatParts writes them; null for a block of one part. */
  parts: string | null;
  offset: number;
  offsetLast: number;
  sequence: number;
  sequenceMin: number;
  receivedMs: number;
}

/** What precedes the frame in a `pushedRegrouped` record, as in a `merged` one. The record's sequence names the block. */
export interface PushedRegroupedHeader {
  /** The blocks that lines are taken from, each as the difference from the one before. */
  blocks: number[];
  /** Of each of them the positions of the runs that are taken; null: all that it has. */
  runs: (readonly number[] | null)[];
  /** Of each run of the frame, as formatRunParts writes them. */
  parts: (string | null)[];
  /** Of the earliest and the latest part. */
  sequenceMin: number;
  sequenceMax: number;
  /** When the latest came, and the earliest. */
  receivedMs: number;
  receivedMinMs: number;
  /** The frame is that of the one block, which has all its runs still. */
  isCopy?: true;
}

/** What precedes the frame in a `pushedMerged` record; its `sequence` names the block. */
export interface PushedMergedHeader {
  replaces: number[];
  /** Of each run, as formatParts writes them; null for a run of one part, which has `sequence`. */
  parts: (string | null)[];
  sequence: number;
  sequenceMin: number;
  receivedMs: number;
}

/** Where something is null, the record itself says it: a copy that cleaning makes of the record has to name it. */
export interface PushedDeletedPayload {
  streams: { id: PushedStreamId; through: string; sequence: number | null; deletedMs: number | null }[];
}

export function parsePayload<T>(record: StoredRecord): T {
  return JSON.parse(record.payload.toString()) as T;
}

export function encodeMerged(header: MergedHeader | PushedRegroupedHeader, frame: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, frame]);
}

export function decodeMerged<H = MergedHeader>(payload: Buffer): { header: H; frame: Buffer } {
  const jsonBytes = payload.readUInt32LE(0);
  const header = JSON.parse(payload.toString('utf8', 4, 4 + jsonBytes)) as H;
  return { header, frame: payload.subarray(4 + jsonBytes) };
}

/** Bytes of the frame in a record that holds a block. */
export function frameBytesOf({ kind, payload }: StoredRecord): Buffer {
  return isMerged(kind) ? payload.subarray(4 + payload.readUInt32LE(0)) : payload;
}

/** Throws Fault `corrupt` where it is no batch. */
export function batchOf(bytes: Buffer): BatchFrame {
  const frame = decodeFrame(bytes);
  if (frame.kind !== 'batch') throw new Fault('corrupt', 'a block is not a batch');
  return frame;
}
