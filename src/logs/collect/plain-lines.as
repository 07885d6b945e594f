/*
 * Takes plain records of a CRI file into a batch: `<hour>MM:SS[.fraction]<zone> <stdout|stderr> F <content>\n` in the hour and the
 * zone of the record before (which TypeScript has parsed). What is anything else ends the run; assemble.ts deals with it, and its way is the measure for this one.
 * AssemblyScript; `sh scripts/wasm.sh` makes plain-lines-module.ts of it. All positions are addresses in the one memory.
 */

const SECOND: i64 = 1_000_000_000;
/** " stdout " and " stderr " as little-endian numbers. */
const STDOUT: u64 = 0x2074756f64747320;
const STDERR: u64 = 0x2072726564747320;
/** "F " */
const FULL: u16 = 0x2046;
const NEWLINE: u8 = 0x0a;
const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;
const ZERO: u8 = 0x30;
const VARINT_BYTES_MAX: u32 = 10;
const RUN_BYTES_MAX: u32 = 6;

/** Where the text of the hour lies, 14 bytes, and when it began, in seconds since 1970. */
export let hourAt: u32 = 0;
export let hourSeconds: f64 = 0;
/** Where the text of the zone lies, and its length: `Z`, or an offset like `+01:00`. */
export let zoneAt: u32 = 0;
export let zoneBytes: u32 = 0;

/** The ends of the batch's columns: addresses of the next byte, and of the first one that is no longer theirs. */
export let textAt: u32 = 0;
export let timesAt: u32 = 0;
export let timesEnd: u32 = 0;
export let flagsAt: u32 = 0;
export let flagsEnd: u32 = 0;
export let flagsLast: u32 = 0;
export let flagsRun: u32 = 0;
export let lineCount: u32 = 0;
export let stderrCount: u32 = 0;
export let firstSeconds: f64 = 0;
export let firstNanos: f64 = 0;
export let previousSeconds: f64 = 0;
export let previousNanos: f64 = 0;
export let minSeconds: f64 = 0;
export let minNanos: f64 = 0;
export let maxSeconds: f64 = 0;
export let maxNanos: f64 = 0;

// @ts-ignore: decorator
@inline
function nanosOf(seconds: f64, nanos: f64): i64 {
  return <i64>seconds * SECOND + <i64>nanos;
}

// @ts-ignore: decorator
@inline
function secondsOf(time: i64): f64 {
  return <f64>(time >= 0 ? time / SECOND : (time - (SECOND - 1)) / SECOND);
}

// @ts-ignore: decorator
@inline
function writeVarint(at: u32, value: u64): u32 {
  while (value >= 0x80) {
    store<u8>(at++, (<u8>value) | 0x80);
    value >>= 7;
  }
  store<u8>(at, <u8>value);
  return at + 1;
}

/**
 * Takes records from `at` on, which end at `end` with a newline; returns where the first begins that it has not taken. There must be room for
 * `end - at` bytes of text and 16 more, and 16 bytes behind `end` may be read. `blocked`: streams (1 stdout, 2 stderr) that are not to be
 * touched. `reachNanos`: a time further than this from the one before or from the first ends the run.
 */
