import type { TemplateFunction } from './functions.ts';
import { goPrintf } from './go-printf.ts';
import { type GoValue, isTime, isTruthy, showValue } from './go-value.ts';
import { TemplateError } from './template-error.ts';

/** Those that every Go template has. `and` and `or` are run by the caller, since they stop early. */
export const builtinFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['not', { arity: [1, 1], run: ([value]) => !isTruthy(value) }],
  ['eq', { arity: [2, 100], run: ([first, ...rest]) => rest.some((value) => areEqual(first, value)) }],
  ['ne', { arity: [2, 2], run: ([left, right]) => !areEqual(left, right) }],
  ['lt', { arity: [2, 2], run: ([left, right]) => order(left, right) < 0 }],
  ['le', { arity: [2, 2], run: ([left, right]) => order(left, right) <= 0 }],
  ['gt', { arity: [2, 2], run: ([left, right]) => order(left, right) > 0 }],
  ['ge', { arity: [2, 2], run: ([left, right]) => order(left, right) >= 0 }],
  ['len', { arity: [1, 1], run: ([value]) => length(value) }],
  ['index', { arity: [1, 100], run: ([value, ...keys]) => keys.reduce(element, value) }],
  ['slice', { arity: [1, 4], run: ([value, ...ends]) => slice(value, ends) }],
  ['print', { arity: [0, 100], run: printed }],
  ['println', { arity: [0, 100], run: (values) => `${values.map(showValue).join(' ')}\n` }],
  ['printf', { arity: [1, 100], run: ([format, ...values]) => goPrintf(showValue(format), values) }],
  ['html', { arity: [1, 100], run: (values) => printed(values).replace(/["'&<>\0]/g, (char) => HTML[char]!) }],
  ['js', { arity: [1, 100], run: (values) => printed(values).replace(/[\\'"<>&=\u0000-\u001f]/g, escapedJs) }],
  ['urlquery', { arity: [1, 100], run: (values) => queryEscape(printed(values)) }],
];

const HTML: Record<string, string> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
};

function escapedJs(char: string): string {
  if ('\\\'"'.includes(char)) return `\\${char}`;
  return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** `url.QueryEscape`. */
export function queryEscape(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return escaped.replaceAll('%20', '+');
}

/** `fmt.Sprint`: a space between two values of which neither is a text. */
function printed(values: readonly GoValue[]): string {
  let out = '';
  values.forEach((value, at) => {
    const isBetween = at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string';
    out += (isBetween ? ' ' : '') + showValue(value);
  });
  return out;
}

function kindOf(value: GoValue): string {
  if (isTime(value)) return 'struct';
  return value === undefined ? 'invalid' : Array.isArray(value) ? 'slice' : value instanceof Map ? 'map' : typeof value;
}

function areEqual(left: GoValue, right: GoValue): boolean {
  const [leftKind, rightKind] = [kindOf(left), kindOf(right)];
  if (leftKind === 'slice' || leftKind === 'map' || rightKind === 'slice' || rightKind === 'map') {
    throw new TemplateError('error calling eq: non-comparable type');
  }
  if (leftKind !== rightKind) {
    if (leftKind === 'invalid' || rightKind === 'invalid') return false;
    throw new TemplateError('error calling eq: incompatible types for comparison');
  }
  if (isTime(left) && isTime(right)) return left.ns === right.ns;
  return left === right;
}

function order(left: GoValue, right: GoValue): number {
  if (kindOf(left) !== kindOf(right)) throw new TemplateError('error calling lt: incompatible types for comparison');
  if (typeof left !== 'string' && typeof left !== 'number' && typeof left !== 'bigint') {
    throw new TemplateError('error calling lt: invalid type for comparison');
  }
  return left < right! ? -1 : left > right! ? 1 : 0;
}

function length(value: GoValue): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Map) return BigInt(value.size);
  throw new TemplateError(`error calling len: len of type ${kindOf(value)}`);
}

function element(value: GoValue, key: GoValue): GoValue {
  if (value instanceof Map) return value.get(String(key));
  if (Array.isArray(value) && typeof key === 'bigint') {
    if (key < 0n || key >= BigInt(value.length))
      throw new TemplateError(`error calling index: index out of range: ${key}`);
    return value[Number(key)];
  }
  if (typeof value === 'string' && typeof key === 'bigint') {
    const byte = Buffer.from(value)[Number(key)];
    if (byte === undefined) throw new TemplateError(`error calling index: index out of range: ${key}`);
    return BigInt(byte);
  }
  throw new TemplateError(`error calling index: can't index item of type ${kindOf(value)}`);
}

function slice(value: GoValue, ends: readonly GoValue[]): GoValue {
  const [from, to] = ends.map((end) => (typeof end === 'bigint' ? Number(end) : Number.NaN));
  const size = Number(length(value));
  const [first, last] = [from ?? 0, to ?? size];
  if (!(first >= 0 && first <= last && last <= size))
    throw new TemplateError('error calling slice: index out of range');
  if (Array.isArray(value)) return value.slice(first, last);
  return Buffer.from(String(value)).toString('utf8', first, last);
}
