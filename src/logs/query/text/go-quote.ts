/** Strings as LogQL and Go write them. A byte that is not valid UTF-8 (`"\xc5"`) becomes U+FFFD, as a decoded line has it. */
const SIMPLE: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' };
const SIMPLE_BACK: Record<string, string> = Object.fromEntries(
  Object.entries(SIMPLE).map(([name, char]) => [char, `\\${name}`]),
);
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const PLAIN = /^[^"\\\p{C}\p{Z}]*$/u;

/** The value of a literal in double quotes or backticks, or undefined where it is malformed. */
export function unquote(literal: string): string | undefined {
  const mark = literal[0];
  if (literal.length < 2 || mark !== literal.at(-1)) return undefined;
  const inner = literal.slice(1, -1);
  if (mark === '`') return inner.includes('`') ? undefined : inner;
  if (mark !== '"' || inner.includes('\n')) return undefined;
  if (!inner.includes('\\')) return inner.includes('"') ? undefined : inner;
  return unescaped(inner);
}

function unescaped(inner: string): string | undefined {
  const bytes: Buffer[] = [];
  for (let at = 0; at < inner.length; ) {
    const char = inner[at]!;
    if (char === '"') return undefined;
    if (char !== '\\') {
      const end = inner.slice(at).search(/["\\]/);
      const next = end < 0 ? inner.length : at + end;
      bytes.push(Buffer.from(inner.slice(at, next)));
      at = next;
      continue;
    }
    const found = readEscape(inner, at + 1);
    if (found === undefined) return undefined;
    bytes.push(found.byte ? Buffer.from([found.code]) : Buffer.from(String.fromCodePoint(found.code)));
    at = found.next;
  }
  return Buffer.concat(bytes).toString('utf8');
}

function readEscape(text: string, at: number): { code: number; byte: boolean; next: number } | undefined {
  const char = text[at];
  if (char === undefined) return undefined;
  if (char === '"') return { code: 0x22, byte: false, next: at + 1 };
  const simple = SIMPLE[char];
  if (simple !== undefined) return { code: simple.charCodeAt(0), byte: false, next: at + 1 };
  if (char >= '0' && char <= '7') {
    const octal = text.slice(at, at + 3);
    if (!/^[0-3][0-7]{2}$/.test(octal)) return undefined;
    return { code: Number.parseInt(octal, 8), byte: true, next: at + 3 };
  }
  const length = { x: 2, u: 4, U: 8 }[char];
  if (length === undefined) return undefined;
  const hex = text.slice(at + 1, at + 1 + length);
  const code = Number.parseInt(hex, 16);
  if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < length || code > 0x10ffff) return undefined;
  return { code, byte: char === 'x', next: at + 1 + length };
}

/** `strconv.Quote`. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) out += char === '"' ? '\\"' : escaped(char);
  return `${out}"`;
}

function escaped(char: string): string {
  const simple = SIMPLE_BACK[char];
  if (simple !== undefined) return simple;
  if (PRINTABLE.test(char)) return char;
  const code = char.codePointAt(0)!;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code < 0xe000) return '\\ufffd';
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}
