/**
 * Pairs of a logfmt line, one at a time. Invariant: `#at` is behind the last pair, or behind what could not be read. Where `next` is
 * false and `atEnd` is not yet, a part was malformed, and the scan can go on behind it.
 */
export class LogfmtScanner {
  #source = '';
  #at = 0;
  #lineFrom = 0;
  #to = 0;
  key = '';
  /** Empty where there is none. */
  value = '';
  #wrong: { at: number; message: string } | undefined;

  reset(source: string, from: number, to: number): void {
    this.#source = source;
    this.#at = this.#lineFrom = from;
    this.#to = to;
    this.#wrong = undefined;
  }

  /** What is wrong with the line, at a byte of it counted from 1. */
  get error(): string | undefined {
    if (this.#wrong === undefined) return undefined;
    const { at, message } = this.#wrong;
    const position = Buffer.byteLength(this.#source.slice(this.#lineFrom, at)) + 1;
    return `logfmt syntax error at pos ${position} : ${message}`;
  }

  get atEnd(): boolean {
    return this.#at >= this.#to;
  }

  next(): boolean {
    const source = this.#source;
    const to = this.#to;
    let at = this.#at;
    while (at < to && source.charCodeAt(at) <= 0x20) at++;
    this.#at = at;
    if (at >= to) return false;
    const start = at;
    this.value = '';
    for (; at < to; at++) {
      const code = source.charCodeAt(at);
      if (code === 0x3d) break;
      if (code === 0x22) return this.#unexpected(at);
      if (code <= 0x20) return this.#key(start, at);
    }
    if (at >= to) return this.#key(start, at);
    if (at === start) return this.#unexpected(at);
    if (!this.#key(start, at)) return this.#skip();
    return this.#value(at + 1);
  }

  #key(start: number, end: number): boolean {
    this.#at = end;
    this.key = this.#source.slice(start, end);
    if (!this.key.includes('\ufffd')) return true;
    this.#fail('invalid key');
    return false;
  }

  #value(start: number): boolean {
    const source = this.#source;
    this.#at = start;
    if (start >= this.#to) return true;
    if (source.charCodeAt(start) === 0x22) return this.#quoted(start);
    let at = start;
    for (; at < this.#to; at++) {
      const code = source.charCodeAt(at);
      if (code === 0x3d || code === 0x22) return this.#unexpected(at);
      if (code <= 0x20) break;
    }
    this.value = source.slice(start, at);
    this.#at = at;
    return true;
  }

  #quoted(start: number): boolean {
    const source = this.#source;
    let hasEscape = false;
    for (let at = start + 1; at < this.#to; at++) {
      const code = source.charCodeAt(at);
      if (code === 0x5c) {
        hasEscape = true;
        at++;
      } else if (code === 0x22) {
        this.#at = at + 1;
        if (!hasEscape) {
          this.value = source.slice(start + 1, at);
          return true;
        }
        return this.#unquoted(source.slice(start, at + 1));
      }
    }
    this.#at = this.#to;
    this.#fail('unterminated quoted value');
    return false;
  }

  #unquoted(literal: string): boolean {
    try {
      this.value = JSON.parse(literal.replace(/\\(.)/gs, (pair, char) => (char === "'" ? "'" : pair)));
      return true;
    } catch {
      this.#fail('invalid quoted value');
      return false;
    }
  }

  #unexpected(at: number): false {
    this.#at = at;
    const char = this.#source[at]!;
    this.#fail(`unexpected '${char}'`);
    return this.#skip();
  }

  #skip(): false {
    while (this.#at < this.#to && this.#source.charCodeAt(this.#at) > 0x20) this.#at++;
    return false;
  }

  #fail(message: string): void {
    this.#wrong = { at: this.#at, message };
  }
}
