import { compilePattern } from '../regex/compile-pattern.ts';
import { matches, replaceAll } from '../regex/replace-all.ts';
import { parseByteCount } from '../text/byte-counts.ts';
import { parseGoDuration } from '../text/durations.ts';
import { queryEscape } from './builtin-functions.ts';
import type { TemplateFunction } from './functions.ts';
import { typeName } from './go-printf.ts';
import { type GoValue, isTruthy, toText } from './go-value.ts';
import { checkedLength, TemplateError } from './template-error.ts';

type Entry = readonly [string, TemplateFunction];

/** A function of texts. */
function texts(name: string, count: number, run: (...args: string[]) => GoValue): Entry {
  return [name, { arity: [count, count], run: (args) => run(...args.map((arg) => textArgument(name, arg))) }];
}

function textArgument(name: string, value: GoValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  throw new TemplateError(
    `wrong type for value; expected string; got ${typeof value === 'bigint' ? 'int' : typeof value} in ${name}`,
  );
}

/** A function of a whole number and a text. */
function counted(name: string, run: (count: number, text: string) => string): Entry {
  return [name, { arity: [2, 2], run: ([count, text]) => run(intArgument(name, count), textArgument(name, text)) }];
}

function intArgument(name: string, value: GoValue): number {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) return Number(value);
  throw new TemplateError(`wrong type for value; expected int; got ${typeName(value)} in ${name}`);
}

/** Character by character, as Go does it: one stays one. */
function perCharacter(text: string, convert: (text: string) => string): string {
  if (/^[\0-\x7f]*$/.test(text)) return convert(text);
  return [...text]
    .map((char) => {
      const converted = [...convert(char)];
      return converted.length === 1 || char === 'İ' ? converted[0] : char;
    })
    .join('');
}

const SPACE = /^\s+|\s+$/g;

