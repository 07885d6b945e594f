import type { ContainerRecord } from '../runtime/protocol.ts';
import { CrashBackoff, type CrashBackoffSettings } from './crash-backoff.ts';

/** The waits between restarts of a pod's containers, and which of them have been told of. */
export class PodBackoff {
  #settings: CrashBackoffSettings;
  #backoffs = new Map<string, CrashBackoff>();
  #announced = new Map<string, number>();

  constructor(settings: CrashBackoffSettings) {
    this.#settings = settings;
  }

  delayMs({ name, attempt, startedAtMs, finishedAtMs = 0 }: ContainerRecord): number {
    let backoff = this.#backoffs.get(name);
    if (!backoff) {
      backoff = new CrashBackoff(this.#settings);
      this.#backoffs.set(name, backoff);
    }
    return backoff.delayMs(attempt, finishedAtMs - (startedAtMs ?? finishedAtMs));
  }

  /** True once for each instance whose restart waits. */
  isNews({ name, attempt }: ContainerRecord): boolean {
    if (this.#announced.get(name) === attempt) return false;
    this.#announced.set(name, attempt);
    return true;
  }
}
