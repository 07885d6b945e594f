import { ByteWriter } from './bytes.ts';
import { limits } from './limits.ts';
import { type LineScanner, wordShape } from './line-scanner.ts';

const SLOTS = 4 * limits.templatesMax;
const DECIMAL_DIGITS_MAX = 15;
/** Templates of one hash that a line is compared with: lines made to collide are kept whole beyond it. */
const collisionsMax = 64;

/** A line's fixed text and its holes, and what the lines that have it showed. */
export interface SeenTemplate {
  hash: number;
  lines: number;
  /** Pieces of fixed text, one more than there are holes, one behind the other from here on in the table's text. */
  textFrom: number;
  pieceBytes: number[];
  holes: SeenHole[];
}

export interface SeenHole {
  shape: number;
  /** The first value. */
  from: number;
  to: number;
  /** Every value is the first one. */
  constant: boolean;
  /** Every value is a number that is printed as it is read. */
  decimal: boolean;
}

/** The templates of lines as they come. Invariant: no two are the same. */
export class TemplateTable {
  readonly templates: SeenTemplate[] = [];
  readonly #text: Buffer;
  readonly #pieces = new ByteWriter(256 * 1024);
  readonly #slots = new Uint16Array(SLOTS);

  constructor(text: Buffer) {
    this.#text = text;
  }

  /** The number of the template of the line just scanned; -1 where there is no room for another one. */
  add(scanner: LineScanner, lineFrom: number, lineTo: number): number {
    const { hash } = scanner;
    const holes = scanner.count - scanner.base;
    let collisions = 0;
    for (let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const number = this.#slots[slot]! - 1;
      if (number < 0) {
        if (this.templates.length >= limits.templatesMax) return -1;
        this.#slots[slot] = this.templates.push(this.#made(scanner, lineFrom, lineTo));
        return this.templates.length - 1;
      }
      const template = this.templates[number]!;
      if (template.hash !== hash || template.holes.length !== holes) continue;
      if (++collisions > collisionsMax) return -1;
      if (!this.#isOf(template, scanner, lineFrom, lineTo)) continue;
      template.lines++;
      this.#observe(template, scanner);
      return number;
    }
  }

  /** A piece of fixed text is `text[from, to)`. */
  get pieces(): Buffer {
    return this.#pieces.written();
  }

  #made({ hash, base, count, from, to, shapes }: LineScanner, lineFrom: number, lineTo: number): SeenTemplate {
    const template: SeenTemplate = { hash, lines: 1, textFrom: this.#pieces.length, pieceBytes: [], holes: [] };
    let at = lineFrom;
    for (let i = base; i < count; i++) {
      template.pieceBytes.push(from[i]! - at);
      this.#pieces.bytes(this.#text, at, from[i]!);
      const shape = shapes[i]!;
      const decimal = shape === wordShape && isDecimal(this.#text, from[i]!, to[i]!);
      template.holes.push({ shape, from: from[i]!, to: to[i]!, constant: true, decimal });
      at = to[i]!;
    }
    template.pieceBytes.push(lineTo - at);
    this.#pieces.bytes(this.#text, at, lineTo);
    return template;
  }

  #isOf(template: SeenTemplate, scanner: LineScanner, lineFrom: number, lineTo: number): boolean {
    const pieceBytes = template.pieceBytes;
    const holes = template.holes;
    const base = scanner.base;
    const from = scanner.from;
    const text = this.#text;
    const pieces = this.#pieces.memory;
    let piece = template.textFrom;
    let at = lineFrom;
    for (let i = 0; i < holes.length; i++) {
      const end = from[base + i]!;
      if (end - at !== pieceBytes[i] || scanner.shapes[base + i] !== holes[i]!.shape) return false;
      while (at < end) if (text[at++] !== pieces[piece++]) return false;
      at = scanner.to[base + i]!;
    }
    if (lineTo - at !== pieceBytes[holes.length]) return false;
    while (at < lineTo) if (text[at++] !== pieces[piece++]) return false;
    return true;
  }

  #observe(template: SeenTemplate, scanner: LineScanner): void {
    const holes = template.holes;
    const text = this.#text;
    const base = scanner.base;
    for (let i = 0; i < holes.length; i++) {
      const hole = holes[i]!;
      if (!hole.constant && !hole.decimal) continue;
      const valueFrom = scanner.from[base + i]!;
      const valueTo = scanner.to[base + i]!;
      if (hole.constant && !sameBytes(text, hole.from, hole.to, valueFrom, valueTo)) hole.constant = false;
      if (hole.decimal && !hole.constant && !isDecimal(text, valueFrom, valueTo)) hole.decimal = false;
    }
  }
}

export function sameBytes(text: Uint8Array, aFrom: number, aTo: number, bFrom: number, bTo: number): boolean {
  if (aTo - aFrom !== bTo - bFrom) return false;
  for (let a = aFrom, b = bFrom; a < aTo; ) if (text[a++] !== text[b++]) return false;
  return true;
}

/** Digits alone, without zeros before them, few enough for a double. */
function isDecimal(text: Uint8Array, from: number, to: number): boolean {
  if (to - from > DECIMAL_DIGITS_MAX || (text[from] === 0x30 && to - from > 1)) return false;
  for (let at = from; at < to; at++) if (text[at]! < 0x30 || text[at]! > 0x39) return false;
  return true;
}
