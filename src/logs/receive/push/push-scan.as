/*
 * Reads Loki's push request, `streams {labels, entries {timestamp {seconds, nanos}, line, metadata}}`, into text and columns, undoes snappy before it,
 * and tells the level of each line. What is in any way wrong is left to TypeScript (base/snappy.ts, read-loki-protobuf.ts, logs/level/level.ts), which says what it
 * is, and whose way is the measure for this one. AssemblyScript; `sh scripts/wasm.sh` makes push-scan-module.ts of it. All positions are addresses in
 * the one memory; up to 32 bytes behind what is read may be read, and behind what is written be written.
 */

const NEWLINE: u8 = 0x0a;
const SPACE: u32 = 0x20;
const QUOTE: u32 = 0x22;
const COLON: u32 = 0x3a;
const EQUALS: u32 = 0x3d;
const OPEN_LIST: u32 = 0x5b;
const BACKSLASH: u32 = 0x5c;
const CLOSE_LIST: u32 = 0x5d;
const OPEN: u32 = 0x7b;
const CLOSE: u32 = 0x7d;
const NANOS_MAX: u64 = 1_000_000_000;

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;
const FIXED32: u32 = 5;

// Levels, as push-scan.ts lists them.
const UNKNOWN: u32 = 0;
const TRACE: u32 = 1;
const DEBUG: u32 = 2;
const INFO: u32 = 3;
const WARN: u32 = 4;
const ERROR: u32 = 5;
const CRITICAL: u32 = 6;
const FATAL: u32 = 7;

/** Undoes snappy; false where it does not give exactly `length` bytes. */
export function unpack(at: u32, end: u32, out: u32, length: u32): bool {
  let to = out;
  const outEnd = out + length;
  while (at < end) {
    const tag: u32 = load<u8>(at++);
    const kind = tag & 3;
    if (kind == 0) {
      let size = (tag >> 2) + 1;
      if (size > 60) {
        const extra = size - 60;
        if (at + extra > end) return false;
        size = load<u32>(at);
        if (extra < 4) size &= (1 << (extra << 3)) - 1;
        at += extra;
        if (++size == 0) return false;
      }
      if (size > end - at || size > outEnd - to) return false;
      if (size <= 64) {
        for (let i: u32 = 0; i < size; i += 16) v128.store(to + i, v128.load(at + i));
      } else memory.copy(to, at, size);
      at += size;
      to += size;
      continue;
    }
    let size: u32;
    let offset: u32;
    if (kind == 1) {
      if (at >= end) return false;
      size = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | <u32>load<u8>(at++);
    } else {
      const wide: u32 = kind == 2 ? 2 : 4;
      if (at + wide > end) return false;
      size = (tag >> 2) + 1;
      offset = wide == 2 ? <u32>load<u16>(at) : load<u32>(at);
      at += wide;
    }
    if (offset == 0 || offset > to - out || size > outEnd - to) return false;
    const copied = to + size;
    // A copy may reach into what it writes: so many bytes at a time only as are there already.
    if (offset >= 16) {
      for (; to < copied; to += 16) v128.store(to, v128.load(to - offset));
    } else if (offset >= 8) {
      for (; to < copied; to += 8) store<u64>(to, load<u64>(to - offset));
    } else {
      for (; to < copied; to++) store<u8>(to, load<u8>(to - offset));
    }
    to = copied;
  }
  return to == outEnd;
}

// --- protocol buffers: `at` moves on; `failed` says that TypeScript is to read it.

let at: u32 = 0;
let failed: bool = false;

