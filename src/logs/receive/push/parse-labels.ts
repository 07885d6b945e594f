import { isLabelName, LabelSyntaxError } from './label-syntax.ts';
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
const SPACE = /[ \t\r\n]*/y;
const NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;

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
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0];
    if (name === undefined || !isLabelName(name)) return this.#fail('the name of a label or "}"');
    this.#at += name.length;
    this.#skip();
    return name;
  }

  quoted(): string {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'" && quote !== '`') return this.#fail('a quoted value');
    let value = '';
    let from = ++this.#at;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || (character === '\n' && quote !== '`')) return this.#fail('the end of the value');
      if (character === quote) break;
      if (character === '\\' && quote !== '`') {
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
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)![0].length;
  }

  #fail(wanted: string): never {
    const found = this.#text[this.#at];
    throw new LabelSyntaxError(
      `parse error at line 1, col ${this.#at + 1}: syntax error: ${found === undefined ? 'unexpected end' : `unexpected ${JSON.stringify(found)}`}, expecting ${wanted}`,
    );
  }
}
