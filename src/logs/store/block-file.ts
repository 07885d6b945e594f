/**
 * A further door: blocks read where they lie, without the store and synchronously, for threads. What is read is checked against its
 * checksum; whether it is still what the catalogue names, only the store can say.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import { releaseOwn } from '../../base/release.ts';
import {
  type BatchFrame,
  type BatchHeader,
  decodeFrameHead,
  decodePushedFrame,
  type FrameHead,
  type PushedFrame,
  type PushedHeader,
} from '../batch/batch.ts';
import { batchOf, frameBytesOf } from './payloads.ts';
import { decodeRecord, isOfContainers, isOfPushed, recordBytesMax, recordFrameAt } from './record.ts';
import type { BlockPlace } from './store.ts';

export type { BlockPlace, LineRange } from './store.ts';

/** A part of a file, read when it is asked for. */
export interface FilePart {
  byteLength: number;
  /** Throws Fault `corrupt` where the file ends before, and what the file system throws. */
  read(from: number, to: number): Buffer;
  /** Takes back what was read, which nobody looks at any more. */
  done(bytes: Buffer): void;
}

/** A block whose text is plain was read whole; of one whose text is compact only the beginning. */
export type FiledBlock =
  | { form: 'plain'; kind: 'batch'; frame: BatchFrame }
  | { form: 'plain'; kind: 'pushed'; frame: PushedFrame }
  | CompactBlock<'batch', BatchHeader>
  | CompactBlock<'pushed', PushedHeader>;

interface CompactBlock<Kind, Header> {
  form: 'compact';
  kind: Kind;
  header: Header;
  /** Reads them, and throws Fault `corrupt` where they do not match their checksum. */
  columns(): Buffer;
  /** The text has checksums of its own. */
  text: FilePart;
}

/** Packs open at a time. */
const openMax = 16;
/** What is read first of a block: with it most say where the rest of them is. */
const headBytes = 4096;

/**
 * Reads blocks. Invariant: at most `openMax` packs are open; after `close` none is, so that a removed pack gives its room back, until
 * more is read of what was read in part.
 */
export class BlockFiles {
  readonly #open = new Map<string, number>();
  /** So far. */
  bytesRead = 0;

  /** Throws Fault `corrupt`, or what the file system throws: `ENOENT` where the pack is gone. */
  read(place: BlockPlace): FiledBlock {
    const record = this.#record(place);
    const beginning = record.read(0, headBytes);
    return compactIn(record, beginning) ?? this.#whole(place, record, beginning);
  }

  /** The same; undefined, and not read any further, where the text is plain. */
  readCompact(place: BlockPlace): (FiledBlock & { form: 'compact' }) | undefined {
    const record = this.#record(place);
    return compactIn(record, record.read(0, headBytes));
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }

  #record(place: BlockPlace): FilePart {
    if (place.bytes > recordBytesMax) throw new Fault('corrupt', `a block of ${place.bytes} bytes`);
    return {
      byteLength: place.bytes,
      read: (from, to) => this.#bytes(place, from, Math.min(to, place.bytes)),
      done: releaseOwn,
    };
  }

  #whole(place: BlockPlace, part: FilePart, beginning: Buffer): FiledBlock {
    const rest = part.read(beginning.length, part.byteLength);
    const decoded = decodeRecord(Buffer.concat([beginning, rest]), 0);
    if (decoded?.bytes !== place.bytes) throw damaged(place, 'failed its checksum');
    const { record } = decoded;
    if (isOfContainers(record.kind)) return { form: 'plain', kind: 'batch', frame: batchOf(frameBytesOf(record)) };
    if (isOfPushed(record.kind))
      return { form: 'plain', kind: 'pushed', frame: decodePushedFrame(frameBytesOf(record)) };
    throw damaged(place, 'is no block');
  }

  #bytes({ path, offset }: BlockPlace, from: number, to: number): Buffer {
    const buffer = Buffer.allocUnsafe(to - from);
    const filled = readSync(this.#descriptor(path), buffer, 0, buffer.length, offset + from);
    this.bytesRead += filled;
    if (filled < buffer.length) throw damaged({ path, offset }, 'ends early');
    return buffer;
  }

  #descriptor(path: string): number {
    let descriptor = this.#open.get(path);
    if (descriptor !== undefined) return descriptor;
    if (this.#open.size >= openMax) this.close();
    descriptor = openSync(path, 'r');
    this.#open.set(path, descriptor);
    return descriptor;
  }
}

function compactIn(record: FilePart, beginning: Buffer): (FiledBlock & { form: 'compact' }) | undefined {
  const head = headOf(record, beginning);
  return head && compactBlock(head.frame, record, head.frameAt);
}

/** The head of the record's frame where its text is compact. */
function headOf(record: FilePart, beginning: Buffer): { frame: FrameHead; frameAt: number } | undefined {
  for (let bytes = beginning; ; ) {
    const frameAt = recordFrameAt(bytes);
    if (frameAt === undefined) return undefined;
    const frame = frameAt > bytes.length ? headBytes : decodeFrameHead(bytes.subarray(frameAt));
    if (frame === undefined) return undefined;
    if (typeof frame === 'object') {
      if (frameAt + frame.bytes !== record.byteLength)
        throw new Fault('corrupt', 'a block is not as long as its frame');
      return { frame, frameAt };
    }
    const needed = Math.min(frameAt + frame, record.byteLength);
    if (needed <= bytes.length) throw new Fault('corrupt', 'a block ends early');
    bytes = record.read(0, needed);
  }
}

function compactBlock(head: FrameHead, record: FilePart, frameAt: number): FiledBlock & { form: 'compact' } {
  const { columns, text } = head;
  const lazily = {
    form: 'compact' as const,
    columns() {
      const bytes = record.read(frameAt + columns.from, frameAt + columns.to);
      if (crc32(bytes) !== columns.crc) throw new Fault('corrupt', 'the columns of a block failed their checksum');
      return bytes;
    },
    text: {
      byteLength: text.to - text.from,
      read: (from: number, to: number) =>
        record.read(frameAt + text.from + from, Math.min(frameAt + text.from + to, frameAt + text.to)),
      done: record.done,
    },
  };
  return head.kind === 'batch'
    ? { ...lazily, kind: 'batch', header: head.header }
    : { ...lazily, kind: 'pushed', header: head.header };
}

function damaged({ path, offset }: Pick<BlockPlace, 'path' | 'offset'>, why: string): Fault {
  return new Fault('corrupt', `the record at byte ${offset} of ${path} ${why}`);
}
