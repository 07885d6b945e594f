/*
 * Makes templates of what scan-lines.as found: decides which holes are fixed text after all, and which have the same context, and writes them.
 * docs/formats/compact-text.md says by what rules. AssemblyScript; `sh scripts/wasm.sh` makes draft-templates-module.ts of it.
 * All positions are addresses in the one memory; up to 16 bytes behind what is read may be read, and behind what is written be written.
 */

const HOLE_BYTES: u32 = 4;
const HOLE_MASK: u32 = 0x1fff;
const SHAPE_SHIFT: u32 = 26;
const CONSTANT: u32 = 1 << 30;
const DECIMAL: u32 = 1 << 31;

const ROW_BYTES: u32 = 32;
const LINE_FROM: u32 = 4;
const LINE_TO: u32 = 8;
const HOLES_AT: u32 = 12;
const HOLES: u32 = 16;
const LINES: u32 = 20;
/** Where the columns of its holes are. */
const COLUMNS_AT: u32 = 24;
/** The number that it gets. */
const NUMBER: u32 = 28;

/** So much of the fixed text before a hole tells which column it shares: what is printed after the same words is alike. */
const CONTEXT_BYTES: u32 = 6;
const CONTEXT_PRIME: u64 = 0x9e3779b97f4a7c15;
/** A context: u64 its kind (two bytes) and the text before it, u32 how many values it has, i32 its column. */
const CONTEXT_ROW_BYTES: u32 = 16;
/** The kind of decimal numbers; others are the number of the shape. */
const DECIMALS: u64 = 16;

export let templatesAt: u32 = 0;
export let templateCount: u32 = 0;
/** u32 of each template, in the order in which they are to be written: which row it is. */
export let orderAt: u32 = 0;
/** Fixed text of all templates: the next free place. */
export let fixedAt: u32 = 0;
/** u32 of each piece of fixed text: how long it is; the next free place. */
export let piecesAt: u32 = 0;
/** i32 of each hole of each template: its context, and later its column; -1 where it is fixed text. The next free place. */
export let columnsAt: u32 = 0;
export let contextsAt: u32 = 0;
export let contextCount: u32 = 0;
/** u32 of each slot, all zero at first: the context, counted from 1. There are a power of two of them, more than there may be contexts. */
export let slotsAt: u32 = 0;
export let slotCount: u32 = 0;

export function draft(): void {
  for (let number: u32 = 0; number < templateCount; number++) {
    const row = templatesAt + load<u32>(orderAt + (number << 2)) * ROW_BYTES;
    store<u32>(row, number, NUMBER);
    store<u32>(row, columnsAt, COLUMNS_AT);
    draftOne(row);
  }
}

function draftOne(row: u32): void {
  const lineFrom = load<u32>(row, LINE_FROM);
  const lines = load<u32>(row, LINES);
  let hole = load<u32>(row, HOLES_AT);
  const holesEnd = hole + load<u32>(row, HOLES) * HOLE_BYTES;
  /** What is before has been written. */
  let from = lineFrom;
  let pieceAt = fixedAt;
  for (; hole < holesEnd; hole += HOLE_BYTES) {
    const bits = load<u32>(hole);
    const shape = (bits >> SHAPE_SHIFT) & 15;
    const isNumber = shape != 0 || (bits & DECIMAL) != 0;
    // What occurs once is fixed text, unless it is a number or a time: those are smaller in a column.
    const isFixed = lines == 1 ? !isNumber : (bits & CONSTANT) != 0;
    if (isFixed) store<i32>(columnsAt, -1);
    else {
      const holeFrom = lineFrom + (bits & HOLE_MASK);
      copy(from, holeFrom);
      from = holeFrom + ((bits >> 13) & HOLE_MASK) + 1;
      const context = contextOf(isNumber && shape == 0 ? DECIMALS : <u64>shape, pieceAt);
      const contextRow = contextsAt + context * CONTEXT_ROW_BYTES;
      store<u32>(contextRow, load<u32>(contextRow, 8) + lines, 8);
      store<u32>(columnsAt, context);
      endPiece(pieceAt);
      pieceAt = fixedAt;
    }
    columnsAt += 4;
  }
  copy(from, load<u32>(row, LINE_TO));
  endPiece(pieceAt);
}

