/**
 * Strings as PromQL, LogQL and Go write them. A byte that is not valid UTF-8 (`"\xc5"`) is kept as the lone surrogate U+DC00 + byte,
 * which cannot occur in text otherwise, so that it can be refused, compared and printed.
 */
const SIMPLE: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' };
const SIMPLE_BACK: Record<string, string> = Object.fromEntries(
  Object.entries(SIMPLE).map(([name, char]) => [char, `\\${name}`]),
);
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const PLAIN = /^[^"\\\p{C}\p{Z}]*$/u;
const ESCAPED_BYTE_BASE = 0xdc00;

/** The value of a literal in one of these marks, or undefined where it is malformed. */
export function unquote(literal: string, marks = '"`\''): string | undefined {
  const quote = literal[0];
  if (quote === undefined || literal.length < 2 || quote !== literal.at(-1) || !marks.includes(quote)) return undefined;
  const inner = literal.slice(1, -1);
  if (quote === '`') return inner.includes('`') ? undefined : inner;
  if (inner.includes('\n')) return undefined;
  if (!inner.includes('\\')) return inner.includes(quote) ? undefined : inner;
  return unescaped(inner, quote);
}

function unescaped(inner: string, quote: string): string | undefined {
  let out = '';
  const bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out += decodeBytes(bytes.splice(0));
  };
  for (let at = 0; at < inner.length; ) {
    const char = inner[at]!;
    if (char === quote) return undefined;
    if (char !== '\\') {
      flush();
      out += char;
      at++;
      continue;
    }
    const found = readEscape(inner, at + 1, quote);
    if (found === undefined) return undefined;
    if (found.byte) bytes.push(found.code);
    else {
      flush();
      out += String.fromCodePoint(found.code);
    }
    at = found.next;
  }
  flush();
  return out;
}

function readEscape(
  text: string,
  at: number,
  quote: string,
): { code: number; byte: boolean; next: number } | undefined {
  const char = text[at];
  if (char === undefined) return undefined;
  if (char === quote) return { code: char.charCodeAt(0), byte: false, next: at + 1 };
  const simple = SIMPLE[char];
  if (simple !== undefined) return { code: simple.charCodeAt(0), byte: false, next: at + 1 };
  if (char >= '0' && char <= '7') {
    const octal = text.slice(at, at + 3);
    if (!/^[0-7]{3}$/.test(octal) || Number.parseInt(octal, 8) > 255) return undefined;
    return { code: Number.parseInt(octal, 8), byte: true, next: at + 3 };
  }
  const length = { x: 2, u: 4, U: 8 }[char];
  if (length === undefined) return undefined;
  const hex = text.slice(at + 1, at + 1 + length);
  const code = Number.parseInt(hex, 16);
  if (hex.length < length || !/^[0-9a-fA-F]+$/.test(hex) || code > 0x10ffff) return undefined;
  return { code, byte: char === 'x', next: at + 1 + length };
}

function decodeBytes(bytes: number[]): string {
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    const text = length === 0 ? '\ufffd' : Buffer.from(bytes.slice(at, at + length)).toString('utf8');
    if (length > 0 && bytes.length - at >= length && !text.includes('\ufffd')) {
      out += text;
      at += length;
    } else {
      out += String.fromCharCode(ESCAPED_BYTE_BASE + lead);
      at++;
    }
  }
  return out;
}

/** `strconv.Quote`. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) out += char === '"' ? '\\"' : escaped(char);
  return `${out}"`;
}

/** `%q` of a character; undefined is the end of the input. */
export function quoteChar(char: string | undefined): string {
  return `'${char === undefined ? '\ufffd' : char === "'" ? "\\'" : escaped(char)}'`;
}

function escaped(char: string): string {
  const simple = SIMPLE_BACK[char];
  if (simple !== undefined) return simple;
  if (PRINTABLE.test(char)) return char;
  const code = char.codePointAt(0)!;
  if (code >= ESCAPED_BYTE_BASE + 0x80 && code <= ESCAPED_BYTE_BASE + 0xff)
    return `\\x${hex(code - ESCAPED_BYTE_BASE, 2)}`;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code < 0xe000) return '\\ufffd';
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

/** The same with U+FFFD for bytes that are no UTF-8, as a text that was decoded has it. */
export function replaceBytes(text: string): string {
  return text.replace(/[\udc80-\udcff]+/gu, (bytes) =>
    Buffer.from(Array.from(bytes, (char) => char.charCodeAt(0) - ESCAPED_BYTE_BASE)).toString(),
  );
}

/** Whether the text is what Go calls valid UTF-8. */
export function isValidText(text: string): boolean {
  return text.isWellFormed();
}
