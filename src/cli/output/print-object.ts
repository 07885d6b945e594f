import { stringify } from 'yaml';

/** For `-o json` and `-o yaml`, as kubectl prints them. */
export function printObject(value: unknown, format: 'json' | 'yaml'): string {
  return format === 'json' ? `${JSON.stringify(value, null, 4)}\n` : stringify(value, { lineWidth: 0 });
}
