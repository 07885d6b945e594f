import { constants as zlibConstants, zstdCompressSync } from 'node:zlib';
import type { TextForm } from './envelope.ts';

/** What cannot be compressed grows by no more than a 256th and this. */
const GROWTH_BYTES_MAX = 1024;

export function column(id: number, parts: Buffer[]): Buffer[] {
  const head = Buffer.allocUnsafe(5);
  head[0] = id;
  head.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.length, 0),
    1,
  );
  return [head, ...parts];
}

export function writeZigzag(target: Buffer, at: number, delta: number): number {
  let value = delta >= 0 ? delta * 2 : -delta * 2 - 1;
  while (value >= 0x10000000) {
    target[at++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  return writeVarint(target, at, value | 0);
}

export function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

export function pushVarint(target: number[], value: number): void {
  while (value >= 0x80) {
    target.push((value % 128) | 0x80);
    value = Math.floor(value / 128);
  }
  target.push(value);
}

export function grown(buffer: Buffer, bytes: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(bytes, buffer.length * 2));
  buffer.copy(larger);
  return larger;
}

export function compressed(bytes: Buffer, level: number): Buffer {
  return zstdCompressSync(bytes, {
    // Room for the worst case, and a size known before, let zstd work without buffers of its own.
    chunkSize: bytes.length + (bytes.length >> 8) + GROWTH_BYTES_MAX,
    pledgedSrcSize: bytes.length,
    params: { [zlibConstants.ZSTD_c_compressionLevel]: level },
  });
}

/** Makes of a frame's text what is stored. */
export type TextEncoder = (text: Buffer) => { form: TextForm; bytes: Buffer };

export function plainTextEncoder(level: number): TextEncoder {
  return (text) => ({ form: 'plain', bytes: compressed(text, level) });
}
