import { quote, quoteChar } from '../../../base/go-quote.ts';
import { scanDuration, scanNumber } from './number-scanner.ts';
import { type Token, type TokenKind, wordKind } from './token.ts';

const SPACE = /[ \t\r\n]/;
const ALPHA = /[a-zA-Z_]/;
const WORD = /[a-zA-Z0-9_:]*/y;
const NAME = /[a-zA-Z0-9_]*/y;
const LETTERS = /[a-zA-Z_]*/y;
const DIGIT = /[0-9]/;
const SYMBOLS = new Set<string>(['*', '/', '%', '+', '-', '^', ',']);
const DURATION_WORDS = new Set(['step', 'range', 'max_of', 'min_of']);

/**
 * Cuts a query into tokens, one at a time. Whether a colon, a word or a brace is allowed depends on the brackets that are open,
 * so the lexer keeps them; after an `error` token it is not asked again.
 */
export class Lexer {
  readonly #text: string;
  #at = 0;
  #parens = 0;
  #inBraces = false;
  #inBrackets = false;
  /** Between `[` and the first number, where only a duration can stand. */
  #expectsDuration = false;
  #sawColon = false;
  #sawDuration = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#skip();
    if (this.#inBraces) return this.#insideBraces();
    if (this.#expectsDuration) return this.#duration();
    return this.#statement();
  }

  #skip(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char !== undefined && SPACE.test(char)) this.#at++;
      else if (char === '#' && !this.#expectsDuration) {
        while (this.#at < this.#text.length && !/[\r\n]/.test(this.#text[this.#at]!)) this.#at++;
      } else return;
    }
  }

  #emit(kind: TokenKind, length: number): Token {
    const start = this.#at;
    this.#at += length;
    return { kind, text: this.#text.slice(start, this.#at), start };
  }

  /** Some errors are placed behind the character that they are about. */
  #error(message: string, behind = 0): Token {
    return { kind: 'error', text: message, start: this.#at + behind };
  }

