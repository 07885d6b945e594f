import type { Nanos } from '../../../base/nanotime.ts';
import type { LabelRecord } from '../../query/query.ts';
import type { SelectedStreams } from '../source/selected-streams.ts';

/** What a stream holds within a range, as far as its first and last line tell. */
export interface StreamSize {
  labels: LabelRecord;
  bytes: number;
  entries: number;
}

/**
 * Shares of what streams hold: lines are taken to be spread evenly from the first to the last one, and those of an instance to belong
 * to the outputs that were selected in equal parts.
 */
export function sizesOf({ instances, pushed }: SelectedStreams, sinceNs: Nanos, untilNs: Nanos): StreamSize[] {
  const parts = [
    ...instances.map(({ instance, streams }) => ({ ...sizeOf(instance), all: streams.map(({ labels }) => labels) })),
    ...pushed.map((stream) => ({ ...sizeOf(stream), all: [stream.labels] })),
  ];
  return parts.flatMap(({ all, textBytes, lineCount, ...times }) => {
    const share = overlap(times, sinceNs, untilNs) / all.length;
    return share > 0 ? all.map((labels) => ({ labels, bytes: textBytes * share, entries: lineCount * share })) : [];
  });
}

interface Size {
  firstTime: Nanos | null;
  lastTime: Nanos | null;
  lineCount: number;
  textBytes: number;
}

function sizeOf({ firstTime, lastTime, lineCount, textBytes }: Size): Size {
  return { firstTime, lastTime, lineCount, textBytes };
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