function copy(from: u32, to: u32): void {
  let into = fixedAt;
  for (let at = from; at < to; at += 16, into += 16) v128.store(into, v128.load(at));
  fixedAt += to - from;
}

function endPiece(from: u32): void {
  store<u32>(piecesAt, fixedAt - from);
  piecesAt += 4;
}

/** The context of a hole behind the fixed text that has been written. */
function contextOf(kind: u64, pieceFrom: u32): u32 {
  let bytes = fixedAt - pieceFrom;
  if (bytes > CONTEXT_BYTES) bytes = CONTEXT_BYTES;
  const text = bytes == 0 ? 0 : load<u64>(fixedAt - 8) >> <u64>((8 - bytes) << 3);
  const key = (kind << 48) | text;
  let slot = <u32>((key * CONTEXT_PRIME) >> 32) & (slotCount - 1);
  while (true) {
    const at = slotsAt + (slot << 2);
    const number = load<u32>(at);
    if (number == 0) {
      const row = contextsAt + contextCount * CONTEXT_ROW_BYTES;
      store<u64>(row, key);
      store<u32>(row, 0, 8);
      store<u32>(at, ++contextCount);
      return contextCount - 1;
    }
    if (load<u64>(contextsAt + (number - 1) * CONTEXT_ROW_BYTES) == key) return number - 1;
    slot = (slot + 1) & (slotCount - 1);
  }
}

let outAt: u32 = 0;

/**
 * Writes the section of templates, from `out` on, and returns its end. `wholeColumn`: that of lines which are kept whole, whose template comes last;
 * -1 where there are none. From then on holes have columns instead of contexts; `columnsFrom` is where those of the first are, and likewise the others.
 */
export function writeTemplates(out: u32, columnsFrom: u32, piecesFrom: u32, fixedFrom: u32, wholeColumn: i32): u32 {
  const hasWhole = wholeColumn >= 0;
  outAt = out;
  for (let at = columnsFrom; at < columnsAt; at += 4) {
    const context = load<i32>(at);
    if (context >= 0) store<i32>(at, load<i32>(contextsAt + context * CONTEXT_ROW_BYTES, 12));
  }
  varint(templateCount + (hasWhole ? 1 : 0));
  for (let number: u32 = 0; number < templateCount; number++) varint(holesOf(number));
  if (hasWhole) varint(1);
  for (let at = piecesFrom; at < piecesAt; at += 4) varint(load<u32>(at));
  if (hasWhole) {
    varint(0);
    varint(0);
  }
  for (let at = columnsFrom; at < columnsAt; at += 4) {
    const column = load<i32>(at);
    if (column >= 0) varint(column);
  }
  if (hasWhole) varint(wholeColumn);
  memory.copy(outAt, fixedFrom, fixedAt - fixedFrom);
  return outAt + (fixedAt - fixedFrom);
}

function holesOf(number: u32): u32 {
  const row = templatesAt + load<u32>(orderAt + (number << 2)) * ROW_BYTES;
  const from = load<u32>(row, COLUMNS_AT);
  const end = from + (load<u32>(row, HOLES) << 2);
  let count: u32 = 0;
  for (let at = from; at < end; at += 4) if (load<i32>(at) >= 0) count++;
  return count;
}

function varint(value: u32): void {
  let rest = value;
  while (rest >= 0x80) {
    store<u8>(outAt++, (<u8>rest) | 0x80);
    rest >>= 7;
  }
  store<u8>(outAt++, <u8>rest);
}