export function take(at: u32, end: u32, lineBytesMax: u32, blocked: u32, reachNanos: f64): u32 {
  const hourHead = load<u64>(hourAt);
  const hourTail = load<u64>(hourAt + 6);
  const hour = <i64>hourSeconds;
  const zoneLength = zoneBytes;
  const zoneMask: u64 = (<u64>1 << (8 * <u64>zoneLength)) - 1;
  const zone = load<u64>(zoneAt) & zoneMask;
  const reach = <i64>reachNanos;
  const newlines = i8x16.splat(NEWLINE);
  let first = nanosOf(firstSeconds, firstNanos);
  let previous = nanosOf(previousSeconds, previousNanos);
  let min = nanosOf(minSeconds, minNanos);
  let max = nanosOf(maxSeconds, maxNanos);
  let text = textAt;
  let times = timesAt;
  let lines = lineCount;
  let stderrs = stderrCount;

  while (at < end) {
    if (load<u64>(at) != hourHead || load<u64>(at, 6) != hourTail) break;
    const minuteTens: u32 = load<u8>(at, 14) - ZERO;
    const minuteOnes: u32 = load<u8>(at, 15) - ZERO;
    const secondTens: u32 = load<u8>(at, 17) - ZERO;
    const secondOnes: u32 = load<u8>(at, 18) - ZERO;
    if (load<u8>(at, 16) != COLON) break;
    if (<u32>(<u8>minuteTens) > 5 || <u32>(<u8>minuteOnes) > 9 || <u32>(<u8>secondTens) > 5 || <u32>(<u8>secondOnes) > 9) break;

    let from = at + 19;
    let nanos: u32 = 0;
    if (load<u8>(from) == DOT) {
      let scale: u32 = 1_000_000_000;
      from++;
      const digitsFrom = from;
      for (; ; from++) {
        const digit: u32 = <u32>load<u8>(from) - <u32>ZERO;
        if (digit > 9) break;
        if (scale <= 1) {
          // More digits than nanoseconds have.
          scale = 0;
          break;
        }
        nanos = nanos * 10 + digit;
        scale /= 10;
      }
      if (from == digitsFrom || scale == 0) break;
      nanos *= scale;
    }
    if ((load<u64>(from) & zoneMask) != zone) break;
    from += zoneLength;
    const stream = load<u64>(from);
    const isStderr: u32 = stream == STDERR ? 1 : 0;
    if (isStderr == 0 && stream != STDOUT) break;
    if (load<u16>(from, 8) != FULL || (blocked & (1 + isStderr)) != 0) break;
    from += 10;

    const time = (hour + <i64>(minuteTens * 600 + minuteOnes * 60 + secondTens * 10 + secondOnes)) * SECOND + <i64>nanos;
    if (lines > 0) {
      const delta = time - previous;
      const fromFirst = time - first;
      if (delta > reach || delta < -reach || fromFirst > reach || fromFirst < -reach) break;
    }
    if (times + VARINT_BYTES_MAX > timesEnd || flagsAt + RUN_BYTES_MAX > flagsEnd) break;

    // Seeks the newline and copies at once; what is copied too much is written over by the next line.
    let source = from;
    let target = text;
    let found: u32 = 0;
    for (; ;) {
      const bytes = v128.load(source);
      v128.store(target, bytes);
      found = i8x16.bitmask(i8x16.eq(bytes, newlines));
      if (found != 0) break;
      source += 16;
      target += 16;
    }
    const newline = source + ctz<u32>(found);
    if (newline - from > lineBytesMax) break;
    text += newline + 1 - from;
    at = newline + 1;

    if (lines == 0) {
      first = min = max = time;
    } else {
      const delta = time - previous;
      times = writeVarint(times, delta >= 0 ? <u64>delta << 1 : ((<u64>-delta) << 1) - 1);
      if (time < min) min = time;
      if (time > max) max = time;
    }
    previous = time;
    lines++;
    stderrs += isStderr;
    if (isStderr != flagsLast) {
      if (flagsRun > 0) {
        store<u8>(flagsAt, <u8>flagsLast);
        flagsAt = writeVarint(flagsAt + 1, flagsRun);
      }
      flagsLast = isStderr;
      flagsRun = 0;
    }
    flagsRun++;
  }

  textAt = text;
  timesAt = times;
  lineCount = lines;
  stderrCount = stderrs;
  firstSeconds = secondsOf(first);
  firstNanos = <f64>(first - <i64>firstSeconds * SECOND);
  previousSeconds = secondsOf(previous);
  previousNanos = <f64>(previous - <i64>previousSeconds * SECOND);
  minSeconds = secondsOf(min);
  minNanos = <f64>(min - <i64>minSeconds * SECOND);
  maxSeconds = secondsOf(max);
  maxNanos = <f64>(max - <i64>maxSeconds * SECOND);
  return at;
}
