import { limits } from './limits.ts';
import { shapeAt, timeBytes } from './time-shapes.ts';

/*
 * What is variable in a line: times, and words with a digit in them. A word is letters and digits, with single `-`, `_` and `.` inside.
 * Digits before a unit (`12ms`) are a word without it. So the border of a hole never lies between two letters, which the
 * filter (gram-filter.ts) relies on.
 */
const [OTHER, LETTER, DIGIT, JOINER] = [0, 1, 2, 4];
const UNIT_LETTERS_MAX = 2;
const [HASH_SEED, HASH_PRIME] = [0x811c9dc5, 0x01000193];

const kindOfByte = new Uint8Array(256).map((_, byte) => {
  const char = String.fromCharCode(byte);
  if (/[0-9]/.test(char)) return DIGIT;
  if (/[a-zA-Z]/.test(char)) return LETTER;
  return /[-_.]/.test(char) ? JOINER : OTHER;
});
/** With a digit before them these are a hexadecimal number rather than a unit. */
const isHexLetter = new Uint8Array(256).map((_, byte) => (/[a-fA-F]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** Not a time: a word. */
export const wordShape = 0;

/**
 * Finds the holes of lines. Invariant: hole `i` of all lines scanned so far is `text[from[i], to[i])` and has the shape `shapes[i]`; those of the
 * latest line begin at `base`.
 */
export class LineScanner {
  from: Uint32Array;
  to: Uint32Array;
  shapes: Uint8Array;
  count = 0;
  base = 0;
  /** Tells most templates apart: of lengths and ends of words, of what stands between them, and of the shapes of the holes. */
  hash = 0;

  constructor(holes: number) {
    this.from = new Uint32Array(holes);
    this.to = new Uint32Array(holes);
    this.shapes = new Uint8Array(holes);
  }

  /** False where the line is kept whole: then it is one hole. `text[lineTo]` is a newline. */
  scan(text: Uint8Array, lineFrom: number, lineTo: number): boolean {
    this.base = this.count;
    if (this.count + limits.lineHolesMax + 2 > this.from.length) this.#grow();
    if (lineTo - lineFrom > limits.templateLineBytesMax) return this.whole(lineFrom, lineTo);
    const holesEnd = this.base + limits.lineHolesMax;
    let hash = HASH_SEED;
    let at = lineFrom;
    while (at < lineTo) {
      const byte = text[at]!;
      const kind = kindOfByte[byte]!;
      if ((kind & 3) === 0) {
        hash = Math.imul(hash ^ byte, HASH_PRIME);
        at++;
        continue;
      }
      const start = at;
      // Words of letters alone are most of a line. The newline ends the last one.
      if (kind === LETTER) {
        let next = kindOfByte[text[++at]!]!;
        while (next === LETTER) next = kindOfByte[text[++at]!]!;
        if (next === OTHER) {
          hash = Math.imul(hash ^ ((at - start) | (byte << 8) | (text[at - 1]! << 16)), HASH_PRIME);
          continue;
        }
      }
      at = this.#word(text, start, lineTo);
      if (at < 0) {
        at = -at;
        hash = Math.imul(hash ^ ((at - start) | (byte << 8) | (text[at - 1]! << 16)), HASH_PRIME);
      } else {
        if (this.count > holesEnd) return this.whole(lineFrom, lineTo);
        hash = Math.imul(hash ^ (0x100 + this.shapes[this.count - 1]!), HASH_PRIME);
      }
    }
    if (this.count > holesEnd) return this.whole(lineFrom, lineTo);
    this.hash = hash;
    return true;
  }

  /** Reads the time or word at `start`. Where it is variable it becomes a hole, and its end is returned; else the end, negative. */
  #word(text: Uint8Array, start: number, lineTo: number): number {
    const shape = timeShapeAt(text, start, lineTo);
    if (shape !== wordShape) return this.#hole(start, start + timeBytes(shape), shape);
    let at = start;
    let seen = 0;
    for (;;) {
      let kind = kindOfByte[text[at]!]!;
      while ((kind & 3) !== 0) {
        seen |= kind;
        kind = kindOfByte[text[++at]!]!;
      }
      if (kind !== JOINER || (kindOfByte[text[at + 1]!]! & 3) === 0) break;
      at++;
    }
    if ((seen & DIGIT) === 0) return -at;
    if (kindOfByte[text[start]!] === DIGIT && kindOfByte[text[at - 1]!] === LETTER) {
      let digitsEnd = start + 1;
      while (kindOfByte[text[digitsEnd]!] === DIGIT) digitsEnd++;
      if (isUnit(text, digitsEnd, at)) at = digitsEnd;
    }
    return this.#hole(start, at, wordShape);
  }

  #hole(from: number, to: number, shape: number): number {
    this.from[this.count] = from;
    this.to[this.count] = to;
    this.shapes[this.count++] = shape;
    return to;
  }

  /** Makes the latest line one hole. */
  whole(lineFrom: number, lineTo: number): false {
    this.count = this.base;
    this.from[this.count] = lineFrom;
    this.to[this.count] = lineTo;
    this.shapes[this.count++] = wordShape;
    this.hash = 0;
    return false;
  }

  #grow(): void {
    const holes = this.from.length * 2 + limits.lineHolesMax + 2;
    const [from, to, shapes] = [new Uint32Array(holes), new Uint32Array(holes), new Uint8Array(holes)];
    from.set(this.from);
    to.set(this.to);
    shapes.set(this.shapes);
    this.from = from;
    this.to = to;
    this.shapes = shapes;
  }
}

function timeShapeAt(text: Uint8Array, at: number, lineTo: number): number {
  if (lineTo - at < 8 || kindOfByte[text[at]!] !== DIGIT || kindOfByte[text[at + 1]!] !== DIGIT) return wordShape;
  if (text[at + 2] !== 0x3a && text[at + 4] !== 0x2d) return wordShape;
  const shape = shapeAt(text, at, lineTo);
  return shape !== wordShape && isEndOfTime(text, at + timeBytes(shape), lineTo) ? shape : wordShape;
}

/** Letters only, few of them, and none that a hexadecimal number begins with. */
function isUnit(text: Uint8Array, from: number, to: number): boolean {
  if (to - from < 1 || to - from > UNIT_LETTERS_MAX || isHexLetter[text[from]!] === 1) return false;
  for (let at = from; at < to; at++) if (kindOfByte[text[at]!] !== LETTER) return false;
  return true;
}

/** A time is not the beginning of a longer word. */
function isEndOfTime(text: Uint8Array, at: number, lineTo: number): boolean {
  if (at >= lineTo || (kindOfByte[text[at]!]! & 3) === 0) return true;
  return text[at] === 0x5a && (at + 1 >= lineTo || (kindOfByte[text[at + 1]!]! & 3) === 0);
}
