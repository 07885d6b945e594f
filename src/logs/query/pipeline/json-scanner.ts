/** Objects nested deeper are malformed to us. */
const jsonDepthMax = 128;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const unclosedObject = "Value looks like object, but can't find closing '}' symbol";
const arrayProblem = "Value is array, but can't find closing ']' symbol";
const stringProblem = "Value is string, but can't find closing '\"' symbol";
const jsonProblem = 'Malformed JSON error';
const valueProblem = 'Unknown value type';

export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/**
 * A field of an object: `source.slice(from, to)` is its raw value, of a string without the quotes. Returns what to do next: go on, go into
 * this object, or stop the whole scan.
 */
export type FieldVisitor = (
  key: string,
  kind: JsonKind,
  from: number,
  to: number,
  depth: number,
) => 'next' | 'stop' | Enter;
/** Go into the object; `leave` is called behind it. */
export interface Enter {
  leave(): void;
}

/** The scan ended early: somebody stopped it, or the text is malformed. */
const ENDED = -1;

/**
 * Goes through the fields of the object that the text begins with, in one pass; what stands behind it does not matter. Numbers are not
 * checked beyond their first character, as by the parser that Loki uses. Returns what is wrong, if something is: not by throwing, since
 * whole blocks may be no JSON, and many scans stop at the one field that they want. With `lengths`, plain fields of the outermost object
 * whose name has another length are not told of; names with escapes or blanks are, and the text must be in ASCII.
 */
export function scanObject(
  source: string,
  from: number,
  to: number,
  visit: FieldVisitor,
  lengths?: Uint8Array,
): string | undefined {
  const scanner = new Scanner(source, to, visit, lengths);
  scanner.object(skipSpace(source, from, to), 0);
  return scanner.problem;
}

/** The same for the elements of an array that stands at `from`; the names of the fields are their numbers. */
export function scanArray(source: string, from: number, to: number, visit: FieldVisitor): string | undefined {
  const scanner = new Scanner(source, to, visit, undefined);
  scanner.array(from);
  return scanner.problem;
}

/** The place behind the object or array that stands at `from`; undefined where it is not closed. */
export function nestedEnd(source: string, from: number, to: number): number | undefined {
  const end = new Scanner(source, to, () => 'next', undefined).skipNested(from);
  return end < 0 ? undefined : end;
}

function skipSpace(source: string, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const code = source.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
    at++;
  }
  return at;
}

/** Every method returns the place behind what it read, or ENDED. */
class Scanner {
  problem: string | undefined;
  readonly #source: string;
  readonly #to: number;
  readonly #visit: FieldVisitor;
  readonly #lengths: Uint8Array | undefined;
  /** Of the string that was read last. */
  #hasEscape = false;

  constructor(source: string, to: number, visit: FieldVisitor, lengths: Uint8Array | undefined) {
    this.#lengths = lengths;
    this.#source = source;
    this.#to = to;
    this.#visit = visit;
  }

