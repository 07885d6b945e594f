import { join } from 'node:path';
import type { FileLayer } from '../../../base/file-layer.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { readRecord, recordHeadBytes, recordLength, recordMagic, type WalRecord } from './record.ts';
import { readHead, type WalHead } from './wal-file.ts';

const READ_BYTES = 4 * 1024 * 1024;

/**
 * Gives the records of a WAL file in order. What follows the last good record was being written when the process ended; damaged bytes between
 * good records are skipped, logged and counted.
 */
export async function replayFile(
  { files, log }: { files: FileLayer; log: Logger },
  directory: string,
  name: string,
  begin: (head: WalHead, bytes: number) => (record: WalRecord) => void,
): Promise<{ damagedBytes: number }> {
  const path = join(directory, name);
  const file = await files.open(path, 'read');
  let damagedBytes = 0;
  try {
    const size = await files.sizeBytes(path);
    const first = Buffer.alloc(Math.min(size, 64 * 1024));
    await file.read(first, 0);
    const head = readHead(first, path);
    if (!head) return { damagedBytes };
    const apply = begin(head.head, size);
    let position = head.at;
    let want = READ_BYTES;
    while (position < size) {
      const piece = Buffer.alloc(Math.min(want, size - position));
      await file.read(piece, position);
      const atEnd = position + piece.length >= size;
      const { used, damaged } = applyAll(piece, atEnd, apply);
      if (damaged > 0)
        log.warn('damaged bytes in a write-ahead log were skipped', { path, at: position, bytes: damaged });
      damagedBytes += damaged;
      if (used === 0 && atEnd) break;
      // A record is longer than what was read.
      want = used === 0 ? want * 2 : READ_BYTES;
      position += used;
    }
  } finally {
    await file.close();
  }
  return { damagedBytes };
}

/** Gives how many bytes are done with: up to the first record that may go on behind the piece. */
function applyAll(piece: Buffer, atEnd: boolean, apply: (record: WalRecord) => void) {
  let at = 0;
  let damaged = 0;
  while (at < piece.length) {
    const length = recordLength(piece, at);
    if (length > 0) {
      apply(readRecord(piece, at, length));
      at += length;
      continue;
    }
    const next = nextGood(piece, at + 1);
    if (next < 0) {
      if (!atEnd && mayGoOn(piece, at)) break;
      return { used: atEnd ? piece.length : Math.max(at, piece.length - recordHeadBytes), damaged };
    }
    damaged += next - at;
    at = next;
  }
  return { used: at, damaged };
}

/** Whether a record that begins here may end behind the piece. */
function mayGoOn(piece: Buffer, at: number): boolean {
  if (at + recordHeadBytes > piece.length) return true;
  return (
    piece.readUInt32LE(at) === recordMagic.readUInt32LE(0) &&
    at + recordHeadBytes + piece.readUInt32LE(at + 4) > piece.length
  );
}

function nextGood(piece: Buffer, from: number): number {
  for (let at = piece.indexOf(recordMagic, from); at >= 0; at = piece.indexOf(recordMagic, at + 1)) {
    if (recordLength(piece, at) > 0) return at;
  }
  return -1;
}
