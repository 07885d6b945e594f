const DURATION = /[0-9]+(?:ms|[smhdwy]s?)(?:[0-9]+[smhdw]s?)*(?![a-zA-Z0-9_])/y;
const HEX = /0[xX]_?[0-9a-fA-F]*(?:_[0-9a-fA-F]+)*/y;
const DECIMAL = /(?:[0-9]+(?:_[0-9]+)*)?(?:\.(?![_.])[0-9]*(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?/y;

/** Where the number that starts at `at` ends, and whether it is one: what follows must not be a letter, digit or underscore. */
export function scanNumber(text: string, at: number): { valid: boolean; end: number } {
  const pattern = /^0[xX]/.test(text.slice(at, at + 2)) ? HEX : DECIMAL;
  pattern.lastIndex = at;
  const end = at + (pattern.exec(text)?.[0].length ?? 0);
  return { valid: end > at && !/[a-zA-Z0-9_.]/.test(text[end] ?? ''), end };
}

/** Where the duration that starts at `at` ends, if there is one. Units in a wrong order are found when it is read. */
export function scanDuration(text: string, at: number): number | undefined {
  DURATION.lastIndex = at;
  const match = DURATION.exec(text);
  return match === null ? undefined : at + match[0].length;
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
  return `error parsing number: strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${why}`;
}
