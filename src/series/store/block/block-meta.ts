import { crc32 } from 'node:zlib';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { LayerFile } from '../../../base/file-layer.ts';

/** "TFSB" */
const MAGIC = 0x42534654;
const FORMAT = 1;
export const footerBytes = 32;

export type Section = 'chunks' | 'seriesOffsets' | 'series' | 'pairs' | 'postings' | 'symbolOffsets' | 'symbols';

/** What a block says of itself. */
export interface BlockMeta {
  tenant: string;
  /** Both inclusive; the samples' own. */
  minMs: number;
  maxMs: number;
  series: number;
  samples: number;
  /** Of two samples with the same time that of the block with the lower order stands. */
  order: number;
  /** WAL files whose samples are all in this block. */
  walNumbers: number[];
  /** Numbers of the blocks that this one stands for. */
  replaces: number[];
  /** Deletions up to this one have been applied. */
  deletionsApplied: number;
  /** Offset and length. */
  sections: Record<Section, [number, number]>;
}

export function blockHead(): Uint8Array {
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, FORMAT, true);
  return head;
}

/** What follows the pages: checksums, meta, footer. */
export function blockTail(meta: BlockMeta, checksums: readonly number[], at: number): Uint8Array {
  const body = Buffer.concat([
    Buffer.from(Uint32Array.from(checksums).buffer),
    Buffer.from(JSON.stringify(meta), 'utf8'),
  ]);
  const footer = Buffer.alloc(footerBytes);
  footer.writeDoubleLE(at, 0);
  footer.writeUInt32LE(checksums.length, 8);
  footer.writeUInt32LE(body.length, 12);
  footer.writeUInt32LE(crc32(body), 16);
  footer.writeUInt32LE(FORMAT, 20);
  footer.writeUInt32LE(crc32(footer.subarray(0, 24)), 24);
  footer.writeUInt32LE(MAGIC, 28);
  return Buffer.concat([body, footer]);
}

/** Throws Fault `corrupt` or `newer-format`, naming the file. */
export async function readTail(
  file: LayerFile,
  path: string,
  bytes: number,
): Promise<{ meta: BlockMeta; checksums: Uint32Array; pagesEnd: number }> {
  const footer = Buffer.alloc(footerBytes);
  if (bytes < footerBytes || (await file.read(footer, bytes - footerBytes)) < footerBytes) {
    throw new Fault('corrupt', `${path} is too short for a block`);
  }
  if (footer.readUInt32LE(28) !== MAGIC || crc32(footer.subarray(0, 24)) !== footer.readUInt32LE(24)) {
    throw new Fault('corrupt', `the footer of ${path} is damaged`);
  }
  const format = footer.readUInt32LE(20);
  if (format > FORMAT)
    throw new Fault('newer-format', `${path} has format ${format}; this build reads up to ${FORMAT}`);
  const pagesEnd = footer.readDoubleLE(0);
  const pages = footer.readUInt32LE(8);
  const body = Buffer.alloc(footer.readUInt32LE(12));
  if ((await file.read(body, pagesEnd)) < body.length || crc32(body) !== footer.readUInt32LE(16)) {
    throw new Fault('corrupt', `the description at the end of ${path} is damaged`);
  }
  try {
    const checksums = Uint32Array.from({ length: pages }, (_, page) => body.readUInt32LE(page * 4));
    return { meta: JSON.parse(body.subarray(pages * 4).toString('utf8')), checksums, pagesEnd };
  } catch (cause) {
    throw new Fault('corrupt', `the description at the end of ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

export function blockName(number: number): string {
  return `${String(number).padStart(8, '0')}.block`;
}

/** The number in the name of a block; undefined for other names. */
export function blockNumberOf(name: string): number | undefined {
  const match = /^(\d{8,})\.block$/.exec(name);
  return match ? Number(match[1]) : undefined;
}
