/**
 * A regular expression of RE2's syntax as a tree, over ASCII alone: what is easy to reason about. Anything else (other flags, Unicode
 * classes, rare escapes) has no tree, and is left to the automaton.
 */
export type PatternNode =
  | { kind: 'set'; members: CharSet }
  | { kind: 'start' | 'end' | 'boundary' | 'not boundary' }
  | { kind: 'sequence'; parts: PatternNode[] }
  | { kind: 'either'; parts: PatternNode[] }
  /** `max` is Infinity where there is none. */
  | { kind: 'repeat'; part: PatternNode; min: number; max: number };

/** Which of the 128 characters, both cases of a letter where case is ignored; `only` is the one that was written, if it was one. */
export interface CharSet {
  has: boolean[];
  only?: string;
}

export interface PatternTree {
  root: PatternNode;
  ignoreCase: boolean;
}

const FLAGS = /^\(\?([is]+)\)/;
/** Patterns longer than this, or nested deeper, are left to the automaton. */
const treeCharsMax = 1000;
const treeDepthMax = 20;

class NoTree extends Error {}

export function parsePatternTree(pattern: string): PatternTree | undefined {
  if (pattern.length > treeCharsMax || /[^\x20-\x7e\t]/.test(pattern)) return undefined;
  const flags = FLAGS.exec(pattern)?.[1] ?? '';
  const source = flags === '' ? pattern : pattern.slice(flags.length + 3);
  try {
    const root = new TreeParser(source, flags).parse();
    return { root, ignoreCase: flags.includes('i') };
  } catch (error) {
    if (error instanceof NoTree) return undefined;
    throw error;
  }
}

export function setOf(test: (char: string) => boolean): CharSet {
  const has = Array.from({ length: 128 }, (_, code) => test(String.fromCharCode(code)));
  const members = has.flatMap((is, code) => (is ? [code] : []));
  return members.length === 1 ? { has, only: String.fromCharCode(members[0]!) } : { has };
}

const classes: Record<string, CharSet> = {
  d: setOf((char) => /[0-9]/.test(char)),
  D: setOf((char) => /[^0-9]/.test(char)),
  w: setOf((char) => /[0-9A-Za-z_]/.test(char)),
  W: setOf((char) => /[^0-9A-Za-z_]/.test(char)),
  s: setOf((char) => /[\t\n\f\r ]/.test(char)),
  S: setOf((char) => /[^\t\n\f\r ]/.test(char)),
};
const controls: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' };

/** The code of the same letter in the other case; of anything else the code itself. */
function otherCase(code: number): number {
  const isLetter = /[A-Za-z]/.test(String.fromCharCode(code));
  return isLetter ? code ^ 0x20 : code;
}

class TreeParser {
  readonly #text: string;
  readonly #dotMatchesNewline: boolean;
  readonly #ignoreCase: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, flags: string) {
    this.#text = text;
    this.#dotMatchesNewline = flags.includes('s');
    this.#ignoreCase = flags.includes('i');
  }

  /** Before a class is negated: `(?i)[^a]` has no `A`. */
  #folded(set: CharSet): CharSet {
    return this.#ignoreCase ? { ...set, has: set.has.map((is, code) => is || set.has[otherCase(code)]!) } : set;
  }

  #single(char: string): PatternNode {
    return { kind: 'set', members: this.#folded(setOf((one) => one === char)) };
  }

  parse(): PatternNode {
    const node = this.#either();
    if (this.#at < this.#text.length) throw new NoTree();
    return node;
  }

  #either(): PatternNode {
    if (++this.#depth > treeDepthMax) throw new NoTree();
    const parts = [this.#sequence()];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== '|' && this.#text[this.#at] !== ')') {
      parts.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', parts };
  }

  #repeated(part: PatternNode): PatternNode {
    const found = /^(?:([*+?])|\{(\d+)(,(\d*))?\})\??/.exec(this.#text.slice(this.#at, this.#at + 20));
    if (found === null) return part;
    const [whole, sign, from, to, limit] = found;
    this.#at += whole.length;
    if (/^[*+?{]/.test(this.#text[this.#at] ?? '') || !('members' in part || 'parts' in part)) throw new NoTree();
    if (sign !== undefined)
      return { kind: 'repeat', part, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
    const min = Number(from);
    const max = to === undefined ? min : limit === '' ? Number.POSITIVE_INFINITY : Number(limit);
    if (max < min) throw new NoTree();
    return { kind: 'repeat', part, min, max };
  }

  #atom(): PatternNode {
    const char = this.#text[this.#at++]!;
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '.':
        return { kind: 'set', members: setOf((one) => one !== '\n' || this.#dotMatchesNewline) };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
    }
    if ('*+?{'.includes(char)) throw new NoTree();
    return this.#single(char);
  }

  #group(): PatternNode {
    const head = /^\?(?::|P?<\w+>)/.exec(this.#text.slice(this.#at, this.#at + 100));
    if (head) this.#at += head[0].length;
    else if (this.#text[this.#at] === '?') throw new NoTree();
    const node = this.#either();
    if (this.#text[this.#at++] !== ')') throw new NoTree();
    return node;
  }

  #escape(): PatternNode {
    const char = this.#text[this.#at++] ?? '';
    if (char === 'b' || char === 'B') return { kind: char === 'b' ? 'boundary' : 'not boundary' };
    if (char === 'A') return { kind: 'start' };
    if (char === 'z') return { kind: 'end' };
    return { kind: 'set', members: this.#folded(this.#escapedSet(char)) };
  }

  #escapedSet(char: string): CharSet {
    const named = Object.hasOwn(classes, char) ? classes[char] : undefined;
    if (named) return named;
    const control = Object.hasOwn(controls, char) ? controls[char] : undefined;
    if (control === undefined && /[A-Za-z0-9]|^$/.test(char)) throw new NoTree();
    return setOf((one) => one === (control ?? char));
  }

  #class(): PatternNode {
    const isNegated = this.#text[this.#at] === '^';
    if (isNegated) this.#at++;
    const has = Array<boolean>(128).fill(false);
    for (let first = true; ; first = false) {
      const char = this.#text[this.#at];
      if (char === undefined || (char === '[' && this.#text[this.#at + 1] === ':')) throw new NoTree();
      if (char === ']' && !first) break;
      this.#addMembers(has);
    }
    this.#at++;
    const positive = this.#folded({ has }).has;
    return { kind: 'set', members: setOf((char) => positive[char.charCodeAt(0)] !== isNegated) };
  }

  #addMembers(has: boolean[]): void {
    const low = this.#member();
    const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
    if (!isRange) {
      low.has.forEach((is, code) => {
        if (is) has[code] = true;
      });
      return;
    }
    this.#at++;
    const high = this.#member();
    if (low.only === undefined || high.only === undefined) throw new NoTree();
    for (let code = low.only.charCodeAt(0); code <= high.only.charCodeAt(0); code++) has[code] = true;
  }

  #member(): CharSet {
    const char = this.#text[this.#at++] ?? '';
    if (char === '') throw new NoTree();
    return char === '\\' ? this.#escapedSet(this.#text[this.#at++] ?? '') : setOf((one) => one === char);
  }
}
