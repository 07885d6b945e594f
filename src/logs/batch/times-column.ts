import { Arena } from '../../base/arena.ts';
import type { Nanos } from '../../base/nanotime.ts';
import { Module } from '../../base/webassembly.ts';
import { corruptColumns } from './column-reader.ts';
import { decodeTimesModule } from './decode-times-module.ts';

/** What the module gives; decode-times.as says what it does. */
interface Exports {
  decodeTimes(from: number, to: number, base: bigint, count: number, out: number): number;
}

const failures = ['', 'a column ends early', 'a number in a column is too large'];
/** A memory that has grown beyond this is given back after use. */
const keptBytesMax = 8 * 1024 * 1024;
const decoder = new Module<Exports>(decodeTimesModule);
/** Those of this thread, made when they are first needed. */
let arena: Arena | undefined;
let decodeTimes: Exports['decodeTimes'] | undefined;

/** The times of all lines; `base` is what the first is a difference from. Throws Fault `corrupt`. */
export function timesFrom(column: Buffer, lineCount: number, base: Nanos): BigInt64Array {
  arena ??= new Arena();
  decodeTimes ??= decoder.instantiate(arena.memory).run.decodeTimes;
  try {
    const from = arena.room(column.length);
    const out = arena.room(8 * lineCount);
    arena.bytes(from, column.length).set(column);
    const failure = decodeTimes(from, from + column.length, base, lineCount, out);
    if (failure !== 0) throw corruptColumns(failures[failure]!);
    return new BigInt64Array(arena.memory.buffer.slice(out, out + 8 * lineCount));
  } finally {
    arena.reset();
    if (arena.byteLength > keptBytesMax) arena = decodeTimes = undefined;
  }
}
