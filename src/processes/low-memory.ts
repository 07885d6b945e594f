import { setFlagsFromString } from 'node:v8';

/** For a process whose memory counts and whose large buffers are released by hand: a nursery that stays small. It concerns the whole process. */
export function keepMemoryLow(): void {
  setFlagsFromString('--max-semi-space-size=1');
  setFlagsFromString('--semi-space-growth-factor=1');
}
