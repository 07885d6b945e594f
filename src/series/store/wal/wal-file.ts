import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Fault } from '../../../base/fault.ts';
import type { FileLayer, LayerFile } from '../../../base/file-layer.ts';
import { ByteReader } from '../chunk/byte-reader.ts';
import { ByteWriter } from '../chunk/byte-writer.ts';

/** "TFSW" */
const MAGIC = 0x57534654;
const FORMAT = 1;

export interface WalHead {
  /** Beginning of the window whose samples the file holds. */
  startMs: number;
  /** Rises from file to file; never used again. */
  number: number;
  tenant: string;
}

export function walName({ startMs, number }: Pick<WalHead, 'startMs' | 'number'>): string {
  return `${startMs}-${String(number).padStart(8, '0')}.wal`;
}

/** The number in the name of a WAL file; undefined for other names. */
export function walNumberOf(name: string): number | undefined {
  const match = /^-?\d+-(\d{8,})\.wal$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

function headBytes({ startMs, number, tenant }: WalHead): Uint8Array {
  const body = new ByteWriter(64);
  body.f64(startMs);
  body.f64(number);
  body.text(tenant);
  const out = new ByteWriter(64);
  out.u32(MAGIC);
  out.u32(FORMAT);
  out.u32(body.at);
  out.u32(crc32(body.written()));
  out.raw(body.written());
  return out.written();
}

/** The head and where the records begin; undefined where the file ends within it (it was being made). Throws Fault `corrupt` or `newer-format`. */
export function readHead(bytes: Uint8Array, path: string): { head: WalHead; at: number } | undefined {
  if (bytes.length < 16) return undefined;
  const input = new ByteReader(bytes);
  const [magic, format, length, checksum] = [input.u32(), input.u32(), input.u32(), input.u32()];
  if (magic === 0 && format === 0) return undefined;
  if (magic !== MAGIC) throw new Fault('corrupt', `${path} is no write-ahead log of series`);
  if (format > FORMAT)
    throw new Fault('newer-format', `${path} has format ${format}; this build reads up to ${FORMAT}`);
  if (16 + length > bytes.length) return undefined;
  if (crc32(bytes.subarray(16, 16 + length)) !== checksum) throw new Fault('corrupt', `the head of ${path} is damaged`);
  const head = { startMs: input.f64(), number: input.f64(), tenant: input.text() };
  return { head, at: 16 + length };
}

/**
 * A file of the write-ahead log that is being written. Invariant: everything before `#goodBytes` is synced; what a failed write left behind
 * it is cut off before the file is given up.
 */
export class WalFile {
  readonly head: WalHead;
  readonly #file: LayerFile;
  #goodBytes: number;
  /** Slots that the file has the labels of. */
  #defined = new Uint8Array(1024);

  static async create(files: FileLayer, directory: string, head: WalHead): Promise<WalFile> {
    const file = await files.open(join(directory, walName(head)), 'create');
    const bytes = headBytes(head);
    try {
      await file.write([bytes], 0);
      await file.sync();
      await files.syncDirectory(directory);
    } catch (error) {
      await file.close().catch(() => {});
      await files.unlink(join(directory, walName(head))).catch(() => {});
      throw error;
    }
    return new WalFile(head, file, bytes.length);
  }

  private constructor(head: WalHead, file: LayerFile, bytes: number) {
    this.head = head;
    this.#file = file;
    this.#goodBytes = bytes;
  }

  get bytes(): number {
    return this.#goodBytes;
  }

  /** True the first time that it is asked for a slot. */
  define(slot: number): boolean {
    if (slot >= this.#defined.length) {
      const grown = new Uint8Array(Math.max(slot + 1, this.#defined.length * 2));
      grown.set(this.#defined);
      this.#defined = grown;
    }
    if (this.#defined[slot] === 1) return false;
    this.#defined[slot] = 1;
    return true;
  }

  /** Resolves when the records are on disk. After a rejection the file is only good for `giveUp`. */
  async append(records: Uint8Array): Promise<void> {
    await this.#file.write([records], this.#goodBytes);
    await this.#file.sync();
    this.#goodBytes += records.length;
  }

  /** What was synced beyond these bytes is not to be acknowledged after all. */
  rewind(bytes: number): void {
    this.#goodBytes = bytes;
  }

  /** Cuts off what was not acknowledged. May be tried again when it rejects. */
  async giveUp(): Promise<void> {
    await this.#file.truncate(this.#goodBytes);
    await this.#file.sync();
    await this.close();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
