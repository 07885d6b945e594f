import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { FileLayer, LayerFile } from '../../base/file-layer.ts';
import { decodeRecord, encodeEnvelope, findRecord, type Location, recordBytes, type StoredRecord } from './record.ts';

const HEADER_MAGIC = 0x31504654; // "TFP1"
const VERSION = 1;
const HEADER_BYTES = 8;
/** A pack is closed and the next begun when it has reached this. */
export const packBytesMax = 64 * 1024 * 1024;
/** Packs open for reading at a time. */
const openPacksMax = 64;

/** The end of what is durable and indexed: the watermark of the catalogue. */
export interface PackEnd {
  pack: number;
  bytes: number;
}

export type Scanned =
  | { record: StoredRecord; location: Location }
  /** Bytes in the middle of a pack that are no record. */
  | { damaged: { pack: number; from: number; to: number } }
  /** The last good record of the pack ends here; what follows, if `tornBytes` is not 0, was cut off while being written. */
  | { end: PackEnd; tornBytes: number };

/**
 * The append-only files. Invariant: what `append` has resolved for is durable, lies before `end` and is never written
 * again; behind `end` there is nothing, or what a failed append left until `cutTo` has removed it.
 */
export class Packs {
  readonly #files: FileLayer;
  readonly #directory: string;
  readonly #packBytesMax: number;
  readonly #sizes = new Map<number, number>();
  readonly #readers = new Map<number, { file: Promise<LayerFile>; users: number }>();
  #writer: { pack: number; file: LayerFile } | undefined;
  #end: PackEnd = { pack: 0, bytes: 0 };
  #lastPack = 0;
  /** After a failed sync the kernel may have dropped what it held: the file is not written again. */
  #distrusted = false;

  private constructor(files: FileLayer, directory: string, bytesMax: number) {
    this.#files = files;
    this.#directory = directory;
    this.#packBytesMax = bytesMax;
  }

  static async open(files: FileLayer, directory: string, bytesMax = packBytesMax): Promise<Packs> {
    const packs = new Packs(files, directory, bytesMax);
    files.makeDirectory(directory);
    for (const name of await files.list(directory)) {
      const match = /^(\d{8,})\.pack$/.exec(name);
      if (!match) continue;
      const pack = Number(match[1]);
      packs.#sizes.set(pack, await files.sizeBytes(packs.path(pack)));
      packs.#lastPack = Math.max(packs.#lastPack, pack);
    }
    return packs;
  }

