import { parseByteCount } from '../text/byte-counts.ts';
import { DurationError, parsePrometheusDuration, parseQueryDuration } from '../text/durations.ts';
import { unquote } from '../text/quoted.ts';
import { ParseError } from './parse-error.ts';
import { functionWords, parserFlags, reservedWords, type Token, type TokenKind } from './token.ts';

/** With comments, as `#`, `//` and between `/*` and its end. */
const SPACE = /(?:[ \t\r\n]+|(?:#|\/\/)[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)*/y;
/** 08 and its like: a zero in front says that the digits are octal. */
const WRONG_OCTAL = /^0[\d_]*?([89])[\d_]*$/;
const WORD = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
/** As Go writes numbers; which of them are numbers here is told where one is read. */
const NUMBER =
  /0[xX][\da-fA-F_]*\.?[\da-fA-F_]*(?:[pP][+-]?\d+)?|0[bBoO][\d_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const DURATION_TAIL = /[\d.nuµmshdwy]+/y;
const BYTES_TAIL = /[\d.BikKMGTP]+/y;
const NEGATIVE_DURATION = /-[\d.nuµmshdwy]+/y;
const FLAG = /--[a-z-]+/y;
const SIGNS = /\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[|,.{}=()[\]+\-*/%^<>]/y;
const CALL = /\s*(?:\(|(?:by|without)\s*\()/iy;

/** Cuts a query into tokens. Throws ParseError where a string, range or character is malformed. */
export class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (char === undefined) return this.#token('eof', '');
    if (char === '"' || char === '`') return this.#string(char);
    if (char === '[') return this.#range();
    if (char === '-') return this.#minus();
    if (char === "'") this.#fail('invalid char literal, strings are quoted with " or `');
    if (this.#text.startsWith('/*', this.#at)) this.#fail('comment not terminated');
    const word = this.#match(WORD);
    if (word !== undefined) return this.#word(word);
    const number = this.#match(NUMBER);
    if (number !== undefined) return this.#number(number);
    const sign = this.#match(SIGNS);
    if (sign !== undefined) return this.#token(sign, sign);
    return this.#token('illegal', String.fromCodePoint(this.#text.codePointAt(this.#at)!));
  }

  #match(pattern: RegExp, offset = 0): string | undefined {
    pattern.lastIndex = this.#at + offset;
    return pattern.exec(this.#text)?.[0];
  }

  #skipSpace(): void {
    const space = this.#match(SPACE) ?? '';
    this.#pass(space);
  }

  /** Goes past text, counting its lines. */
  #pass(text: string): void {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      this.#line++;
      this.#lineStart = this.#at + at + 1;
    }
    this.#at += text.length;
  }

  get #column(): number {
    return [...this.#text.slice(this.#lineStart, this.#at)].length + 1;
  }

  #token(kind: TokenKind, written: string, text = written, value = 0): Token {
    const token = { kind, text, value, line: this.#line, column: this.#column };
    this.#pass(written);
    return token;
  }

  #fail(detail: string): never {
    throw new ParseError(detail, this.#line, this.#column);
  }

  #string(mark: string): Token {
    let end = this.#at + 1;
    for (; ; end++) {
      const char = this.#text[end];
      if (char === undefined || (char === '\n' && mark === '"')) this.#fail('literal not terminated');
      if (char === mark) break;
      if (char === '\\' && mark === '"') end++;
    }
    const written = this.#text.slice(this.#at, end + 1);
    return this.#token('string', written, unquote(written) ?? this.#fail('invalid syntax'));
  }

  #range(): Token {
    const end = this.#text.indexOf(']', this.#at);
    if (end < 0) this.#fail("missing closing ']' in duration");
    try {
      const value = parsePrometheusDuration(this.#text.slice(this.#at + 1, end));
      return this.#token('range', this.#text.slice(this.#at, end + 1), undefined, value);
    } catch (error) {
      if (error instanceof DurationError) return this.#fail(error.message);
      throw error;
    }
  }

  #minus(): Token {
    const flag = this.#match(FLAG);
    if (flag !== undefined && parserFlags.has(flag)) return this.#token('flag', flag);
    const duration = this.#match(NEGATIVE_DURATION);
    const value = duration === undefined ? undefined : parseQueryDuration(duration);
    // A plain negative number is a sign and a number.
    if (duration !== undefined && value !== undefined && /[a-zµ]$/.test(duration)) {
      return this.#token('duration', duration, undefined, value);
    }
    return this.#token('-', '-');
  }

  #number(number: string): Token {
    const durationTail = this.#match(DURATION_TAIL, number.length);
    if (durationTail !== undefined) {
      const value = parseQueryDuration(number + durationTail);
      if (value !== undefined) return this.#token('duration', number + durationTail, undefined, value);
    }
    const bytesTail = this.#match(BYTES_TAIL, number.length);
    const bytes = bytesTail === undefined ? undefined : byteCount(number + bytesTail);
    if (bytes !== undefined) return this.#token('bytes', number + bytesTail, undefined, bytes);
    const octal = WRONG_OCTAL.exec(number);
    if (octal) this.#fail(`invalid digit '${octal[1]}' in octal literal`);
    return this.#token('number', number);
  }

  #word(word: string): Token {
    const lower = word.toLowerCase();
    if (functionWords.has(lower)) {
      const isCalled = this.#match(CALL, word.length) !== undefined;
      return this.#token(isCalled ? lower : 'identifier', word);
    }
    return this.#token(reservedWords.has(lower) ? lower : 'identifier', word);
  }
}

function byteCount(text: string): number | undefined {
  try {
    return parseByteCount(text);
  } catch {
    return undefined;
  }
}