  #fail(problem: string): number {
    this.problem = problem;
    return ENDED;
  }

  /** `at` is its brace. */
  object(at: number, depth: number): number {
    const source = this.#source;
    const to = this.#to;
    if (at >= to || source.charCodeAt(at) !== 0x7b || depth > jsonDepthMax) return this.#fail(unclosedObject);
    let next = skipSpace(source, at + 1, to);
    if (next < to && source.charCodeAt(next) === 0x7d) return next + 1;
    // What Loki's parser says of an end that comes too early depends on where it comes.
    if (next >= to && depth === 0) return this.#fail(jsonProblem);
    for (;;) {
      if (next >= to || source.charCodeAt(next) !== QUOTE) return this.#failBehind(next, depth);
      const keyEnd = this.#stringEnd(next + 1);
      if (keyEnd < 0) return this.#fail(jsonProblem);
      const keyFrom = next + 1;
      const isWanted = this.#lengths === undefined || depth > 0 || this.#mayBeWanted(keyFrom, keyEnd);
      next = skipSpace(source, keyEnd + 1, to);
      if (next >= to || source.charCodeAt(next) !== 0x3a) return this.#fail(jsonProblem);
      next = this.#value(keyFrom, keyEnd, isWanted, skipSpace(source, next + 1, to), depth);
      if (next < 0) return ENDED;
      next = skipSpace(source, next, to);
      const separator = next < to ? source.charCodeAt(next) : 0;
      if (separator === 0x7d) return next + 1;
      if (separator !== 0x2c) return this.#failBehind(next, depth);
      next = skipSpace(source, next + 1, to);
    }
  }

  #failBehind(at: number, depth: number): number {
    return this.#fail(at >= this.#to && depth === 0 ? arrayProblem : unclosedObject);
  }

  /** `at` is its bracket. */
  array(at: number): number {
    const source = this.#source;
    const to = this.#to;
    let next = skipSpace(source, at + 1, to);
    if (next < to && source.charCodeAt(next) === 0x5d) return next + 1;
    for (let index = 0; ; index++) {
      next = this.#visited(String(index), next, 0);
      if (next < 0) return ENDED;
      next = skipSpace(source, next, to);
      const separator = next < to ? source.charCodeAt(next) : 0;
      if (separator === 0x5d) return next + 1;
      if (separator !== 0x2c) return this.#fail(arrayProblem);
      next = skipSpace(source, next + 1, to);
    }
  }

  /** A name that is written as it is can only be one of those lengths. */
  #mayBeWanted(from: number, to: number): boolean {
    if (this.#hasEscape || to === from) return true;
    const [first, last] = [this.#source.charCodeAt(from), this.#source.charCodeAt(to - 1)];
    const isPlain = first > 0x39 && last > 0x20;
    return !isPlain || this.#lengths![to - from] === 1;
  }

  #key(from: number, to: number): string {
    const raw = this.#source.slice(from, to);
    return raw.includes('\\') ? (unescapedJson(raw) ?? raw) : raw;
  }

  #value(keyFrom: number, keyTo: number, isWanted: boolean, at: number, depth: number): number {
    const code = at < this.#to ? this.#source.charCodeAt(at) : 0;
    if (!isWanted && code !== 0x7b) return this.#skipValue(at, code);
    return this.#visited(this.#key(keyFrom, keyTo), at, depth);
  }

  #visited(key: string, at: number, depth: number): number {
    const code = at < this.#to ? this.#source.charCodeAt(at) : 0;
    if (code === QUOTE) {
      const end = this.#stringEnd(at + 1);
      if (end < 0 || this.#visit(key, 'string', at + 1, end, depth) === 'stop') return ENDED;
      return end + 1;
    }
    if (code === 0x7b) return this.#nested(key, at, depth);
    if (code === 0x5b) {
      const end = this.skipNested(at);
      return end < 0 || this.#visit(key, 'array', at, end, depth) === 'stop' ? ENDED : end;
    }
    const end = this.#tokenEnd(at);
    const kind = scalarKind(this.#source, at, end);
    if (kind === undefined) return this.#fail(at >= this.#to ? jsonProblem : valueProblem);
    return this.#visit(key, kind, at, end, depth) === 'stop' ? ENDED : end;
  }

  #skipValue(at: number, code: number): number {
    if (code === QUOTE) {
      const end = this.#stringEnd(at + 1);
      return end < 0 ? ENDED : end + 1;
    }
    if (code === 0x5b) return this.skipNested(at);
    const end = this.#tokenEnd(at);
    return scalarKind(this.#source, at, end) === undefined ? this.#fail(valueProblem) : end;
  }

  #nested(key: string, at: number, depth: number): number {
    const what = this.#visit(key, 'object', at, at, depth);
    if (what === 'stop') return ENDED;
    if (what === 'next') return this.skipNested(at);
    const end = this.object(at, depth + 1);
    if (end >= 0) what.leave();
    return end;
  }

  /** The place of the closing quote. */
  #stringEnd(from: number): number {
    const source = this.#source;
    const to = this.#to;
    this.#hasEscape = false;
    for (let at = from; at < to; at++) {
      const code = source.charCodeAt(at);
      if (code === QUOTE) return at;
      if (code === BACKSLASH) {
        this.#hasEscape = true;
        at++;
      }
    }
    return this.#fail(stringProblem);
  }

  #tokenEnd(from: number): number {
    let at = from;
    for (; at < this.#to; at++) {
      const code = this.#source.charCodeAt(at);
      if (code <= 0x20 || code === 0x2c || code === 0x7d || code === 0x5d) break;
    }
    return at;
  }

  /** The place behind an object or array that nobody looks into. */
  skipNested(from: number): number {
    const source = this.#source;
    const isObject = source.charCodeAt(from) === 0x7b;
    const open = isObject ? 0x7b : 0x5b;
    let level = 0;
    for (let at = from; at < this.#to; at++) {
      const code = source.charCodeAt(at);
      if (code === QUOTE) {
        at = this.#stringEnd(at + 1);
        if (at < 0) return ENDED;
      } else if (code === open) level++;
      // A closing sign is two behind its opening one.
      else if (code === open + 2 && --level === 0) return at + 1;
    }
    return this.#fail(isObject ? unclosedObject : arrayProblem);
  }
}

function scalarKind(source: string, from: number, to: number): JsonKind | undefined {
  const code = from < to ? source.charCodeAt(from) : 0;
  if ((code >= 0x30 && code <= 0x39) || code === 0x2d) return 'number';
  const text = source.slice(from, to);
  if (text === 'true' || text === 'false') return 'boolean';
  return text === 'null' ? 'null' : undefined;
}

/** A JSON string without its quotes; undefined where an escape is wrong. */
export function unescapedJson(raw: string): string | undefined {
  try {
    const text: string = JSON.parse(`"${raw.replace(/[\u0000-\u001f]/g, escapeControl)}"`);
    return text.isWellFormed() ? text : text.toWellFormed();
  } catch {
    return undefined;
  }
}

function escapeControl(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The value of a string as a label has it: what cannot be decoded is a space. */
export function jsonStringValue(source: string, from: number, to: number): string {
  const raw = source.slice(from, to);
  const text = raw.includes('\\') ? (unescapedJson(raw) ?? '') : raw;
  return text.includes('\ufffd') ? text.replaceAll('\ufffd', ' ') : text;
}
