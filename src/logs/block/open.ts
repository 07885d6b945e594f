import type { ByteSource, KeptText } from './block.ts';
import { OpenText } from './compact-text.ts';

/** Opens a compact text. Throws Fault `corrupt` where it is none. */
export function openCompact(source: ByteSource): KeptText {
  return new OpenText(source);
}

/** Bytes in memory, to be read like a file. */
export function memorySource(bytes: Buffer): ByteSource {
  return { byteLength: bytes.length, read: (from, to) => bytes.subarray(from, to) };
}
