import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';

export interface PeriodicOptions {
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/** Does the work every so often until the signal aborts; a failure is logged and the next turn tries again. */
export async function periodically(
  periodMs: number,
  work: () => Promise<void>,
  options: PeriodicOptions,
): Promise<void> {
  const { clock, log, signal } = options;
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) log.warn('will be tried again', { error: String(error) });
    }
    await clock.sleep(periodMs, signal).catch(() => {});
  }
}
