/**
 * The door: the compact form of a block's text, which is searched without being put together again. Templates, a template id per line,
 * and columns of variables (after CLP, Rodrigues et al., OSDI 2021).
 */

/** Lines. Line `i` is `text[starts[i], starts[i + 1] - 1)`, followed by one byte that is not part of it (a newline). */
export interface Lines {
  text: Buffer;
  /** One more than there are lines. */
  starts: Uint32Array;
}

/** Bytes that are sought. With `ignoreCase`, in any case of its ASCII letters, and given in lower case. */
export interface SoughtText {
  text: string;
  ignoreCase: boolean;
}

/** Where the bytes of a compact text are: a file, or memory. Reads are synchronous: this runs on threads. */
export interface ByteSource {
  byteLength: number;
  /** Throws what the file system throws. */
  read(from: number, to: number): Buffer;
}

/** A compact text, open. Everything throws Fault `corrupt` where the bytes are not what was written. */
export interface CompactText {
  readonly lineCount: number;
  readonly textBytes: number;
  /** Whether a line may hold it; reads as little as can be. False is certain. */
  mayHold(sought: SoughtText): boolean;
  /** Sets to 1 the lines that hold it, exactly, and says how many it set that were 0. `hits` has a byte a line. */
  mark(sought: SoughtText, hits: Uint8Array): number;
  /** As in `Lines`, without the text. */
  starts(): Uint32Array;
  /** These lines, in the order given, as they were written. */
  lines(indexes: Uint32Array): Lines;
  /** All of them. */
  all(): Lines;
}

export { encodeCompact } from './encode.ts';
export { memorySource, openCompact } from './open.ts';
