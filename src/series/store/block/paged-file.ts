import { crc32 } from 'node:zlib';
import { Fault } from '../../../base/fault.ts';
import type { LayerFile } from '../../../base/file-layer.ts';

/** Every page of a block has a checksum of its own. */
export const pageBytes = 32 * 1024;
const WRITE_BYTES = 1024 * 1024;

/** Writes a file from its beginning to its end and keeps the checksum of each page. */
export class PagedWriter {
  readonly #file: LayerFile;
  readonly #buffer = new Uint8Array(WRITE_BYTES);
  #held = 0;
  #written = 0;
  readonly checksums: number[] = [];

  constructor(file: LayerFile) {
    this.#file = file;
  }

  get position(): number {
    return this.#written + this.#held;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const length = Math.min(bytes.length - from, WRITE_BYTES - this.#held);
      this.#buffer.set(bytes.subarray(from, from + length), this.#held);
      this.#held += length;
      from += length;
      if (this.#held === WRITE_BYTES) await this.#flush();
    }
  }

  async align(bytes: number): Promise<void> {
    await this.write(new Uint8Array((bytes - (this.position % bytes)) % bytes));
  }

  /** The last page ends here. What is written afterwards has no page. */
  async endPages(): Promise<void> {
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#held);
    for (let at = 0; at < bytes.length; at += pageBytes) {
      this.checksums.push(crc32(bytes.subarray(at, Math.min(at + pageBytes, bytes.length))));
    }
    await this.#file.write([bytes], this.#written);
    this.#written += this.#held;
    this.#held = 0;
  }
}

/** Reads ranges of a file whose pages have checksums. Throws Fault `corrupt` with the path and place of a page that fails its own. */
export class PagedReader {
  readonly #file: LayerFile;
  readonly #path: string;
  readonly #checksums: Uint32Array;
  /** Where the last page ends. */
  readonly #end: number;

  constructor(file: LayerFile, path: string, checksums: Uint32Array, end: number) {
    this.#file = file;
    this.#path = path;
    this.#checksums = checksums;
    this.#end = end;
  }

  get pages(): number {
    return this.#checksums.length;
  }

  /** Whole pages, checked. */
  async readPages(first: number, count: number): Promise<Uint8Array> {
    const from = first * pageBytes;
    const bytes = new Uint8Array(Math.min(count * pageBytes, this.#end - from));
    const read = await this.#file.read(bytes, from);
    if (read < bytes.length) throw new Fault('corrupt', `${this.#path} ends at ${from + read}, before its pages do`);
    for (let at = 0; at < bytes.length; at += pageBytes) {
      const page = bytes.subarray(at, Math.min(at + pageBytes, bytes.length));
      if (crc32(page) === this.#checksums[first + at / pageBytes]) continue;
      throw new Fault('corrupt', `${this.#path}: the page at ${from + at} fails its checksum`);
    }
    return bytes;
  }

  /** A range, in a buffer that begins with it. */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length === 0) return new Uint8Array(0);
    if (offset < 0 || offset + length > this.#end) {
      throw new Fault('corrupt', `${this.#path}: nothing can be at ${offset} to ${offset + length}`);
    }
    const first = Math.floor(offset / pageBytes);
    const last = Math.floor((offset + length - 1) / pageBytes);
    const bytes = await this.readPages(first, last - first + 1);
    return bytes.slice(offset - first * pageBytes, offset - first * pageBytes + length) as Uint8Array<ArrayBuffer>;
  }
}
