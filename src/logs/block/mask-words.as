/*
 * Tells which bytes of a text are in words, and which are digits, 64 at a time.
 * AssemblyScript; `sh scripts/wasm.sh` makes mask-words-module.ts of it. All positions are addresses in the one memory.
 */

/**
 * Writes the masks of the text at `textAt`, of which there must be whole 64 bytes, to `masksAt`: of 64 bytes each, u64 which are in words,
 * u64 which are digits. A word is letters and digits, with single `-`, `_` and `.` inside.
 */
export function maskWords(textAt: u32, length: u32, masksAt: u32): void {
  const end = textAt + length;
  // Zero, which no compiler can know: V8 makes vectors of constants anew in every round of a loop.
  const zero = <i8>(textAt & 63);
  const digitZero = i8x16.splat(zero + 0x30);
  const nine = i8x16.splat(zero + 9);
  const lowerCase = i8x16.splat(zero + 0x20);
  const letterA = i8x16.splat(zero + 0x61);
  const twentyFive = i8x16.splat(zero + 25);
  const dash = i8x16.splat(zero + 0x2d);
  const one = i8x16.splat(zero + 1);
  const underscore = i8x16.splat(zero + 0x5f);
  let into = masksAt;
  let words: u64 = 0;
  let joiners: u64 = 0;
  /** Whether the last byte of the piece before is a letter or a digit. */
  let before: u64 = 0;
  for (let at = textAt; at < end; at += 64) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const digits = maskOf(
      between(a, digitZero, nine),
      between(b, digitZero, nine),
      between(c, digitZero, nine),
      between(d, digitZero, nine),
    );
    const letters = maskOf(
      between(v128.or(a, lowerCase), letterA, twentyFive),
      between(v128.or(b, lowerCase), letterA, twentyFive),
      between(v128.or(c, lowerCase), letterA, twentyFive),
      between(v128.or(d, lowerCase), letterA, twentyFive),
    );
    const next = digits | letters;
    // The piece before is only known with the first byte of this one.
    if (at > textAt) {
      store<u64>(into, words | (joiners & ((words << 1) | before) & ((words >> 1) | (next << 63))));
      before = words >> 63;
      into += 16;
    }
    store<u64>(into, digits, 8);
    words = next;
    joiners = maskOf(
      v128.or(between(a, dash, one), i8x16.eq(a, underscore)),
      v128.or(between(b, dash, one), i8x16.eq(b, underscore)),
      v128.or(between(c, dash, one), i8x16.eq(c, underscore)),
      v128.or(between(d, dash, one), i8x16.eq(d, underscore)),
    );
  }
  store<u64>(into, words | (joiners & ((words << 1) | before) & (words >> 1)));
}

/** A bit for each byte of the four. */
// @ts-ignore: decorator
@inline
function maskOf(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = i8x16.bitmask(a) | (i8x16.bitmask(b) << 16);
  const high = i8x16.bitmask(c) | (i8x16.bitmask(d) << 16);
  return <u64>(<u32>low) | (<u64>(<u32>high) << 32);
}

/** Which bytes are `first` or up to `more` above it. */
// @ts-ignore: decorator
@inline
function between(bytes: v128, first: v128, more: v128): v128 {
  return i8x16.le_u(i8x16.sub(bytes, first), more);
}