  #matching(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? '';
  }

  #charAt(offset: number): string | undefined {
    const code = this.#text.codePointAt(this.#at + offset);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  #statement(): Token {
    const char = this.#charAt(0);
    const following = this.#charAt(1);
    if (char === undefined) {
      if (this.#parens !== 0) return this.#error('unclosed left parenthesis');
      if (this.#inBrackets) return this.#error('unclosed left bracket');
      return this.#emit('end of input', 0);
    }
    if (SYMBOLS.has(char)) return this.#emit(char as TokenKind, 1);
    if (char === '@') return this.#emit('@', 1);
    if (char === '=') {
      if (following === '=') return this.#emit('==', 2);
      return following === '~' ? this.#error(`unexpected character after '=': ${quoteChar('~')}`) : this.#emit('=', 1);
    }
    if (char === '!') {
      return following === '='
        ? this.#emit('!=', 2)
        : this.#error(`unexpected character after '!': ${quoteChar(following)}`);
    }
    if (char === '<' || char === '>') {
      if (following === '=' || following === '/') return this.#emit(`${char}${following}` as TokenKind, 2);
      return this.#emit(char, 1);
    }
    if (this.#startsNumber(char, following)) return this.#number();
    if (char === '"' || char === "'" || char === '`') return this.#string(char);
    if (ALPHA.test(char) || char === ':') return this.#word(char);
    return this.#bracket(char);
  }

  #bracket(char: string): Token {
    if (char === '(') return this.#open();
    if (char === ')') return this.#close();
    if (char === '{') {
      this.#inBraces = true;
      return this.#emit('{', 1);
    }
    if (char === '[') {
      if (this.#inBrackets) return this.#error(`unexpected left bracket ${quoteChar(char)}`);
      this.#inBrackets = true;
      this.#expectsDuration = true;
      this.#sawColon = false;
      return this.#emit('[', 1);
    }
    if (char === ']') {
      if (!this.#inBrackets) return this.#error(`unexpected right bracket ${quoteChar(char)}`);
      this.#inBrackets = false;
      return this.#emit(']', 1);
    }
    return this.#error(`unexpected character: ${quoteChar(char)}`);
  }

  #open(): Token {
    this.#parens++;
    return this.#emit('(', 1);
  }

  #close(): Token {
    if (this.#parens === 0) return this.#error(`unexpected right parenthesis ${quoteChar(')')}`, 1);
    this.#parens--;
    return this.#emit(')', 1);
  }

  #word(char: string): Token {
    if (!this.#inBrackets) {
      const word = this.#matching(WORD);
      const kind = wordKind(word);
      // So that metrics named "fill" keep working, the new modifiers are words only before a parenthesis.
      if (kind.startsWith('fill') && !/^\s*\(/.test(this.#text.slice(this.#at + word.length))) {
        return this.#emit('identifier', word.length);
      }
      return this.#emit(kind, word.length);
    }
    if (char === ':') {
      if (this.#sawColon) return this.#error(`unexpected colon ${quoteChar(char)}`);
      this.#sawColon = true;
      return this.#emit(':', 1);
    }
    return this.#durationWord() ?? this.#error(`unexpected character: ${quoteChar(char)}, expected ${quoteChar(':')}`);
  }

  #durationWord(): Token | undefined {
    const word = this.#matching(LETTERS);
    return DURATION_WORDS.has(word.toLowerCase())
      ? this.#emit(word.toLowerCase() as TokenKind, word.length)
      : undefined;
  }

  #duration(): Token {
    const char = this.#charAt(0);
    if (char === undefined) return this.#error('unexpected end of input in duration expression');
    if (char === ']') {
      this.#inBrackets = false;
      this.#expectsDuration = false;
      this.#sawColon = false;
      return this.#emit(']', 1);
    }
    if (char === ':') {
      if (!this.#sawDuration) return this.#error('unexpected colon before duration in duration expression', 1);
      if (this.#sawColon) return this.#error('unexpected repeated colon in duration expression', 1);
      this.#sawColon = true;
      return this.#emit(':', 1);
    }
    if (char === '(') return this.#open();
    if (char === ')') return this.#close();
    if (SYMBOLS.has(char)) return this.#emit(char as TokenKind, 1);
    if (this.#startsNumber(char, this.#charAt(1))) {
      this.#sawDuration = true;
      this.#expectsDuration = false;
      return this.#number();
    }
    return this.#durationWord() ?? this.#error(`unexpected character in duration expression: ${quoteChar(char)}`);
  }

  #insideBraces(): Token {
    const char = this.#charAt(0);
    if (char === undefined) return this.#error('unexpected end of input inside braces');
    if (ALPHA.test(char)) return this.#emit('identifier', this.#matching(NAME).length);
    if (char === ',') return this.#emit(',', 1);
    if (char === '"' || char === "'" || char === '`') return this.#string(char);
    const following = this.#charAt(1);
    if (char === '=') return following === '~' ? this.#emit('=~', 2) : this.#emit('=', 1);
    if (char === '!') {
      if (following === '~') return this.#emit('!~', 2);
      if (following === '=') return this.#emit('!=', 2);
      return this.#error(`unexpected character after '!' inside braces: ${quoteChar(following)}`);
    }
    if (char === '{') return this.#error(`unexpected left brace ${quoteChar(char)}`);
    if (char === '}') {
      this.#inBraces = false;
      return this.#emit('}', 1);
    }
    return this.#error(`unexpected character inside braces: ${quoteChar(char)}`);
  }

  #startsNumber(char: string, following: string | undefined): boolean {
    return DIGIT.test(char) || (char === '.' && following !== undefined && DIGIT.test(following));
  }

  #number(): Token {
    const number = scanNumber(this.#text, this.#at);
    if (number.valid) return this.#emit('number', number.end - this.#at);
    const duration = scanDuration(this.#text, number.end);
    if (duration.valid) return this.#emit('duration', duration.end - this.#at);
    return this.#error(`bad number or duration syntax: ${quote(this.#text.slice(this.#at, duration.end))}`);
  }

  #string(quote: string): Token {
    const raw = quote === '`';
    for (let at = this.#at + 1; ; at++) {
      const char = this.#text[at];
      if (char === undefined || (char === '\n' && !raw)) {
        return this.#error(raw ? 'unterminated raw string' : 'unterminated quoted string');
      }
      if (char === quote) return this.#emit('string', at + 1 - this.#at);
      if (char === '\\' && !raw) {
        const wrong = wrongEscape(this.#text, at + 1, quote);
        if (wrong !== undefined) return this.#error(wrong);
        at++;
      }
    }
  }
}

/** What is wrong with the escape sequence after a backslash, if anything. */
function wrongEscape(text: string, at: number, quote: string): string | undefined {
  const char = text[at];
  if (char === undefined) return 'escape sequence not terminated';
  if ('abfnrtv\\'.includes(char) || char === quote) return undefined;
  const [length, digits, first] = /[0-7]/.test(char)
    ? [3, /[0-7]/, at]
    : [({ x: 2, u: 4, U: 8 } as Record<string, number>)[char] ?? 0, /[0-9a-fA-F]/, at + 1];
  if (length === 0) return `unknown escape sequence ${unicodeName(text, at)}`;
  for (let i = 0; i < length; i++) {
    const digit = text[first + i];
    if (digit === undefined) return 'escape sequence not terminated';
    if (!digits.test(digit)) return `illegal character ${unicodeName(text, first + i)} in escape sequence`;
  }
  const code = Number.parseInt(text.slice(first, first + length), length === 3 ? 8 : 16);
  const max = length <= 3 ? 255 : 0x10ffff;
  return code > max || (code >= 0xd800 && code < 0xe000)
    ? 'escape sequence is an invalid Unicode code point'
    : undefined;
}

function unicodeName(text: string, at: number): string {
  const code = text.codePointAt(at)!;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`;
}
