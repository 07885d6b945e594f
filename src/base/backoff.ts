export interface BackoffOptions {
  initialMs: number;
  delayMsMax: number;
}

/**
 * Exponential backoff with equal jitter: attempt 0 waits between half of `initialMs` and all of it, each later attempt twice as long, up to `delayMsMax`.
 * `random` gives a number in [0, 1).
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: () => number = Math.random): number {
  const ceiling = Math.min(options.delayMsMax, options.initialMs * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + (ceiling / 2) * random();
}
