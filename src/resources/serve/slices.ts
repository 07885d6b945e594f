import type { Clock } from '../../base/clock.ts';

/** How long the event loop may be held at a time: about as long as what was written takes to be sent. */
const sliceMs = 1;
/** The clock costs something, too. */
const itemsPerLook = 32;

/** Gives every item to `take`, and every few milliseconds waits for `pause`; ends early where that says false. */
export async function inSlices<T>(
  items: Iterable<T>,
  take: (item: T) => void,
  pause: () => Promise<boolean>,
  clock: Clock,
): Promise<void> {
  let untilMs = clock.monotonicMs() + sliceMs;
  let count = 0;
  for (const item of items) {
    take(item);
    if (++count % itemsPerLook !== 0 || clock.monotonicMs() < untilMs) continue;
    if (!(await pause())) return;
    untilMs = clock.monotonicMs() + sliceMs;
  }
}
