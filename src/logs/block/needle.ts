import { isAscii } from 'node:buffer';
import type { SoughtText } from './block.ts';

/** What is sought, as bytes; with `ignoreCase` in lower case. */
export interface Needle {
  bytes: Buffer;
  ignoreCase: boolean;
}

export function needleOf({ text, ignoreCase }: SoughtText): Needle {
  const bytes = Buffer.from(text);
  return { bytes: ignoreCase ? lowered(bytes) : bytes, ignoreCase };
}

export const lowerOf = new Uint8Array(256).map((_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** A copy with ASCII letters in lower case. */
export function lowered(bytes: Uint8Array): Buffer {
  // The platform does text in ASCII many bytes at a time.
  if (isAscii(bytes))
    return Buffer.from(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').toLowerCase(),
      'latin1',
    );
  const copy = Buffer.allocUnsafe(bytes.length);
  for (let at = 0; at < bytes.length; at++) copy[at] = lowerOf[bytes[at]!]!;
  return copy;
}

/** Whether `text` has `sought[from, to)` at `at`; the caller knows that it is long enough. */
export function isAt(text: Uint8Array, at: number, sought: Uint8Array, from: number, to: number): boolean {
  for (let i = from, j = at; i < to; ) if (text[j++] !== sought[i++]) return false;
  return true;
}
