import { formatGeneral, parseGoFloat } from '../../../base/go-float.ts';
import { formatGoTime, type GoTime } from './go-time.ts';

/** What a template computes with: a bigint is Go's int64, a number its float64, `undefined` is nil. */
export type GoValue = string | bigint | number | boolean | undefined | GoTime | GoValue[] | Map<string, GoValue>;

export function isTime(value: GoValue): value is GoTime {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Map);
}

/** `%v`. */
export function showValue(value: GoValue): string {
  if (value === undefined) return '<no value>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatGeneral(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(showNested).join(' ')}]`;
  if (value instanceof Map) {
    const keys = [...value.keys()].sort();
    return `map[${keys.map((key) => `${key}:${showNested(value.get(key))}`).join(' ')}]`;
  }
  return formatGoTime(value, '2006-01-02 15:04:05.999999999 -0700 MST');
}

function showNested(value: GoValue): string {
  return value === undefined ? '<nil>' : showValue(value);
}

/** What `if`, `and` and `or` take for true. */
export function isTruthy(value: GoValue): boolean {
  if (value === undefined || value === false || value === '' || value === 0 || value === 0n) return false;
  if (Array.isArray(value)) return value.length > 0;
  return !(value instanceof Map) || value.size > 0;
}

/** The largest and smallest int64. */
const INT_MAX = 2n ** 63n - 1n;
/** With a base in front, 0 alone standing for octal; digits may be separated. */
const INTEGER = /^([+-]?)(0[xX]|0[bB]|0[oO]?)?_?((?:[\da-fA-F]_?)*[\da-fA-F])$/;

/** A value as an integer, as Sprig's `int` and its arithmetic convert: decimals are cut off, and what is no number is 0. */
export function toInt(value: GoValue): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
  if (typeof value !== 'string') return 0n;
  const [whole = ''] = value.split('.', 1);
  if (!/^\d*$/.test(value.slice(whole.length + 1))) return 0n;
  const parts = INTEGER.exec(whole);
  if (parts === null) return 0n;
  const [, sign, base = '', digits] = parts;
  const literal = `${base.length === 1 ? '0o' : base}${digits!.replaceAll('_', '')}`;
  try {
    const number = whole.replace(/^[+-]/, '') === '0' ? 0n : BigInt(literal) * (sign === '-' ? -1n : 1n);
    return number > INT_MAX || number < -INT_MAX - 1n ? 0n : number;
  } catch {
    return 0n;
  }
}

/** A value as a float: what is no number is 0. */
export function toFloat(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' ? (parseGoFloat(value) ?? 0) : 0;
}

export function toText(value: GoValue): string {
  return typeof value === 'string' ? value : showValue(value);
}
