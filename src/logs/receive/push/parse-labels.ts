import { LabelSyntaxError } from './label-syntax.ts';
import { pushLimits } from './limits.ts';

const escapes: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"]))/y;
const [DOUBLE_QUOTE, SINGLE_QUOTE, BACKTICK, BACKSLASH, NEWLINE] = [0x22, 0x27, 0x60, 0x5c, 0x0a];

/** Labels as a stream names them: `{app="web", env='dev'}`, strings quoted as in Go. Throws LabelSyntaxError. */
export function parseLabels(text: string): [string, string][] {
  const { labelsCharsMax } = pushLimits;
  if (text.length > labelsCharsMax)
    throw new LabelSyntaxError(
      `parse error at line 1, col ${labelsCharsMax + 1}: more than ${labelsCharsMax} characters`,
    );
  const reader = new LabelReader(text);
  const pairs: [string, string][] = [];
  reader.expect('{');
  while (!reader.accept('}')) {
    const name = reader.name();
    reader.expect('=');
    pairs.push([name, reader.quoted()]);
    if (reader.accept(',')) continue;
    reader.expect('}');
    break;
  }
  reader.end();
  return pairs;
}

class LabelReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skip();
  }

  accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    this.#skip();
    return true;
  }

  expect(character: string): void {
    if (!this.accept(character)) this.#fail(`"${character}"`);
  }

  name(): string {
    const from = this.#at;
    while (isNameCode(this.#text.charCodeAt(this.#at), this.#at > from)) this.#at++;
    if (this.#at === from) return this.#fail('the name of a label or "}"');
    const name = this.#text.slice(from, this.#at);
    this.#skip();
    return name;
  }

  quoted(): string {
    const quote = this.#text.charCodeAt(this.#at);
    if (quote !== DOUBLE_QUOTE && quote !== SINGLE_QUOTE && quote !== BACKTICK) return this.#fail('a quoted value');
    let value = '';
    let from = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === quote) break;
      if (Number.isNaN(code) || (code === NEWLINE && quote !== BACKTICK)) return this.#fail('the end of the value');
      if (code === BACKSLASH && quote !== BACKTICK) {
        value += this.#text.slice(from, this.#at) + this.#escaped();
        from = this.#at;
      } else this.#at++;
    }
    value += this.#text.slice(from, this.#at++);
    this.#skip();
    return value;
  }

  end(): void {
    if (this.#at < this.#text.length) this.#fail('the end');
  }

  #escaped(): string {
    ESCAPE.lastIndex = this.#at;
    const match = ESCAPE.exec(this.#text);
    if (!match) return this.#fail('an escape that is known');
    this.#at += match[0].length;
    const [, byte, short, long, octal, letter] = match;
    if (letter !== undefined) return escapes[letter]!;
    const code = octal === undefined ? Number.parseInt((byte ?? short ?? long)!, 16) : Number.parseInt(octal, 8);
    if (code > 0x10ffff) this.#fail('a code point');
    return String.fromCodePoint(code);
  }

  #skip(): void {
    while (isSpaceCode(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #fail(wanted: string): never {
    const found = this.#text[this.#at];
    throw new LabelSyntaxError(
      `parse error at line 1, col ${this.#at + 1}: syntax error: ${found === undefined ? 'unexpected end' : `unexpected ${JSON.stringify(found)}`}, expecting ${wanted}`,
    );
  }
}

/** A digit may not be the first. Of what is behind the end, nothing holds. */
function isNameCode(code: number, isDigitAllowed: boolean): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f ||
    (isDigitAllowed && code >= 0x30 && code <= 0x39)
  );
}

function isSpaceCode(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === NEWLINE;
}
