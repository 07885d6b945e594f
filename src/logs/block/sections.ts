import { crc32, constants as zlibConstants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Fault } from '../../base/fault.ts';
import type { ByteSource } from './block.ts';
import { corrupt } from './bytes.ts';
import { limits } from './limits.ts';

/*
 * A compact text as it is stored: a table of sections, and the sections one behind the other. docs/formats/compact-text.md draws it.
 *
 *    0  u32  magic "TFC1"
 *    4  u8   version
 *    5  u8   zero
 *    6  u16  sections
 *    8  u32  lines
 *   12  u32  bytes of the text
 *   16       of each section: u8 kind, u8 codec (0 as it is, 1 zstd), u16 zero, u32 bytes as stored, u32 bytes, u32 CRC-32 as stored
 *  end  u32  CRC-32 of everything before
 */
const MAGIC = 0x31434654;
const VERSION = 1;
const PROLOGUE_BYTES = 16;
const ENTRY_BYTES = 16;
/** The table of most texts, and their filters behind it; what is longer takes a second read. */
const FIRST_READ_BYTES = 6144;
/** What cannot be compressed grows by no more than a 256th and this. */
const GROWTH_BYTES_MAX = 1024;

export const sectionKinds = { filter: 1, columns: 2, templates: 3, ids: 4, chunk: 5, shortRuns: 6 } as const;

export interface Section {
  kind: number;
  bytes: Buffer;
}

export interface SectionEntry {
  kind: number;
  codec: number;
  from: number;
  storedBytes: number;
  bytes: number;
  crc: number;
}

export function writeSections(
  lineCount: number,
  textBytes: number,
  sections: readonly Section[],
  level: number,
): Buffer {
  const stored = sections.map(({ bytes }) => packed(bytes, level));
  const head = Buffer.alloc(PROLOGUE_BYTES + ENTRY_BYTES * sections.length + 4);
  head.writeUInt32LE(MAGIC, 0);
  head[4] = VERSION;
  head.writeUInt16LE(sections.length, 6);
  head.writeUInt32LE(lineCount, 8);
  head.writeUInt32LE(textBytes, 12);
  for (const [i, { kind, bytes }] of sections.entries()) {
    const at = PROLOGUE_BYTES + ENTRY_BYTES * i;
    head[at] = kind;
    head[at + 1] = stored[i]!.codec;
    head.writeUInt32LE(stored[i]!.bytes.length, at + 4);
    head.writeUInt32LE(bytes.length, at + 8);
    head.writeUInt32LE(crc32(stored[i]!.bytes), at + 12);
  }
  head.writeUInt32LE(crc32(head.subarray(0, head.length - 4)), head.length - 4);
  return Buffer.concat([head, ...stored.map(({ bytes }) => bytes)]);
}

function packed(bytes: Buffer, level: number): { codec: number; bytes: Buffer } {
  const smaller = zstdCompressSync(bytes, {
    chunkSize: bytes.length + (bytes.length >> 8) + GROWTH_BYTES_MAX,
    pledgedSrcSize: bytes.length,
    params: { [zlibConstants.ZSTD_c_compressionLevel]: level },
  });
  return smaller.length < bytes.length ? { codec: 1, bytes: smaller } : { codec: 0, bytes };
}

/**
 * Sections of a source, read one by one. Invariant: `#beginning` is what the source begins with, until something behind it is read or all
 * that is wanted of it has been. Throws Fault `corrupt` or `newer-format`, and what the source throws.
 */
export class Sections {
  readonly lineCount: number;
  readonly textBytes: number;
  readonly entries: readonly SectionEntry[];
  readonly #source: ByteSource;
  #beginning: Buffer | undefined;

  constructor(source: ByteSource) {
    this.#source = source;
    let head = source.read(0, Math.min(source.byteLength, FIRST_READ_BYTES));
    if (head.length < PROLOGUE_BYTES || head.readUInt32LE(0) !== MAGIC) throw corrupt('it does not begin like one');
    if (head[4]! > VERSION)
      throw new Fault('newer-format', `compact text version ${head[4]}; this build reads up to ${VERSION}`);
    const count = head.readUInt16LE(6);
    const headBytes = PROLOGUE_BYTES + ENTRY_BYTES * count + 4;
    if (count > limits.sectionsMax || headBytes > source.byteLength) throw corrupt(`it claims ${count} sections`);
    if (headBytes > head.length) head = source.read(0, headBytes);
    if (head.length < headBytes || crc32(head.subarray(0, headBytes - 4)) !== head.readUInt32LE(headBytes - 4))
      throw corrupt('the checksum of its table does not match');
    this.lineCount = head.readUInt32LE(8);
    this.textBytes = head.readUInt32LE(12);
    if (this.lineCount > limits.linesMax || this.textBytes > limits.textBytesMax)
      throw corrupt(`it claims ${this.lineCount} lines of ${this.textBytes} bytes`);
    this.entries = entriesOf(head, count, headBytes);
    const last = this.entries.at(-1);
    if (last && last.from + last.storedBytes > source.byteLength) throw corrupt('it ends early');
    this.#beginning = head;
  }

  /** The only section of that kind. */
  one(kind: number): Buffer {
    const section = this.oneIfAny(kind);
    if (!section) throw corrupt(`section ${kind} is missing`);
    return section;
  }

  oneIfAny(kind: number): Buffer | undefined {
    const entry = this.entries.find((each) => each.kind === kind);
    return entry && this.read(entry);
  }

  forgetBeginning(): void {
    this.#beginning = undefined;
  }

  /** What is read has its memory for itself: who needs it no more may release it. */
  read(entry: SectionEntry): Buffer {
    const { codec, from, storedBytes, bytes, crc } = entry;
    const begun = this.#beginning?.subarray(from, from + storedBytes);
    const isBegun = begun?.length === storedBytes;
    if (!isBegun) this.forgetBeginning();
    const stored = isBegun ? begun : this.#source.read(from, from + storedBytes);
    if (stored.length !== storedBytes || crc32(stored) !== crc)
      throw corrupt('the checksum of a section does not match');
    const plain = codec === 0 ? Buffer.from(stored) : decompressed(stored, bytes);
    if (!isBegun) this.#source.done?.(stored);
    if (plain.length !== bytes) throw corrupt(`a section has ${plain.length} bytes, not ${bytes}`);
    return plain;
  }
}

function decompressed(stored: Buffer, bytes: number): Buffer {
  try {
    return zstdDecompressSync(stored, { chunkSize: Math.max(64, bytes + 1), maxOutputLength: bytes + 1 });
  } catch (error) {
    throw corrupt('a section cannot be decompressed', error);
  }
}

function entriesOf(head: Buffer, count: number, headBytes: number): SectionEntry[] {
  const entries: SectionEntry[] = [];
  let from = headBytes;
  for (let at = PROLOGUE_BYTES; entries.length < count; at += ENTRY_BYTES) {
    const entry = {
      kind: head[at]!,
      codec: head[at + 1]!,
      from,
      storedBytes: head.readUInt32LE(at + 4),
      bytes: head.readUInt32LE(at + 8),
      crc: head.readUInt32LE(at + 12),
    };
    if (entry.bytes > limits.sectionBytesMax) throw corrupt(`a section claims ${entry.bytes} bytes`);
    from += entry.storedBytes;
    entries.push(entry);
  }
  return entries;
}
