import type { Nanos } from '../../../base/nanotime.ts';
import type { LabelRecord } from '../../query/query.ts';
import type { SelectedStreams } from '../source/selected-streams.ts';

/** What a stream holds within a range, as far as its first and last line tell. */
export interface StreamSize {
  /** Of a pushed stream as it was pushed, without a mark: there may be a hundred thousand. */
  labels: LabelRecord;
  isPushed: boolean;
  bytes: number;
  entries: number;
}

/**
 * Shares of what streams hold: lines are taken to be spread evenly from the first to the last one, and those of an instance to belong
 * to the outputs that were selected in equal parts.
 */
export function* sizesOf(
  { instances, pushed }: SelectedStreams,
  sinceNs: Nanos,
  untilNs: Nanos,
): Generator<StreamSize> {
  for (const { instance, streams } of instances) {
    const share = overlap(instance, sinceNs, untilNs) / streams.length;
    if (share === 0) continue;
    const { textBytes, lineCount } = instance;
    for (const { labels } of streams)
      yield { labels, isPushed: false, bytes: textBytes * share, entries: lineCount * share };
  }
  for (const stream of pushed) {
    const share = overlap(stream, sinceNs, untilNs);
    const { labels, textBytes, lineCount } = stream;
    if (share > 0) yield { labels, isPushed: true, bytes: textBytes * share, entries: lineCount * share };
  }
}

function overlap(
  { firstTime, lastTime }: { firstTime: Nanos | null; lastTime: Nanos | null },
  sinceNs: Nanos,
  untilNs: Nanos,
): number {
  if (firstTime === null || lastTime === null || lastTime < sinceNs || firstTime >= untilNs) return 0;
  if (firstTime >= sinceNs && lastTime < untilNs) return 1;
  const whole = Number(lastTime - firstTime) + 1;
  const from = firstTime > sinceNs ? firstTime : sinceNs;
  const to = lastTime < untilNs ? lastTime + 1n : untilNs;
  return Number(to - from) / whole;
}