function varint(end: u32): u64 {
  let value: u64 = 0;
  for (let shift: u64 = 0; shift < 70; shift += 7) {
    if (at >= end) break;
    const byte: u64 = load<u8>(at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  failed = true;
  return 0;
}

/** The end of a field of bytes that begins at `at`. */
function lengthDelimited(end: u32): u32 {
  const length = varint(end);
  if (length > <u64>(end - at)) {
    failed = true;
    return at;
  }
  return at + <u32>length;
}

function skip(type: u32, end: u32): void {
  if (type == VARINT) varint(end);
  else if (type == BYTES) at = lengthDelimited(end);
  else if (type == FIXED64 || type == FIXED32) {
    at += type == FIXED64 ? 8 : 4;
    if (at > end) failed = true;
  } else failed = true;
}

/** The tag of field `number` of type bytes. */
// @ts-ignore: decorator
@inline
function bytesField(number: u64): u64 {
  return (number << 3) | <u64>BYTES;
}

export let lineCount: u32 = 0;
export let streamCount: u32 = 0;
/** Lines of these streams lie one behind the other, each with a newline behind it. */
export let textAt: u32 = 0;

/** Counts streams and lines, so that there can be room for them. */
export function count(from: u32, end: u32): bool {
  at = from;
  failed = false;
  lineCount = streamCount = 0;
  while (at < end && !failed) {
    const tag = varint(end);
    if (tag != bytesField(1)) {
      skip(<u32>tag & 7, end);
      continue;
    }
    streamCount++;
    const streamEnd = lengthDelimited(end);
    while (at < streamEnd && !failed) {
      const part = varint(streamEnd);
      if (part == bytesField(2)) lineCount++;
      skip(<u32>part & 7, streamEnd);
    }
  }
  return !failed;
}

/** Columns of the lines, and a row of eight numbers for each stream: addresses of the next free place in each. */
export let fromAt: u32 = 0;
export let toAt: u32 = 0;
export let secondsAt: u32 = 0;
export let nanosAt: u32 = 0;
export let levelsAt: u32 = 0;
/** Where a line's entry lies, length first, if it has metadata; else 0. */
export let entriesAt: u32 = 0;
/** labels from, to; lines from, to; longest line; flags; least and greatest seconds (f64). */
export let streamsAt: u32 = 0;
/** Flags of a stream. */
const HAS_METADATA: u32 = 1;
const DESCENDS: u32 = 2;
const HAS_NEWLINES: u32 = 4;

let textBase: u32 = 0;

/** Labels and entries are given relative to `from`, lines to where the text began. */
export function read(from: u32, end: u32): bool {
  at = from;
  textBase = textAt;
  failed = false;
  lineCount = 0;
  while (at < end && !failed) {
    const tag = varint(end);
    if (tag == bytesField(1)) readStream(from, lengthDelimited(end));
    else skip(<u32>tag & 7, end);
  }
  return !failed;
}

let flags: u32 = 0;
let longest: u32 = 0;
let leastSeconds: i64 = 0;
let greatestSeconds: i64 = 0;
let lastSeconds: i64 = 0;
let lastNanos: u32 = 0;

function readStream(base: u32, end: u32): void {
  let labelsFrom = base;
  let labelsTo = base;
  const firstLine = lineCount;
  flags = longest = lastNanos = 0;
  lastSeconds = leastSeconds = i64.MAX_VALUE;
  greatestSeconds = i64.MIN_VALUE;
  while (at < end && !failed) {
    const tag = varint(end);
    if (tag == bytesField(2)) readEntry(base, end);
    else if (tag == bytesField(1)) {
      labelsTo = lengthDelimited(end);
      labelsFrom = at;
      at = labelsTo;
    } else skip(<u32>tag & 7, end);
  }
  store<u32>(streamsAt, labelsFrom - base);
  store<u32>(streamsAt, labelsTo - base, 4);
  store<u32>(streamsAt, firstLine, 8);
  store<u32>(streamsAt, lineCount, 12);
  store<u32>(streamsAt, longest, 16);
  store<u32>(streamsAt, flags, 20);
  store<f64>(streamsAt, <f64>leastSeconds, 24);
  store<f64>(streamsAt, <f64>greatestSeconds, 32);
  streamsAt += 40;
}

function readEntry(base: u32, streamEnd: u32): void {
  const entry = at;
  const end = lengthDelimited(streamEnd);
  let seconds: i64 = 0;
  let nanos: u64 = 0;
  let from = at;
  let to = at;
  let metadata: u32 = 0;
  while (at < end && !failed) {
    const tag = varint(end);
    if (tag == bytesField(2)) {
      to = lengthDelimited(end);
      from = at;
      at = to;
    } else if (tag == bytesField(1)) {
      const timeEnd = lengthDelimited(end);
      while (at < timeEnd && !failed) {
        const part = varint(timeEnd);
        if (part == 8) seconds = <i64>varint(timeEnd);
        else if (part == 16) nanos = varint(timeEnd);
        else skip(<u32>part & 7, timeEnd);
      }
    } else {
      if (tag == bytesField(3)) metadata = entry - base;
      skip(<u32>tag & 7, end);
    }
  }
  // Negative nanoseconds are large ones here.
  if (nanos >= NANOS_MAX) failed = true;
  if (failed) return;
  if (metadata != 0) flags |= HAS_METADATA;
  if (to - from > longest) longest = to - from;
  if (seconds < leastSeconds) leastSeconds = seconds;
  if (seconds > greatestSeconds) greatestSeconds = seconds;
  if (lastSeconds != i64.MAX_VALUE && (seconds < lastSeconds || (seconds == lastSeconds && <u32>nanos < lastNanos))) flags |= DESCENDS;
  lastSeconds = seconds;
  lastNanos = <u32>nanos;
  store<u32>(fromAt, textAt - textBase);
  copyLine(from, to);
  store<u32>(toAt, textAt - textBase);
  textAt++;
  store<f64>(secondsAt, <f64>seconds);
  store<u32>(nanosAt, <u32>nanos);
  store<u32>(entriesAt, metadata);
  store<u8>(levelsAt, <u8>levelOf(from, to));
  fromAt += 4;
  toAt += 4;
  secondsAt += 8;
  nanosAt += 4;
  entriesAt += 4;
  levelsAt++;
  lineCount++;
}

/** Copies to `textAt` and writes a newline behind it. */
function copyLine(from: u32, to: u32): void {
  const newlines = i8x16.splat(NEWLINE);
  let newline: u32 = 0;
  let target = textAt;
  let source = from;
  for (; source + 16 <= to; source += 16, target += 16) {
    const bytes = v128.load(source);
    v128.store(target, bytes);
    newline |= i8x16.bitmask(i8x16.eq(bytes, newlines));
  }
  if (source < to) {
    const bytes = v128.load(source);
    v128.store(target, bytes);
    newline |= i8x16.bitmask(i8x16.eq(bytes, newlines)) & ((1 << (to - source)) - 1);
  }
  if (newline != 0) flags |= HAS_NEWLINES;
  textAt += to - from;
  store<u8>(textAt, NEWLINE);
}

// --- levels

/** The level of the line in [from, to). */
export function levelOf(from: u32, to: u32): u32 {
  let told: u32 = UNKNOWN;
  if (isJson(from, to)) told = levelOfJson(from, to);
  else if (seek(from, to, EQUALS) < to) told = levelOfLogfmt(from, to);
  return told != UNKNOWN ? told : levelOfWords(from, to);
}

// @ts-ignore: decorator
@inline
function isSpace(code: u32): bool {
  return code == SPACE || (code >= 9 && code <= 13) || code == 0xa0;
}

function isJson(from: u32, to: u32): bool {
  let first = from;
  while (first < to && isSpace(load<u8>(first))) first++;
  if (first >= to || <u32>load<u8>(first) != OPEN) return false;
  // What begins with a space that is none in ASCII is not looked at.
  const code: u32 = load<u8>(from);
  if (code != OPEN && code > SPACE) return false;
  let last = to - 1;
  while (last > first && isSpace(load<u8>(last))) last--;
  return <u32>load<u8>(last) == CLOSE;
}

/** Where the byte stands first; `to` if nowhere. */
// @ts-ignore: decorator
@inline
function seek(from: u32, to: u32, byte: u32): u32 {
  const wanted = i8x16.splat(<u8>byte);
  for (let p = from; p < to; p += 16) {
    const found: u32 = i8x16.bitmask(i8x16.eq(v128.load(p), wanted));
    if (found != 0) return min<u32>(p + ctz<u32>(found), to);
  }
  return to;
}

/** Where the quoted text that begins at `from` ends; 0 where it does not. */
function endOfQuoted(from: u32, to: u32): u32 {
  for (let p = seek(from + 1, to, QUOTE); p < to; p = seek(p + 1, to, QUOTE)) {
    let before = p - 1;
    while (<u32>load<u8>(before) == BACKSLASH) before--;
    if (((p - 1 - before) & 1) == 0) return p;
  }
  return 0;
}

function levelOfJson(from: u32, to: u32): u32 {
  let depth: i32 = 0;
  let listDepth: i32 = 0;
  let isKey = false;
  for (let p = from; p < to; p++) {
    const code: u32 = load<u8>(p);
    if (code == OPEN) depth++;
    else if (code == CLOSE) depth--;
    else if (code == OPEN_LIST) listDepth++;
    else if (code == CLOSE_LIST) listDepth--;
    if (code != QUOTE) {
      if (code != COLON && code > SPACE) isKey = false;
      continue;
    }
    const end = endOfQuoted(p, to);
    if (end == 0) return UNKNOWN;
    if (isKey) return levelNamed(p + 1, end);
    isKey = listDepth == 0 && depth <= 2 && isLevelField(p + 1, end - p - 1) && nextIsColon(end + 1, to);
    p = end;
  }
  return UNKNOWN;
}

function nextIsColon(from: u32, to: u32): bool {
  let p = from;
  while (p < to && <u32>load<u8>(p) <= SPACE) p++;
  return p < to && <u32>load<u8>(p) == COLON;
}

/** The first `length` bytes, at most eight, as a little-endian number. */
// @ts-ignore: decorator
@inline
function head(p: u32, length: u32): u64 {
  const bytes = load<u64>(p);
  return length >= 8 ? bytes : bytes & ((<u64>1 << (<u64>length << 3)) - 1);
}

/** As `head`, with capital letters as small ones. */
function lowerHead(p: u32, length: u32): u64 {
  const bytes = head(p, length);
  let lower: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    let byte = (bytes >> shift) & 0xff;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    lower |= byte << shift;
  }
  return lower;
}

function isLevelField(p: u32, length: u32): bool {
  const bytes = head(p, length);
  if (length == 5) return bytes == 0x6c6576656c || bytes == 0x4c4556454c || bytes == 0x6c6576654c;
  if (length == 3) return bytes == 0x6c766c || bytes == 0x4c564c || bytes == 0x6c764c;
  if (length == 8) return bytes == 0x7974697265766573 || bytes == 0x5954495245564553 || bytes == 0x7974697265766553;
  if (length == 9) return bytes == 0x6576656c2e676f6c && <u32>load<u8>(p, 8) == 0x6c;
  if (length == 12) return bytes == 0x7974697265766553 && head(p + 8, 4) == 0x74786554;
  if (length != 13) return false;
  const tail = head(p + 8, 5);
  return (
    (bytes == 0x7974697265766573 && tail == 0x747865745f) ||
    (bytes == 0x7974697265766553 && tail == 0x747865545f) ||
    (bytes == 0x5954495245564553 && tail == 0x545845545f)
  );
}

/** How early a field of logfmt stands among those that tell a level; 100 for what tells none. */
function rankOfField(p: u32, length: u32): u32 {
  if (length != 5 && length != 3 && length != 8 && length != 9 && length != 12 && length != 13) return 100;
  const bytes = lowerHead(p, length);
  if (length == 5) return bytes == 0x6c6576656c ? 0 : 100;
  if (length == 3) return bytes == 0x6c766c ? 8 : 100;
  if (length == 8) return bytes == 0x7974697265766573 ? 4 : 100;
  const tail = lowerHead(p + 8, length - 8);
  if (length == 9) return bytes == 0x6576656c2e676f6c && tail == 0x6c ? 3 : 100;
  if (bytes != 0x7974697265766573) return 100;
  if (length == 12) return tail == 0x74786574 ? 7 : 100;
  return tail == 0x747865745f ? 11 : 100;
}

function levelOfLogfmt(from: u32, to: u32): u32 {
  let bestFrom: u32 = 0;
  let bestTo: u32 = 0;
  let bestRank: u32 = 100;
  let p = from;
  while (p < to) {
    while (p < to && <u32>load<u8>(p) <= SPACE) p++;
    const key = p;
    while (p < to && <u32>load<u8>(p) > SPACE && <u32>load<u8>(p) != EQUALS) p++;
    if (p >= to || <u32>load<u8>(p) != EQUALS) continue;
    const rank = rankOfField(key, p - key);
    let valueFrom = ++p;
    let valueTo: u32;
    if (p < to && <u32>load<u8>(p) == QUOTE) {
      valueTo = endOfQuoted(p, to);
      if (valueTo == 0) break;
      valueFrom++;
      p = valueTo + 1;
    } else {
      while (p < to && <u32>load<u8>(p) > SPACE) p++;
      valueTo = p;
    }
    if (rank >= bestRank) continue;
    bestFrom = valueFrom;
    bestTo = valueTo;
    bestRank = rank;
    if (rank == 0) break;
  }
  return bestRank < 100 ? levelNamed(bestFrom, bestTo) : UNKNOWN;
}

function levelNamed(from: u32, to: u32): u32 {
  const length = to - from;
  if (length < 3 || length > 11) return UNKNOWN;
  const name = lowerHead(from, length);
  if (length == 4) return name == 0x6f666e69 ? INFO : name == 0x6e726177 ? WARN : UNKNOWN;
  if (length == 5) {
    if (name == 0x726f727265) return ERROR;
    if (name == 0x6775626564) return DEBUG;
    if (name == 0x6563617274) return TRACE;
    return name == 0x6c61746166 ? FATAL : UNKNOWN;
  }
  if (length == 3) {
    if (name == 0x666e69) return INFO;
    if (name == 0x727265) return ERROR;
    if (name == 0x6e7277) return WARN;
    if (name == 0x676264) return DEBUG;
    return name == 0x637274 ? TRACE : UNKNOWN;
  }
  if (length == 7) return name == 0x676e696e726177 ? WARN : UNKNOWN;
  if (length == 8) return name == 0x6c61636974697263 ? CRITICAL : UNKNOWN;
  if (length == 11) return name == 0x74616d726f666e69 && lowerHead(from + 8, 3) == 0x6e6f69 ? INFO : UNKNOWN;
  return UNKNOWN;
}

/** Whether one of two texts of `length` bytes stands at `p`, within the line. */
// @ts-ignore: decorator
@inline
function stands(p: u32, from: u32, to: u32, length: u32, small: u64, large: u64): bool {
  if (p < from || p + length > to) return false;
  const bytes = head(p, length);
  return bytes == small || bytes == large;
}

/** Words are sought by two letters in them that seldom stand together otherwise. */
function levelOfWords(from: u32, to: u32): u32 {
  const small = i8x16.splat(0x20);
  const b = i8x16.splat(0x62);
  const c = i8x16.splat(0x63);
  const f = i8x16.splat(0x66);
  const n = i8x16.splat(0x6e);
  const r = i8x16.splat(0x72);
  const u = i8x16.splat(0x75);
  let isError = false;
  let isWarn = false;
  let isCritical = false;
  let isDebug = false;
  for (let p = from; p + 1 < to; p += 16) {
    const one = v128.or(v128.load(p), small);
    const two = v128.or(v128.load(p, 1), small);
    const isR = i8x16.eq(one, r);
    // nf of info, rr of error, rn of warn, cr of critical, bu of debug.
    const nf = v128.and(i8x16.eq(one, n), i8x16.eq(two, f));
    const nextR = i8x16.eq(two, r);
    const rest = v128.or(
      v128.or(v128.and(isR, v128.or(nextR, i8x16.eq(two, n))), v128.and(i8x16.eq(one, c), nextR)),
      v128.and(i8x16.eq(one, b), i8x16.eq(two, u)),
    );
    let found: u32 = i8x16.bitmask(v128.or(nf, rest));
    for (; found != 0; found &= found - 1) {
      const q = p + ctz<u32>(found);
      if (q + 1 >= to) break;
      const letter = <u32>load<u8>(q) | 0x20;
      if (letter == 0x6e) {
        if (stands(q - 1, from, to, 4, 0x6f666e69, 0x4f464e49)) return INFO;
      } else if (letter == 0x62) {
        isDebug = isDebug || stands(q - 2, from, to, 5, 0x6775626564, 0x4755424544);
      } else if (letter == 0x63) isCritical = isCritical || isCriticalAt(q, from, to);
      else if ((<u32>load<u8>(q, 1) | 0x20) == 0x72) {
        isError =
          isError ||
          stands(q - 1, from, to, 4, 0x3a727265, 0x3a525245) ||
          stands(q - 2, from, to, 5, 0x5d7272655b, 0x5d5252455b) ||
          stands(q - 2, from, to, 7, 0x5d726f7272655b, 0x5d524f5252455b);
      } else {
        isWarn =
          isWarn ||
          stands(q - 2, from, to, 5, 0x3a6e726177, 0x3a4e524157) ||
          stands(q - 3, from, to, 6, 0x5d6e7261775b, 0x5d4e5241575b) ||
          stands(q - 2, from, to, 7, 0x676e696e726177, 0x474e494e524157);
      }
    }
  }
  return isError ? ERROR : isWarn ? WARN : isCritical ? CRITICAL : isDebug ? DEBUG : UNKNOWN;
}

function isCriticalAt(p: u32, from: u32, to: u32): bool {
  if (!stands(p, from, to, 8, 0x6c61636974697263, 0x4c41434954495243) || p + 8 >= to) return false;
  const next: u32 = load<u8>(p, 8);
  return next == COLON || (next == CLOSE_LIST && p > from && <u32>load<u8>(p - 1) == OPEN_LIST);
}
