import { quote } from '../../../base/go-quote.ts';

const UNITS = /[smhdwy]s?(?:[0-9]+[smhdw]s?)*/y;

/**
 * Where the number that starts at `at` ends, and whether it can be one; whether it is one is found when it is read. As in Prometheus,
 * points and exponents may come in any order, but not twice, and what follows must not be a letter, digit or underscore.
 */
export function scanNumber(text: string, at: number): { valid: boolean; end: number } {
  const isHex = /^0[xX]/.test(text.slice(at, at + 2));
  const digit = isHex ? /[0-9a-fA-F]/ : /[0-9]/;
  const is = (pattern: RegExp, index: number) => pattern.test(text[index] ?? '');
  let end = at;
  if (isHex) end += is(/_/, at + 2) ? 3 : 2;
  if (is(/\./, end)) end++;
  let sawPoint = false;
  let sawExponent = false;
  while (is(digit, end) || is(/[._eE]/, end)) {
    const isPoint = is(/\./, end);
    const isExponent = is(/[eE]/, end);
    if ((isPoint && sawPoint) || (isExponent && sawExponent)) return { valid: false, end: end + 1 };
    if (!isPoint && !isExponent && !is(/_/, end)) {
      end++;
      continue;
    }
    sawPoint ||= isPoint;
    sawExponent ||= isExponent;
    end++;
    if (isExponent && is(/[+-]/, end)) end++;
    if (is(isPoint ? /[_.]/ : /[._eE]/, end)) return { valid: false, end: end + 1 };
    if ((isPoint && isHex) || (!isPoint && end >= text.length)) return { valid: false, end };
  }
  return { valid: end > at && !is(/[a-zA-Z0-9_]/, end), end };
}

/**
 * Goes on where a number ended that is none: the units of a duration. Whether they are units, and in order, is found when it is read.
 * What is no duration ends behind the character that is in the way.
 */
export function scanDuration(text: string, numberEnd: number): { valid: boolean; end: number } {
  UNITS.lastIndex = numberEnd;
  const units = UNITS.exec(text);
  if (units === null) return { valid: false, end: numberEnd };
  const end = numberEnd + units[0].length;
  return /[a-zA-Z0-9_]/.test(text[end] ?? '') ? { valid: false, end: end + 1 } : { valid: true, end };
}

/** The value of a number literal as Go reads it (`0x1F`, `017`, `1_000`, `.5e3`, `Inf`), or why it is none. */
export function numberValue(text: string): number | string {
  const lower = text.toLowerCase();
  if (lower === 'nan') return Number.NaN;
  if (/^[+-]?inf$/.test(lower)) return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^0[0-7_]+$/.test(text) && isGrouped(text)) return Number.parseInt(text.replaceAll('_', ''), 8);
  if (/^0[xX][0-9a-fA-F_]+$/.test(text) && isGrouped(text.slice(2).replace(/^_/, '')))
    return Number(text.replaceAll('_', ''));
  if (/^[1-9][0-9_]*$/.test(text) && isGrouped(text)) return Number(text.replaceAll('_', ''));
  if (!/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return invalid(text, 'invalid syntax');
  const value = Number(text);
  return Number.isFinite(value) ? value : invalid(text, 'value out of range');
}

function isGrouped(digits: string): boolean {
  return !digits.includes('__') && !digits.endsWith('_') && !digits.startsWith('_');
}

function invalid(text: string, why: string): string {
  return `error parsing number: strconv.ParseFloat: parsing ${quote(text)}: ${why}`;
}