  /** In ascending order. */
  numbers(): number[] {
    return [...this.#sizes.keys()].sort((a, b) => a - b);
  }

  has(pack: number): boolean {
    return this.#sizes.has(pack);
  }

  sizeBytes(pack: number): number {
    return this.#sizes.get(pack) ?? 0;
  }

  get totalBytes(): number {
    let total = 0;
    for (const bytes of this.#sizes.values()) total += bytes;
    return total;
  }

  get end(): PackEnd {
    return { ...this.#end };
  }

  /** Where the next record goes; called once, after recovery has found the end. */
  async resumeAt(end: PackEnd | undefined): Promise<void> {
    if (!end) return;
    this.#end = { ...end };
    if (this.sizeBytes(end.pack) > end.bytes) await this.cutTo(end);
  }

  /** Writes and syncs. On rejection, call `cutTo` with the end from before. */
  async append(records: readonly StoredRecord[]): Promise<Location[]> {
    const file = await this.#writable();
    const { pack } = this.#end;
    const buffers: Buffer[] = [];
    const locations: Location[] = [];
    let offset = this.#end.bytes;
    for (const record of records) {
      const bytes = recordBytes(record);
      locations.push({ pack, offset, bytes });
      buffers.push(encodeEnvelope(record), record.payload);
      offset += bytes;
    }
    this.#sizes.set(pack, offset);
    await file.write(buffers, this.#end.bytes);
    try {
      await file.sync();
    } catch (error) {
      this.#distrusted = true;
      throw error;
    }
    this.#end = { pack, bytes: offset };
    return locations;
  }

  /** Removes what a failed append may have left behind `end`. */
  async cutTo(end: PackEnd): Promise<void> {
    if (!this.#sizes.has(end.pack)) return;
    const opened = this.#writer?.pack === end.pack ? undefined : await this.#open(end.pack, 'write');
    const file = opened ?? this.#writer!.file;
    try {
      await file.truncate(end.bytes);
      await file.sync();
    } finally {
      await opened?.close();
    }
    this.#sizes.set(end.pack, end.bytes);
    this.#end = { ...end };
  }

  /** Throws Fault `not-found` where the pack is gone (its records live elsewhere by now) and `corrupt` on damage. */
  async read(location: Location): Promise<StoredRecord> {
    const buffer = Buffer.allocUnsafeSlow(location.bytes);
    const filled = await this.#withReader(location.pack, (file) => file.read(buffer, location.offset));
    const decoded = filled === buffer.length ? decodeRecord(buffer, 0) : undefined;
    if (!decoded || decoded.bytes !== location.bytes) {
      throw new Fault(
        'corrupt',
        `the record at byte ${location.offset} of ${this.path(location.pack)} failed its checksum`,
      );
    }
    return decoded.record;
  }

  /** Every record of a pack from `from` on, then its end. Reads the pack into memory, which packBytesMax bounds. */
  async *scan(pack: number, from = 0): AsyncGenerator<Scanned> {
    const start = Math.max(from, HEADER_BYTES);
    const buffer = await this.#content(pack);
    if (buffer.length < HEADER_BYTES) {
      yield { end: { pack, bytes: 0 }, tornBytes: buffer.length };
      return;
    }
    checkHeader(buffer, this.path(pack));
    let at = start;
    while (at < buffer.length) {
      const decoded = decodeRecord(buffer, at);
      if (decoded) {
        yield { record: decoded.record, location: { pack, offset: at, bytes: decoded.bytes } };
        at += decoded.bytes;
        continue;
      }
      const next = findRecord(buffer, at + 1);
      if (next < 0) break;
      yield { damaged: { pack, from: at, to: next } };
      at = next;
    }
    yield { end: { pack, bytes: at }, tornBytes: Math.max(0, buffer.length - at) };
  }

  /** Removes packs for good; nothing that lives may be in them. */
  async remove(packs: readonly number[]): Promise<void> {
    for (const pack of packs) {
      const reader = this.#readers.get(pack);
      this.#readers.delete(pack);
      if (reader && reader.users === 0) await reader.file.then((file) => file.close());
      await this.#files.unlink(this.path(pack));
      this.#sizes.delete(pack);
    }
    if (packs.length > 0) await this.#files.syncDirectory(this.#directory);
  }

  async close(): Promise<void> {
    await this.#writer?.file.close();
    this.#writer = undefined;
    const readers = [...this.#readers.values()];
    this.#readers.clear();
    for (const reader of readers) if (reader.users === 0) await reader.file.then((file) => file.close());
  }

  /** Begins another pack, so that the current one can be removed once nothing lives in it. */
  async roll(): Promise<void> {
    await this.#writer?.file.close();
    this.#writer = undefined;
    const pack = this.#lastPack + 1;
    const file = await this.#open(pack, 'create');
    this.#lastPack = pack;
    this.#sizes.set(pack, 0);
    this.#writer = { pack, file };
    this.#end = { pack, bytes: 0 };
    await this.#begin(file);
  }

  async #begin(file: LayerFile): Promise<void> {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(HEADER_MAGIC, 0);
    header.writeUInt32LE(VERSION, 4);
    await file.write([header], 0);
    await file.sync();
    await this.#files.syncDirectory(this.#directory);
    this.#sizes.set(this.#end.pack, HEADER_BYTES);
    this.#end.bytes = HEADER_BYTES;
    this.#distrusted = false;
  }

  async #writable(): Promise<LayerFile> {
    const exists = this.#sizes.has(this.#end.pack);
    if (!exists || this.#end.bytes >= this.#packBytesMax || this.#distrusted) await this.roll();
    if (this.#writer?.pack !== this.#end.pack) {
      await this.#writer?.file.close();
      this.#writer = { pack: this.#end.pack, file: await this.#open(this.#end.pack, 'write') };
    }
    if (this.#end.bytes < HEADER_BYTES) await this.#begin(this.#writer.file);
    return this.#writer.file;
  }

  #open(pack: number, mode: 'create' | 'write' | 'read'): Promise<LayerFile> {
    return this.#files.open(this.path(pack), mode);
  }

  async #content(pack: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(this.sizeBytes(pack));
    const filled = await this.#withReader(pack, (file) => file.read(buffer, 0));
    return buffer.subarray(0, filled);
  }

  async #withReader<T>(pack: number, use: (file: LayerFile) => Promise<T>): Promise<T> {
    if (!this.#sizes.has(pack)) throw new Fault('not-found', `pack ${pack} is gone`);
    let reader = this.#readers.get(pack);
    if (!reader) {
      reader = { file: this.#open(pack, 'read'), users: 0 };
      reader.file.catch(() => this.#readers.delete(pack));
      this.#readers.set(pack, reader);
    }
    reader.users++;
    try {
      return await use(await reader.file);
    } finally {
      reader.users--;
      await this.#retire(pack, reader);
    }
  }

  /** Closes what is no longer listed, and keeps the number of open packs within its limit. */
  async #retire(pack: number, reader: { file: Promise<LayerFile>; users: number }): Promise<void> {
    if (reader.users > 0) return;
    if (this.#readers.get(pack) === reader && this.#readers.size <= openPacksMax) return;
    if (this.#readers.get(pack) === reader) this.#readers.delete(pack);
    await reader.file.then(
      (file) => file.close(),
      () => {},
    );
  }

  path(pack: number): string {
    return join(this.#directory, `${String(pack).padStart(8, '0')}.pack`);
  }
}

function checkHeader(buffer: Buffer, path: string): void {
  if (buffer.readUInt32LE(0) !== HEADER_MAGIC) return; // a damaged header costs nothing: records stand for themselves
  const version = buffer.readUInt32LE(4);
  if (version > VERSION) {
    throw new Fault('newer-format', `${path} is of version ${version}; this build reads up to ${VERSION}`);
  }
}
