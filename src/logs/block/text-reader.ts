import { Arena, Reused } from '../../base/arena.ts';
import { Module } from '../../base/webassembly.ts';
import { corrupt } from './bytes.ts';
import { readTextModule } from './read-text-module.ts';

/** What the module gives; read-text.as says what each does. */
interface Exports {
  readHoles(from: number, to: number, count: number, holesMax: number, firstPiece: number): number;
  readPieces(
    from: number,
    to: number,
    count: number,
    firstPiece: number,
    bytesMax: number,
    columns: number,
    pieceFrom: number,
    columnOf: number,
  ): number;
  readNumbers(from: number, lines: number, width: number, templates: number, out: number, linesOf: number): number;
  readIds(from: number, length: number, width: number, values: number, isRecent: boolean, out: number): number;
  readDecimals(
    from: number,
    length: number,
    width: number,
    isDelta: boolean,
    base: number,
    max: number,
    out: number,
  ): number;
  readLengths(from: number, count: number, width: number, same: number, max: number, out: number): number;
}

const failures = ['', 'it ends early', 'a number is too large'];
const readText = new Module<Exports>(readTextModule);
/** A memory that has grown beyond this is given back after use. */
const keptBytesMax = 16 * 1024 * 1024;

/** WebAssembly over a memory of its own. What is in it is good until the next reading. */
class TextReader {
  readonly arena = new Arena();
  readonly module = readText.instantiate(this.arena.memory);

  /** Copies bytes into memory, and says where they are. */
  put(bytes: Uint8Array): number {
    const at = this.arena.room(bytes.length);
    this.arena.bytes(at, bytes.length).set(bytes);
    return at;
  }

  /** Throws Fault `corrupt` where a function of the module says that something is wrong. */
  check(failure: number): void {
    if (failure !== 0) throw corrupt(failures[failure]!);
  }

  /** A copy of its own of numbers in memory. */
  u16(at: number, length: number): Uint16Array {
    return new Uint16Array(this.arena.memory.buffer.slice(at, at + 2 * length));
  }

  u32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.arena.memory.buffer.slice(at, at + 4 * length));
  }

  i32(at: number, length: number): Int32Array {
    return new Int32Array(this.arena.memory.buffer.slice(at, at + 4 * length));
  }

  f64(at: number, length: number): Float64Array {
    return new Float64Array(this.arena.memory.buffer.slice(at, at + 8 * length));
  }
}

const reader = new Reused(() => new TextReader(), keptBytesMax);

/** Reads with the one of this thread. Readings do not nest. */
export function reading<T>(read: (reader: TextReader) => T): T {
  return reader.use(read);
}
