/**
 * A further door: blocks read where they lie, without the store and synchronously, for threads. What is read is checked against its
 * checksum; whether it is still what the catalogue names, only the store can say.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { Fault } from '../../base/fault.ts';
import { type BatchFrame, decodePushedFrame, type PushedFrame } from '../batch/batch.ts';
import { batchOf, frameBytesOf } from './payloads.ts';
import { decodeRecord, recordBytesMax, recordKinds } from './record.ts';
import type { BlockPlace } from './store.ts';

export type { BlockPlace, LineRange } from './store.ts';

export type FiledBlock = { kind: 'batch'; frame: BatchFrame } | { kind: 'pushed'; frame: PushedFrame };

/** Packs open at a time. */
const openMax = 16;

/** Reads blocks. Invariant: at most `openMax` packs are open; after `close` none is, so that a removed pack gives its room back. */
export class BlockFiles {
  readonly #open = new Map<string, number>();

  /** Throws Fault `corrupt`, or what the file system throws: `ENOENT` where the pack is gone. */
  read({ path, offset, bytes }: BlockPlace): FiledBlock {
    if (bytes > recordBytesMax) throw new Fault('corrupt', `a block of ${bytes} bytes`);
    const buffer = Buffer.allocUnsafeSlow(bytes);
    const filled = readSync(this.#descriptor(path), buffer, 0, bytes, offset);
    const decoded = filled === bytes ? decodeRecord(buffer, 0) : undefined;
    if (decoded?.bytes !== bytes)
      throw new Fault('corrupt', `the record at byte ${offset} of ${path} failed its checksum`);
    const { record } = decoded;
    switch (record.kind) {
      case recordKinds.frame:
      case recordKinds.merged:
        return { kind: 'batch', frame: batchOf(frameBytesOf(record, record.kind === recordKinds.merged)) };
      case recordKinds.pushed:
      case recordKinds.pushedMerged: {
        const frame = decodePushedFrame(frameBytesOf(record, record.kind === recordKinds.pushedMerged));
        return { kind: 'pushed', frame };
      }
    }
    throw new Fault('corrupt', `the record at byte ${offset} of ${path} is no block`);
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
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
