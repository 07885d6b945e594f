import type { DecodedLines } from '../batch/batch.ts';
import type { LineBlock } from '../store/store.ts';

/* What this room's tests share: blocks made of texts, and texts made of blocks. */

export interface LineSpec {
  text: string;
  time?: bigint;
  flags?: number;
}

export function blockOf(specs: readonly (LineSpec | string)[]): LineBlock {
  const lines = specs.map((spec) => (typeof spec === 'string' ? { text: spec } : spec));
  const starts = [0];
  for (const { text } of lines) starts.push(starts.at(-1)! + Buffer.byteLength(text) + 1);
  const times = BigInt64Array.from(lines, ({ time = 0n }) => time);
  const sorted = [...times].sort((a, b) => (a < b ? -1 : 1));
  return {
    instance: 'i',
    sequence: 1,
    text: Buffer.from(lines.map(({ text }) => `${text}\n`).join('')),
    starts: Uint32Array.from(starts),
    times,
    flags: Uint8Array.from(lines, ({ flags = 0 }) => flags),
    timeMin: sorted[0] ?? 0n,
    timeMax: sorted.at(-1) ?? 0n,
  };
}

export function textOf({ text, starts }: DecodedLines, line: number): string {
  return text.toString('utf8', starts[line]!, starts[line + 1]! - 1);
}
