import { Arena, Reused } from '../../base/arena.ts';
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
const module = new Module<Exports>(decodeTimesModule);

/** The module and its memory. */
class TimesDecoder {
  readonly arena = new Arena();
  readonly run = module.instantiate(this.arena.memory).run;
}

const decoder = new Reused(() => new TimesDecoder(), keptBytesMax);

/** The times of all lines; `base` is what the first is a difference from. Throws Fault `corrupt`. */
export function timesFrom(column: Buffer, lineCount: number, base: Nanos): BigInt64Array {
  return decoder.use(({ arena, run }) => {
    const from = arena.room(column.length);
    const out = arena.room(8 * lineCount);
    arena.bytes(from, column.length).set(column);
    const failure = run.decodeTimes(from, from + column.length, base, lineCount, out);
    if (failure !== 0) throw corruptColumns(failures[failure]!);
    return new BigInt64Array(arena.memory.buffer.slice(out, out + 8 * lineCount));
  });
}
