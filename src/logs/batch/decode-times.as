/*
 * Decodes a column of times; columns.ts says how they are written.
 * AssemblyScript; `sh scripts/wasm.sh` makes decode-times-module.ts of it. All positions are addresses in the one memory; 8 bytes behind the
 * column may be read.
 */

const CONTINUES: u64 = 0x8080808080808080;
/** Numbers beyond cannot be written. */
const NUMBER_MAX: u64 = 1 << 53;
/** Stands for a jump: the seconds and nanoseconds since 1970 follow. */
const TIME_JUMP: u64 = (1 << 52) + 2;
const SECOND_NANOS: i64 = 1_000_000_000;

export const ENDS_EARLY: u32 = 1;
export const TOO_LARGE: u32 = 2;

let at: u32 = 0;
let end: u32 = 0;
let failure: u32 = 0;

/** Writes i64 of each line; `base` is what the first is a difference from. 0, or what is wrong. */
export function decodeTimes(from: u32, to: u32, base: i64, count: u32, out: u32): u32 {
  at = from;
  end = to;
  failure = 0;
  let time = base;
  for (const outEnd = out + (count << 3); out < outEnd; out += 8) {
    const number = next();
    if (number == TIME_JUMP) {
      const seconds = zigzag(next());
      time = seconds * SECOND_NANOS + <i64>next();
    } else time += zigzag(number);
    if (failure != 0) return failure;
    store<i64>(out, time);
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function zigzag(number: u64): i64 {
  return <i64>(number >> 1) ^ -<i64>(number & 1);
}

/** A varint, of eight bytes at most: its bytes are taken at once, and their upper bits squeezed out. */
// @ts-ignore: decorator
@inline
function next(): u64 {
  const bits = load<u64>(at);
  const stops = ~bits & CONTINUES;
  if (stops == 0) {
    failure = end - at < 8 ? ENDS_EARLY : TOO_LARGE;
    return 0;
  }
  const last = <u32>ctz(stops);
  at += (last >> 3) + 1;
  let value = bits & (~(<u64>0) >> (63 - last)) & ~CONTINUES;
  value = (value & 0x007f007f007f007f) | ((value & 0x7f007f007f007f00) >> 1);
  value = (value & 0x00003fff00003fff) | ((value & 0x3fff00003fff0000) >> 2);
  value = (value & 0x000000000fffffff) | ((value & 0x0fffffff00000000) >> 4);
  if (at > end) failure = ENDS_EARLY;
  else if (value > NUMBER_MAX) failure = TOO_LARGE;
  return value;
}
