export interface CrashBackoffSettings {
  initialMs: number;
  delayMsMax: number;
  /** A container that ran this long before it ended starts from the beginning again. */
  resetAfterMs: number;
}

export const crashBackoffDefaults: CrashBackoffSettings = {
  initialMs: 10_000,
  delayMsMax: 300_000,
  resetAfterMs: 600_000,
};

/** As the kubelet's `crashLoopBackOff.maxContainerRestartPeriod`: a maximum below the first delay shortens that too. */
export function crashBackoffUpTo(delayMsMax: number): CrashBackoffSettings {
  return { ...crashBackoffDefaults, initialMs: Math.min(crashBackoffDefaults.initialMs, delayMsMax), delayMsMax };
}

/** The wait between restarts of one container: none before the first restart, then doubling, as the kubelet does. */
export class CrashBackoff {
  #settings: CrashBackoffSettings;
  #delayMs = 0;
  #countedAttempt = -1;

  constructor(settings: CrashBackoffSettings) {
    this.#settings = settings;
  }

  /** How long a container whose instance `attempt` has ended must wait before its restart. */
  delayMs(attempt: number, ranMs: number): number {
    const { initialMs, delayMsMax, resetAfterMs } = this.#settings;
    if (attempt === this.#countedAttempt) return this.#delayMs;
    if (ranMs >= resetAfterMs || this.#countedAttempt < 0) this.#delayMs = this.#firstDelay(attempt);
    else this.#delayMs = this.#delayMs === 0 ? initialMs : Math.min(delayMsMax, this.#delayMs * 2);
    this.#countedAttempt = attempt;
    return this.#delayMs;
  }

  /** A kubelet that was started anew does not know what it waited before; an instance that is not the first had a crash. */
  #firstDelay(attempt: number): number {
    return attempt > 0 && this.#countedAttempt < 0 ? this.#settings.initialMs : 0;
  }
}
