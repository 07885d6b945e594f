/*
 * Reads what pack-columns.as and draft-templates.as write: templates, ids, numbers and lengths; docs/formats/compact-text.md draws them.
 * AssemblyScript; `sh scripts/wasm.sh` makes read-text-module.ts of it. All positions are addresses in the one memory. Each function gives 0, or
 * what is wrong: 1 the bytes end early, 2 a number is too large.
 */

const ENDS_EARLY: u32 = 1;
const TOO_LARGE: u32 = 2;

let at: u32 = 0;
let end: u32 = 0;
let failure: u32 = 0;

/** Behind what was read last. */
export let readEnd: u32 = 0;
/** Pieces of all templates. */
export let pieces: u32 = 0;

/** A varint of no more than `max`, which is below 2^28. */
// @ts-ignore: decorator
@inline
function next(max: u32): u32 {
  let value: u32 = load<u8>(at++);
  if (value >= 0x80) {
    value &= 0x7f;
    let shift: u32 = 7;
    for (;;) {
      const byte: u32 = load<u8>(at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
      if (shift > 21) {
        failure = TOO_LARGE;
        break;
      }
    }
  }
  if (at > end) failure = ENDS_EARLY;
  else if (value > max) failure = TOO_LARGE;
  return value;
}

/** Holes of each template: u32 of each template its first piece, and one more. */
export function readHoles(from: u32, to: u32, count: u32, holesMax: u32, firstPieceOut: u32): u32 {
  at = from;
  end = to;
  failure = 0;
  let piece: u32 = 0;
  for (const outEnd = firstPieceOut + (count << 2); firstPieceOut < outEnd; firstPieceOut += 4) {
    store<u32>(firstPieceOut, piece);
    piece += next(holesMax) + 1;
    if (failure != 0) return failure;
  }
  store<u32>(firstPieceOut, piece);
  readEnd = at;
  pieces = piece;
  return 0;
}

/** Pieces and columns: u32 of each piece where it begins, and one more; i32 of each piece the column behind it, or -1. */
export function readPieces(
  from: u32,
  to: u32,
  count: u32,
  firstPiece: u32,
  bytesMax: u32,
  columns: u32,
  pieceFromOut: u32,
  columnOut: u32,
): u32 {
  at = from;
  end = to;
  failure = 0;
  let bytes: u32 = 0;
  for (const outEnd = pieceFromOut + (pieces << 2); pieceFromOut < outEnd; pieceFromOut += 4) {
    store<u32>(pieceFromOut, bytes);
    bytes += next(bytesMax);
    if (bytes > bytesMax) failure = TOO_LARGE;
    if (failure != 0) return failure;
  }
  store<u32>(pieceFromOut, bytes);
  for (let template: u32 = 0; template < count; template++, firstPiece += 4) {
    const last = columnOut + (load<u32>(firstPiece, 4) - load<u32>(firstPiece) - 1) * 4;
    for (; columnOut < last; columnOut += 4) {
      const column = next(columns);
      if (failure != 0) return failure;
      if (column == columns) return TOO_LARGE;
      store<u32>(columnOut, column);
    }
    store<i32>(columnOut, -1);
    columnOut += 4;
  }
  readEnd = at;
  return 0;
}

/** The template of each line, of `width` bytes in planes: u16 of each line; and counts them: u32 of each template, all zero so far. */
export function readNumbers(from: u32, lines: u32, width: u32, templates: u32, out: u32, linesOf: u32): u32 {
  for (let line: u32 = 0; line < lines; line++) {
    let number: u32 = 0;
    if (width > 0) number = load<u8>(from + line);
    if (width > 1) number |= <u32>load<u8>(from + lines + line) << 8;
    if (number >= templates) return TOO_LARGE;
    store<u16>(out + (line << 1), number);
    const counted = linesOf + (number << 2);
    store<u32>(counted, load<u32>(counted) + 1);
  }
  return 0;
}

/** u32 of each: ids of `width` bytes in planes, or distances from the newest. */
export function readIds(from: u32, length: u32, width: u32, values: u32, isRecent: bool, out: u32): u32 {
  let newest: u32 = -1;
  let greatest: u32 = 0;
  for (let i: u32 = 0; i < length; i++, out += 4) {
    let id: u32 = 0;
    if (width > 0) id = load<u8>(from + i);
    if (width > 1) id |= <u32>load<u8>(from + length + i) << 8;
    if (width > 2) id |= <u32>load<u8>(from + 2 * length + i) << 16;
    if (isRecent) {
      if (id == 0) id = ++newest;
      else id = newest - id + 1;
    }
    if (id > greatest) greatest = id;
    store<u32>(out, id);
  }
  return length > 0 && greatest >= values ? TOO_LARGE : 0;
}

/** f64 of each number: of `width` bytes in planes, less `base`, or zigzag differences from the one before; each is below `max`. */
export function readDecimals(from: u32, length: u32, width: u32, isDelta: bool, base: f64, max: f64, out: u32): u32 {
  const least = <i64>base;
  const limit = <i64>max;
  let previous: i64 = 0;
  for (let i: u32 = 0; i < length; i++, out += 8) {
    let plane = from + i;
    let bits: u64 = 0;
    for (let shift: u64 = 0; shift < <u64>width << 3; shift += 8, plane += length) bits |= <u64>load<u8>(plane) << shift;
    let value = <i64>bits;
    if (isDelta) value = previous + ((value >> 1) ^ -(value & 1));
    else value += least;
    if (<u64>value >= <u64>limit) return TOO_LARGE;
    store<f64>(out, <f64>value);
    previous = value;
  }
  return 0;
}

/** u32 of each value where it begins, and one more. The last is what all have together, at most `max`. */
export function readLengths(from: u32, count: u32, width: u32, same: u32, max: u32, out: u32): u32 {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(out + (i << 2), bytes);
    let length = same;
    if (width == 1) length = load<u8>(from + i);
    else if (width == 2) length = load<u16>(from + (i << 1));
    else if (width == 4) length = load<u32>(from + (i << 2));
    if (length > max - bytes) return TOO_LARGE;
    bytes += length;
  }
  store<u32>(out + (count << 2), bytes);
  return 0;
}
