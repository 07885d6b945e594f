import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A full collection takes some milliseconds, a minor one less than one. */
const CALLS_PER_FULL_COLLECTION = 6;

/**
 * For a process whose memory counts and whose young objects are mostly handles of large buffers that die at once: a small
 * nursery, and a function that empties it. Measured at full load: 98 MB resident instead of 135. It concerns the whole process.
 */
export function keepMemoryLow(): () => void {
  setFlagsFromString('--max-semi-space-size=1');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;
  setFlagsFromString('--no-expose-gc');
  let calls = 0;
  // What waits for the server lives long enough to leave the nursery, and only a full collection finds it dead.
  return () => collect({ type: ++calls % CALLS_PER_FULL_COLLECTION === 0 ? 'major' : 'minor' });
}
