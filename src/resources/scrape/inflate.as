/*
 * Unpacks deflated bytes (RFC 1951); gunzip.ts says why. What is not well formed in any way is given up without a word: zlib says what is
 * wrong with it.
 * AssemblyScript; `sh scripts/wasm.sh` makes inflate-module.ts of it. All positions are addresses in the one memory. 64 bytes behind the input
 * may be read, and 8 behind the output written.
 */

/** Codes of up to so many bits are looked up at once; longer ones are rare. */
const PRIMARY_BITS: u32 = 10;
const PRIMARY_MASK: u64 = (1 << PRIMARY_BITS) - 1;
const PRIMARY_BYTES: u32 = 2 << PRIMARY_BITS;
const CODE_BITS_MAX: u32 = 15;
const LITERALS_MAX: u32 = 286;
const DISTANCES_MAX: u32 = 30;
const END_OF_BLOCK: u32 = 256;

/*
 * A code is a table of what its first PRIMARY_BITS say (symbol << 4 | bits; 0: not all of it), how many symbols there are of each length, and the
 * symbols in the order of their codes.
 */
const COUNTS: u32 = PRIMARY_BYTES;
const SYMBOLS: u32 = COUNTS + 2 * (CODE_BITS_MAX + 1);
const CODE_BYTES: u32 = SYMBOLS + 2 * 320;

/** Here are 3 codes, 320 lengths and 128 bytes while a code is made: below 16 KiB. */
const SCRATCH: u32 = 0;
/** Where the input that was read ends, of the last run. */
export let inputEnd: u32 = 0;

let bits: u64 = 0;
let held: u32 = 0;
let at: u32 = 0;
let end: u32 = 0;
let written: u32 = 0;
let outStart: u32 = 0;
let outEnd: u32 = 0;

/** How many bytes were written from `to` on; -1: it is not well formed, or there is no room for all. */
export function inflate(from: u32, fromEnd: u32, to: u32, toEnd: u32): i32 {
  at = from;
  end = fromEnd;
  bits = 0;
  held = 0;
  outStart = to;
  written = to;
  outEnd = toEnd;
  let last = false;
  while (!last) {
    refill();
    last = (bits & 1) != 0;
    const kind = <u32>(bits >> 1) & 3;
    drop(3);
    if (kind == 0) {
      if (!stored()) return -1;
    } else if (kind == 1) {
      fixedCodes();
      if (!block()) return -1;
    } else if (kind == 2) {
      if (!dynamicCodes() || !block()) return -1;
    } else return -1;
  }
  inputEnd = at - (held >> 3);
  return inputEnd > end ? -1 : written - to;
}

// @ts-ignore: decorator
@inline
function literals(): u32 {
  return SCRATCH;
}

// @ts-ignore: decorator
@inline
function distances(): u32 {
  return SCRATCH + CODE_BYTES;
}

// @ts-ignore: decorator
@inline
function ofLengths(): u32 {
  return SCRATCH + 2 * CODE_BYTES;
}

// @ts-ignore: decorator
@inline
function lengths(): u32 {
  return SCRATCH + 3 * CODE_BYTES;
}

/** At least 56 bits are held then; behind the end of the input they are anything. */
// @ts-ignore: decorator
@inline
function refill(): void {
  bits |= load<u64>(at) << held;
  at += (63 - held) >> 3;
  held |= 56;
}

// @ts-ignore: decorator
@inline
function drop(count: u32): void {
  bits >>= count;
  held -= count;
}

function take(count: u32): u32 {
  refill();
  const value = <u32>bits & ((1 << count) - 1);
  drop(count);
  return value;
}

function stored(): bool {
  // To the next whole byte; what was held beyond goes back.
  drop(held & 7);
  at -= held >> 3;
  bits = 0;
  held = 0;
  if (at + 4 > end) return false;
  const length = <u32>load<u16>(at);
  if (length != (~(<u32>load<u16>(at + 2)) & 0xffff)) return false;
  at += 4;
  if (at + length > end || written + length > outEnd) return false;
  memory.copy(written, at, length);
  at += length;
  written += length;
  return true;
}

