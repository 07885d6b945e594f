import type { Nanos } from '../../base/nanotime.ts';
import { LINE_STDERR } from '../batch/batch.ts';
import type { LineBlock } from '../store/store.ts';
import type { Needle } from './needle.ts';
import { Pace } from './pace.ts';

/** What a line is to a request. */
export const OUTSIDE = 0;
/** Within the times and of the stream asked for, but not sought: it may be shown around one that is. */
export const NEARBY = 1;
export const SOUGHT = 2;

export interface FilterSettings {
  since: Nanos | undefined;
  until: Nanos | undefined;
  stream: 'stdout' | 'stderr' | undefined;
  needle: Needle | undefined;
  invert: boolean;
}

/** Says of every line of a block what it is: OUTSIDE, NEARBY or SOUGHT. */
export async function judge(block: LineBlock, settings: FilterSettings): Promise<Uint8Array> {
  const { needle, invert } = settings;
  const verdicts = new Uint8Array(block.times.length).fill(needle && !invert ? NEARBY : SOUGHT);
  if (needle) await needle.find(block, new Pace(), (line) => void (verdicts[line] = invert ? NEARBY : SOUGHT));
  excludeTimes(block, settings, verdicts);
  excludeStream(block, settings.stream, verdicts);
  return verdicts;
}

function excludeTimes({ times, timeMin, timeMax }: LineBlock, { since, until }: FilterSettings, verdicts: Uint8Array) {
  if (since !== undefined && timeMin < since) {
    for (let i = 0; i < times.length; i++) if (times[i]! < since) verdicts[i] = OUTSIDE;
  }
  if (until !== undefined && timeMax >= until) {
    for (let i = 0; i < times.length; i++) if (times[i]! >= until) verdicts[i] = OUTSIDE;
  }
}

function excludeStream({ flags }: LineBlock, stream: FilterSettings['stream'], verdicts: Uint8Array): void {
  if (stream === undefined) return;
  const wanted = stream === 'stderr' ? LINE_STDERR : 0;
  for (let i = 0; i < flags.length; i++) if ((flags[i]! & LINE_STDERR) !== wanted) verdicts[i] = OUTSIDE;
}