export const textFunctions: readonly Entry[] = [
  ...['ToLower', 'lower'].map((name) => texts(name, 1, (text) => perCharacter(text, (part) => part.toLowerCase()))),
  ...['ToUpper', 'upper'].map((name) => texts(name, 1, (text) => perCharacter(text, (part) => part.toUpperCase()))),
  texts('title', 1, (text) =>
    text.replace(/(?<=^|[\0-\x7f\s])(?<![A-Za-z0-9_])\p{L}/gu, (letter) =>
      perCharacter(letter, (one) => one.toUpperCase()),
    ),
  ),
  [
    'Replace',
    {
      arity: [4, 4],
      run: ([text, from, to, count]) =>
        replaceSome(toText(text), toText(from), toText(to), intArgument('Replace', count)),
    },
  ],
  texts('replace', 3, (from, to, text) => replaceSome(text, from, to, -1)),
  texts('Trim', 2, (text, chars) => trimChars(text, chars, true, true)),
  texts('TrimLeft', 2, (text, chars) => trimChars(text, chars, true, false)),
  texts('TrimRight', 2, (text, chars) => trimChars(text, chars, false, true)),
  texts('trimAll', 2, (chars, text) => trimChars(text, chars, true, true)),
  texts('TrimPrefix', 2, (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  texts('TrimSuffix', 2, (text, suffix) =>
    suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  texts('trimPrefix', 2, (prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  texts('trimSuffix', 2, (suffix, text) =>
    suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  ...['TrimSpace', 'trim'].map((name) => texts(name, 1, (text) => text.replace(SPACE, ''))),
  texts('contains', 2, (part, text) => text.includes(part)),
  texts('hasPrefix', 2, (part, text) => text.startsWith(part)),
  texts('hasSuffix', 2, (part, text) => text.endsWith(part)),
  texts('regexReplaceAll', 3, (pattern, text, replacement) => replaceAll(compilePattern(pattern), text, replacement)),
  texts('regexReplaceAllLiteral', 3, (pattern, text, replacement) =>
    replaceAll(compilePattern(pattern), text, replacement.replaceAll('$', '$$$$')),
  ),
  texts('count', 2, (pattern, text) => countMatches(pattern, text)),
  texts('urlencode', 1, queryEscape),
  texts('urldecode', 1, queryUnescape),
  texts('b64enc', 1, (text) => Buffer.from(text).toString('base64')),
  texts('b64dec', 1, decodeBase64),
  texts('bytes', 1, parseByteCount),
  ...['duration', 'duration_seconds'].map((name) => texts(name, 1, (text) => parseGoDuration(text) / 1e9)),
  counted('trunc', truncated),
  counted('indent', indented),
  counted('nindent', (count, text) => `\n${indented(count, text)}`),
  counted('repeat', (count, text) => {
    if (count < 0) throw new TemplateError('error calling repeat: strings: negative Repeat count');
    checkedLength(count * text.length);
    return text.repeat(count);
  }),
  counted('alignLeft', (count, text) => aligned(count, text, 'left')),
  counted('alignRight', (count, text) => aligned(count, text, 'right')),
  [
    'substr',
    {
      arity: [3, 3],
      run: ([from, to, text]) => substring(intArgument('substr', from), intArgument('substr', to), toText(text)),
    },
  ],
  ['default', { arity: [1, 2], run: ([otherwise, value]) => (isTruthy(value) ? value : otherwise) }],
  texts('fromJson', 1, fromJson),
];

function replaceSome(text: string, from: string, to: string, count: number): string {
  if (count < 0) {
    if (from !== '') checkedLength(text.length + (text.length / from.length) * to.length);
    else checkedLength(text.length * (to.length + 1));
    return text.replaceAll(from, () => to);
  }
  let rest = text;
  let out = '';
  for (let done = 0; done < count; done++) {
    const at = rest.indexOf(from);
    if (at < 0 || (from === '' && rest === '')) break;
    const skip = from === '' ? 1 : 0;
    out += from === '' ? to + rest.slice(0, skip) : rest.slice(0, at) + to;
    checkedLength(out.length);
    rest = rest.slice(at + from.length + skip);
  }
  return out + rest;
}

function trimChars(text: string, chars: string, left: boolean, right: boolean): string {
  const set = new Set(chars);
  const all = [...text];
  let from = 0;
  let to = all.length;
  if (left) while (from < to && set.has(all[from]!)) from++;
  if (right) while (to > from && set.has(all[to - 1]!)) to--;
  return all.slice(from, to).join('');
}

function countMatches(pattern: string, text: string): bigint {
  let count = 0n;
  for (const _ of matches(compilePattern(pattern), text)) count++;
  return count;
}

function queryUnescape(text: string): string {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text);
  if (wrong) throw new TemplateError(`error calling urldecode: invalid URL escape ${JSON.stringify(wrong[0])}`);
  const bytes = text
    .replaceAll('+', ' ')
    .split(/(%[0-9a-fA-F]{2})/)
    .map((part) => {
      return part.startsWith('%') && part.length === 3 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part);
    });
  return Buffer.concat(bytes).toString('utf8');
}

function decodeBase64(text: string): string {
  const rest = text.length % 4;
  const full = rest !== 0 && rest !== 1 ? text + '='.repeat(4 - rest) : text;
  const wrong = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(full);
  if (!wrong) return `illegal base64 data at input byte ${Math.max(0, full.search(/[^A-Za-z0-9+/]/))}`;
  return Buffer.from(full, 'base64').toString('utf8');
}

function truncated(count: number, text: string): string {
  if (count < 0 && text.length + count > 0) return text.slice(text.length + count);
  return count >= 0 && text.length > count ? text.slice(0, count) : text;
}

function indented(count: number, text: string): string {
  const lines = text.split('\n');
  checkedLength(text.length + lines.length * Math.max(count, 0));
  const pad = ' '.repeat(Math.max(count, 0));
  return lines.map((line) => pad + line).join('\n');
}

function aligned(count: number, text: string, side: 'left' | 'right'): string {
  const chars = [...text];
  if (count < 0 || count === chars.length) return text;
  checkedLength(count);
  if (count < chars.length)
    return (side === 'left' ? chars.slice(0, count) : chars.slice(-count || chars.length)).join('');
  const pad = ' '.repeat(count - chars.length);
  return side === 'left' ? text + pad : pad + text;
}

function substring(from: number, to: number, text: string): string {
  if (from < 0) return text.slice(0, Math.max(to, 0));
  const end = to < 0 || to > text.length ? text.length : to;
  if (from > end) {
    throw new TemplateError(`error calling substr: runtime error: slice bounds out of range [${from}:${end}]`);
  }
  return text.slice(from, end);
}

/** Values deeper than this are refused. */
const jsonDepthMax = 100;

function fromJson(text: string): GoValue {
  try {
    return goValueOf(JSON.parse(text), 0);
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    return undefined;
  }
}

function goValueOf(value: unknown, depth: number): GoValue {
  if (depth > jsonDepthMax) throw new TemplateError(`JSON is nested deeper than ${jsonDepthMax}`);
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((one) => goValueOf(one, depth + 1));
  if (typeof value !== 'object') return value as string | number | boolean;
  return new Map(Object.entries(value).map(([name, one]) => [name, goValueOf(one, depth + 1)]));
}