function block(): bool {
  const ofLiteral = literals();
  const ofDistance = distances();
  while (at <= end + 8) {
    refill();
    let symbol = symbolOf(ofLiteral);
    if (symbol < END_OF_BLOCK) {
      if (written >= outEnd) return false;
      store<u8>(written++, <u8>symbol);
      // 15 bits at most were taken: another one is there.
      symbol = symbolOf(ofLiteral);
      if (symbol < END_OF_BLOCK) {
        if (written >= outEnd) return false;
        store<u8>(written++, <u8>symbol);
        continue;
      }
      refill();
    }
    if (symbol == END_OF_BLOCK) return true;
    if (symbol >= LITERALS_MAX) return false;
    const length = lengthOf(symbol - 257);
    // 20 bits at most were taken for the length, and 28 at most are for the distance.
    const far = symbolOf(ofDistance);
    if (far >= DISTANCES_MAX) return false;
    const distance = distanceOf(far);
    if (distance > written - outStart || written + length > outEnd) return false;
    copy(distance, length);
  }
  return false;
}

// @ts-ignore: decorator
@inline
function symbolOf(code: u32): u32 {
  const entry = <u32>load<u16>(code + (<u32>(bits & PRIMARY_MASK) << 1));
  if (entry == 0) return longSymbolOf(code);
  drop(entry & 15);
  return entry >> 4;
}

/** Bit by bit. 0xffff: there is no such code. */
function longSymbolOf(code: u32): u32 {
  let word: u32 = 0;
  let first: u32 = 0;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= CODE_BITS_MAX; length++) {
    word |= <u32>(bits >> (length - 1)) & 1;
    const count = <u32>load<u16>(code + COUNTS + (length << 1));
    if (word < first + count) {
      drop(length);
      return <u32>load<u16>(code + SYMBOLS + ((index + word - first) << 1));
    }
    index += count;
    first = (first + count) << 1;
    word <<= 1;
  }
  return 0xffff;
}

// @ts-ignore: decorator
@inline
function lengthOf(symbol: u32): u32 {
  if (symbol < 8) return symbol + 3;
  if (symbol == 28) return 258;
  const extra = (symbol >> 2) - 1;
  const length = 3 + ((4 + (symbol & 3)) << extra) + (<u32>bits & ((1 << extra) - 1));
  drop(extra);
  return length;
}

// @ts-ignore: decorator
@inline
function distanceOf(symbol: u32): u32 {
  if (symbol < 4) return symbol + 1;
  const extra = (symbol >> 1) - 1;
  const distance = 1 + ((2 + (symbol & 1)) << extra) + (<u32>bits & ((1 << extra) - 1));
  drop(extra);
  return distance;
}

/** From so far back; where that is nearer than the length, what has just been written is copied again. */
// @ts-ignore: decorator
@inline
function copy(distance: u32, length: u32): void {
  const to = written + length;
  let source = written - distance;
  if (distance >= 8) {
    for (; written < to; written += 8, source += 8) store<u64>(written, load<u64>(source));
    written = to;
    return;
  }
  while (written < to) store<u8>(written++, load<u8>(source++));
}

function fixedCodes(): void {
  const from = lengths();
  memory.fill(from, 8, 144);
  memory.fill(from + 144, 9, 112);
  memory.fill(from + 256, 7, 24);
  memory.fill(from + 280, 8, 8);
  makeCode(literals(), from, 288);
  memory.fill(from, 5, 32);
  makeCode(distances(), from, 32);
}

