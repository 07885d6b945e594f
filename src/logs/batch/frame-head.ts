import { crc32 } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import { decodeCompactPrologue } from './envelope.ts';
import { type BatchHeader, checkedBatchHeader } from './frame.ts';
import { checkedPushedHeader, type PushedHeader } from './pushed-frame.ts';

/** Where something lies in a frame: from (inclusive) to (exclusive). */
export interface FramePiece {
  from: number;
  to: number;
}

/** What a frame with compact text begins with: enough to read the rest of it piece by piece. */
export type FrameHead = ({ kind: 'batch'; header: BatchHeader } | { kind: 'pushed'; header: PushedHeader }) & {
  columns: FramePiece & { crc: number };
  /** Has checksums of its own. */
  text: FramePiece;
  /** Of the whole frame. */
  bytes: number;
};

/**
 * Reads the head of a frame. Undefined where the frame's text is not compact: then it has one checksum and is read whole. A number: of
 * how many bytes more must be given. Throws Fault `corrupt` or `newer-format`.
 */
export function decodeFrameHead(bytes: Buffer): FrameHead | number | undefined {
  const prologue = decodeCompactPrologue(bytes);
  if (typeof prologue !== 'object') return prologue;
  const { kind, headerAt, headerBytes, headerCrc, columnsBytes, columnsCrc, textBytes } = prologue;
  const columnsAt = headerAt + headerBytes;
  if (bytes.length < columnsAt) return columnsAt;
  const json = bytes.subarray(headerAt, columnsAt);
  if (crc32(json) !== headerCrc) throw new Fault('corrupt', "a frame's header does not match its checksum");
  const header: unknown = JSON.parse(json.toString());
  const textAt = columnsAt + columnsBytes;
  const pieces = {
    columns: { from: columnsAt, to: textAt, crc: columnsCrc },
    text: { from: textAt, to: textAt + textBytes },
    bytes: textAt + textBytes + 4,
  };
  if (kind === 'batch') return { kind, header: checkedBatchHeader(header, 'compact', 0), ...pieces };
  return { kind, header: checkedPushedHeader(header, 'compact'), ...pieces };
}
