import type { Nanos } from '../../../base/nanotime.ts';
import type { LabelRecord } from '../../query/query.ts';
import type { SelectedInstance } from '../source/selected-streams.ts';

/** What a stream holds within a range, as far as its first and last line tell. */
export interface StreamSize {
  labels: LabelRecord;
  bytes: number;
  entries: number;
}

/**
 * Shares of what an instance holds: lines are taken to be spread evenly from its first to its last one, and to belong to the outputs
 * that were selected in equal parts.
 */
export function sizesOf(selected: readonly SelectedInstance[], sinceNs: Nanos, untilNs: Nanos): StreamSize[] {
  return selected.flatMap(({ instance, streams }) => {
    const share = overlap(instance, sinceNs, untilNs) / streams.length;
    const [bytes, entries] = [instance.textBytes * share, instance.lineCount * share];
    return bytes > 0 ? streams.map(({ labels }) => ({ labels, bytes, entries })) : [];
  });
}

function overlap(
  { firstTime, lastTime }: { firstTime: Nanos | null; lastTime: Nanos | null },
  sinceNs: Nanos,
  untilNs: Nanos,
): number {
  if (firstTime === null || lastTime === null || lastTime < sinceNs || firstTime >= untilNs) return 0;
  const whole = Number(lastTime - firstTime) + 1;
  const from = firstTime > sinceNs ? firstTime : sinceNs;
  const to = lastTime < untilNs ? lastTime + 1n : untilNs;
  return Number(to - from) / whole;
}
