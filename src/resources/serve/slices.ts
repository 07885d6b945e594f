import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';

/** How long the event loop may be held at a time. */
const sliceMs = 2;
/** The clock costs something, too. */
const itemsPerLook = 64;

/**
 * Gives every item to `take`, and every few milliseconds lets others have their turn, having called `sliced`; ends early where
 * that says false.
 */
export async function inSlices<T>(
  items: Iterable<T>,
  take: (item: T) => void,
  sliced: () => boolean,
  clock: Clock,
): Promise<void> {
  let untilMs = clock.monotonicMs() + sliceMs;
  let count = 0;
  for (const item of items) {
    take(item);
    if (++count % itemsPerLook !== 0 || clock.monotonicMs() < untilMs) continue;
    if (!sliced()) return;
    await nextTurn();
    untilMs = clock.monotonicMs() + sliceMs;
  }
}
