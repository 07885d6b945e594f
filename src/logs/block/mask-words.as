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
    const digits = maskOf(digitsOf(a), digitsOf(b), digitsOf(c), digitsOf(d));
    const next = digits | maskOf(lettersOf(a), lettersOf(b), lettersOf(c), lettersOf(d));
    // The piece before is only known with the first byte of this one.
    if (at > textAt) {
      store<u64>(into, words | (joiners & ((words << 1) | before) & ((words >> 1) | (next << 63))));
      before = words >> 63;
      into += 16;
    }
    store<u64>(into, digits, 8);
    words = next;
    joiners = maskOf(joinersOf(a), joinersOf(b), joinersOf(c), joinersOf(d));
  }
  store<u64>(into, words | (joiners & ((words << 1) | before) & (words >> 1)));
}

// @ts-ignore: decorator
@inline
function maskOf(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = i8x16.bitmask(a) | (i8x16.bitmask(b) << 16);
  const high = i8x16.bitmask(c) | (i8x16.bitmask(d) << 16);
  return <u64>(<u32>low) | (<u64>(<u32>high) << 32);
}

// @ts-ignore: decorator
@inline
function digitsOf(bytes: v128): v128 {
  return i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(9));
}

// @ts-ignore: decorator
@inline
function lettersOf(bytes: v128): v128 {
  return i8x16.le_u(i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x61)), i8x16.splat(25));
}

// @ts-ignore: decorator
@inline
function joinersOf(bytes: v128): v128 {
  const isDashOrPoint = i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x2d)), i8x16.splat(1));
  return v128.or(isDashOrPoint, i8x16.eq(bytes, i8x16.splat(0x5f)));
}
