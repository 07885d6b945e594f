import { limits } from './limits.ts';
import { shapeAt, timeBytes } from './time-shapes.ts';

/*
 * What is variable in a line: times, and words with a digit in them. A word is letters and digits, with single `-`, `_` and `.` inside.
 * Digits before a unit (`12ms`) are a word without it. So the border of a hole never lies between two letters, which the
 * filter (gram-filter.ts) relies on.
 */
const [OTHER, LETTER, DIGIT, JOINER] = [0, 1, 2, 4];
const UNIT_LETTERS_MAX = 2;

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
  /** Of what is not in holes, and of the places and shapes of the holes. */
  hash = 0;

  constructor(holes: number) {
    this.from = new Uint32Array(holes);
    this.to = new Uint32Array(holes);
    this.shapes = new Uint8Array(holes);
  }

  /** False where the line is kept whole: then it is one hole. */
  scan(text: Uint8Array, lineFrom: number, lineTo: number): boolean {
    this.base = this.count;
    if (this.count + limits.lineHolesMax + 1 > this.from.length) this.#grow();
    if (lineTo - lineFrom > limits.templateLineBytesMax) return this.whole(lineFrom, lineTo);
    const holesEnd = this.base + limits.lineHolesMax;
    const [kinds, from, to, shapes] = [kindOfByte, this.from, this.to, this.shapes];
    let count = this.count;
    let hash = 0x811c9dc5;
    let at = lineFrom;
    while (at < lineTo) {
      const byte = text[at]!;
      let kind = kinds[byte]!;
      if ((kind & 3) === 0) {
        hash = Math.imul(hash ^ byte, 0x01000193);
        at++;
        continue;
      }
      const start = at;
      let shape = wordShape;
      if (kind === DIGIT && lineTo - at >= 8) {
        const next = text[at + 2]!;
        if ((next === 0x3a || text[at + 4] === 0x2d) && kinds[text[at + 1]!] === DIGIT) {
          shape = shapeAt(text, at, lineTo);
          if (shape !== wordShape && !isEndOfTime(text, at + timeBytes(shape), lineTo)) shape = wordShape;
        }
      }
      if (shape !== wordShape) at += timeBytes(shape);
      else {
        let seen = 0;
        let digitsEnd = start;
        for (;;) {
          while (at < lineTo && ((kind = kinds[text[at]!]!) & 3) !== 0) {
            seen |= kind;
            at++;
          }
          if (at + 1 < lineTo && kind === JOINER && (kinds[text[at + 1]!]! & 3) !== 0) at++;
          else break;
        }
        if ((seen & DIGIT) === 0) {
          for (let i = start; i < at; i++) hash = Math.imul(hash ^ text[i]!, 0x01000193);
          continue;
        }
        if (seen === (DIGIT | LETTER) && kinds[text[at - 1]!] === LETTER) {
          while (kinds[text[digitsEnd]!] === DIGIT) digitsEnd++;
          if (isUnit(text, digitsEnd, at) && digitsEnd > start) at = digitsEnd;
        }
      }
      if (count === holesEnd) return this.whole(lineFrom, lineTo);
      from[count] = start;
      to[count] = at;
      shapes[count++] = shape;
      hash = Math.imul(hash ^ (0x100 + shape), 0x01000193);
    }
    this.count = count;
    this.hash = hash;
    return true;
  }

  whole(lineFrom: number, lineTo: number): false {
    this.count = this.base;
    this.from[this.count] = lineFrom;
    this.to[this.count] = lineTo;
    this.shapes[this.count++] = wordShape;
    this.hash = 0;
    return false;
  }

  #grow(): void {
    const holes = this.from.length * 2 + limits.lineHolesMax + 1;
    const [from, to, shapes] = [new Uint32Array(holes), new Uint32Array(holes), new Uint8Array(holes)];
    from.set(this.from);
    to.set(this.to);
    shapes.set(this.shapes);
    this.from = from;
    this.to = to;
    this.shapes = shapes;
  }
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
