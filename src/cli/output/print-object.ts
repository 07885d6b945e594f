import { Option } from 'commander';
import { stringify } from 'yaml';

const formats = ['json', 'yaml'] as const;
export type DataFormat = (typeof formats)[number];

/** `-o json|yaml`. `says`: what it does, and what is printed without it. */
export function dataOption(says: string): Option {
  return new Option('-o, --output <format>', says).choices(formats);
}

/** For `-o json` and `-o yaml`, as kubectl prints them. */
export function printObject(value: unknown, format: DataFormat): string {
  return format === 'json' ? `${JSON.stringify(value, null, 4)}\n` : stringify(value, { lineWidth: 0 });
}
