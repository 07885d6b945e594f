import type { Clock } from '../../../base/clock.ts';
import { nanosOfMs } from '../../../base/nanotime.ts';
import type { StreamResult } from '../../query/query.ts';

/** Lines that wait at most; of more, the earliest are sent before their time. */
export const waitingLinesMax = 50_000;
/** Lines are sent together that become due within this time. */
const sendEveryMs = 100;

type Entry = StreamResult['entries'][number] & { stream: StreamResult };

/**
 * The same lines, each held back until it is so old, and those that are due together in the order of their times: so slow writers can
 * catch up. Ends with the source, whose last lines do not wait.
 */
export async function* delayed(
  source: AsyncIterable<StreamResult[]>,
  delayMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<StreamResult[]> {
  const streams = source[Symbol.asyncIterator]();
  let waiting: Entry[] = [];
  let next = streams.next();
  let tick: Promise<void> | undefined;
  try {
    for (;;) {
      if (waiting.length > 0) tick ??= clock.sleep(sendEveryMs, signal);
      const come = await Promise.race(tick ? [next, tick] : [next]);
      if (come?.done) break;
      if (come !== undefined) {
        for (const stream of come.value) for (const entry of stream.entries) waiting.push({ ...entry, stream });
        next = streams.next();
      } else tick = undefined;
      waiting.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
      const dueNs = nanosOfMs(clock.nowMs() - delayMs);
      const firstLate = waiting.findIndex(({ timeNs }) => timeNs > dueNs);
      const due = Math.max(firstLate < 0 ? waiting.length : firstLate, waiting.length - waitingLinesMax);
      if (due > 0) yield byStream(waiting.slice(0, due));
      waiting = waiting.slice(due);
    }
    if (waiting.length > 0) yield byStream(waiting);
  } finally {
    // What is being read ends when its signal aborts; what it says after that concerns nobody.
    next.catch(() => {});
    tick?.catch(() => {});
    streams.return?.().catch(() => {});
  }
}

function byStream(entries: readonly Entry[]): StreamResult[] {
  const streams = new Map<StreamResult, StreamResult>();
  for (const { stream, timeNs, line } of entries) {
    let shown = streams.get(stream);
    if (shown === undefined) streams.set(stream, (shown = { ...stream, entries: [] }));
    shown.entries.push({ timeNs, line });
  }
  return [...streams.values()];
}
