import { parseByteSize } from '../base/byte-size.ts';
import { parseDurationMs } from '../base/duration.ts';
import { messageOf } from '../base/fault.ts';
import { BadValue } from './bad-value.ts';

/** Parsers for values of flags, variables and the configuration file; what they throw says what is allowed. */
export function port(text: string): number {
  return wholeNumber(0, 65_535)(text);
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least || value > most) {
      throw new BadValue(`wants a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

export function bytes(text: string): number {
  return worded(() => parseByteSize(text));
}

export function durationMs(text: string): number {
  return worded(() => parseDurationMs(text));
}

export function url(text: string): URL {
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new BadValue('wants a URL like http://127.0.0.1:7100.');
  return new URL(text);
}

export function repeated(text: string, before: string[] = []): string[] {
  return [...before, text];
}

function worded<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new BadValue(`${messageOf(error)}.`);
  }
}
