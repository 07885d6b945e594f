import { parseDurationMs } from '../../../base/duration.ts';

export type FieldType = 'boolean' | 'bytes' | 'duration' | 'float' | 'int' | 'string';

/** What a field's value looks like, in Loki's words. */
export function fieldType(value: string): FieldType {
  if (/^[+-]?\d+$/.test(value)) return 'int';
  if (/^[+-]?(\d+\.\d*|\.\d+|\d+e[+-]?\d+|\d+\.\d*e[+-]?\d+)$/i.test(value)) return 'float';
  if (/^(true|false)$/i.test(value)) return 'boolean';
  if (isDuration(value)) return 'duration';
  if (/^\d+(\.\d+)?\s*(b|[kmgtpe]i?b)$/i.test(value)) return 'bytes';
  return 'string';
}

function isDuration(value: string): boolean {
  if (!/^\d[\d.a-zµ]*$/.test(value)) return false;
  try {
    parseDurationMs(value);
    return true;
  } catch {
    return false;
  }
}