function dynamicCodes(): bool {
  const literalCount = take(5) + 257;
  const distanceCount = take(5) + 1;
  const lengthCount = take(4) + 4;
  if (literalCount > LITERALS_MAX || distanceCount > DISTANCES_MAX) return false;
  const from = lengths();
  memory.fill(from, 0, 19);
  for (let i: u32 = 0; i < lengthCount; i++) store<u8>(from + orderOf(i), <u8>take(3));
  const code = ofLengths();
  if (!makeCode(code, from, 19) || !isComplete(code)) return false;
  const count = literalCount + distanceCount;
  let before: u32 = 0;
  for (let i: u32 = 0; i < count; ) {
    if (at > end + 8) return false;
    refill();
    const symbol = symbolOf(code);
    if (symbol < 16) {
      before = symbol;
      store<u8>(from + i++, <u8>symbol);
      continue;
    }
    if (symbol > 18 || (symbol == 16 && i == 0)) return false;
    const repeated: u32 = symbol == 16 ? before : 0;
    const times = symbol == 16 ? 3 + take(2) : symbol == 17 ? 3 + take(3) : 11 + take(7);
    if (i + times > count) return false;
    memory.fill(from + i, <u8>repeated, times);
    before = repeated;
    i += times;
  }
  if (load<u8>(from + END_OF_BLOCK) == 0) return false;
  if (!makeCode(literals(), from, literalCount) || !isUsable(literals())) return false;
  return makeCode(distances(), from + literalCount, distanceCount) && isUsable(distances());
}

/** The order in which the lengths of the code of lengths come: 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15. */
function orderOf(place: u32): u32 {
  if (place < 3) return 16 + place;
  if (place == 3) return 0;
  return (place & 1) == 0 ? 8 + ((place - 4) >> 1) : 7 - ((place - 5) >> 1);
}

/** False where there are more codes of some length than there can be. */
function makeCode(code: u32, from: u32, count: u32): bool {
  memory.fill(code, 0, PRIMARY_BYTES + 2 * (CODE_BITS_MAX + 1));
  const counts = code + COUNTS;
  for (let i: u32 = 0; i < count; i++) {
    const place = counts + (<u32>load<u8>(from + i) << 1);
    store<u16>(place, load<u16>(place) + 1);
  }
  store<u16>(counts, 0);
  // Of each length: where its symbols begin, and its first code.
  const starts = lengths() + 320;
  const codes = starts + 64;
  let start: u32 = 0;
  let word: u32 = 0;
  for (let length: u32 = 1; length <= CODE_BITS_MAX; length++) {
    const ofLength = <u32>load<u16>(counts + (length << 1));
    store<u32>(starts + (length << 2), start);
    store<u32>(codes + (length << 2), word);
    if (word + ofLength > <u32>1 << length) return false;
    start += ofLength;
    word = (word + ofLength) << 1;
  }
  for (let symbol: u32 = 0; symbol < count; symbol++) {
    const length = <u32>load<u8>(from + symbol);
    if (length == 0) continue;
    const place = starts + (length << 2);
    const index = load<u32>(place);
    store<u32>(place, index + 1);
    store<u16>(code + SYMBOLS + (index << 1), <u16>symbol);
    const next = codes + (length << 2);
    const own = load<u32>(next);
    store<u32>(next, own + 1);
    if (length > PRIMARY_BITS) continue;
    const entry = <u16>((symbol << 4) | length);
    const step: u32 = 2 << length;
    for (let at = code + (reversed(own, length) << 1); at < code + PRIMARY_BYTES; at += step) store<u16>(at, entry);
  }
  return true;
}

function reversed(word: u32, length: u32): u32 {
  let turned: u32 = 0;
  for (let i: u32 = 0; i < length; i++) turned |= ((word >> i) & 1) << (length - 1 - i);
  return turned;
}

function isComplete(code: u32): bool {
  let left: i32 = 1;
  for (let length: u32 = 1; length <= CODE_BITS_MAX; length++) left = (left << 1) - <i32>load<u16>(code + COUNTS + (length << 1));
  return left == 0;
}

/** As zlib has it: complete, or of one symbol of one bit, or of none. */
function isUsable(code: u32): bool {
  if (isComplete(code)) return true;
  for (let length: u32 = 2; length <= CODE_BITS_MAX; length++) if (load<u16>(code + COUNTS + (length << 1)) != 0) return false;
  return true;
}
