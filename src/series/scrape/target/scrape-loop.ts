import { createHash } from 'node:crypto';
import type { Surroundings } from './surroundings.ts';
import type { TargetScraper } from './target-scraper.ts';

/** A scrape that begins this little too late is given the time it should have had: evenly spaced times need less room. */
const timestampToleranceMsMax = 20;
/** After its target went, a loop waits this many intervals for it to come back before it ends its series. */
const intervalsToEnd = 2.1;

/** Where in its interval a target is scraped: spread by a hash, the same in every run with the same seed. */
export function offsetMs(key: string, seed: string, intervalMs: number): number {
  const hash = createHash('sha256').update(seed).update('\0').update(key).digest().readUInt32BE(0);
  return Math.floor((hash / 2 ** 32) * intervalMs);
}

/** Scrapes at the target's interval until `stopped` or `closed` aborts; after `stopped` it ends the target's series, unless `isBack`. */
export async function runScrapeLoop(
  scraper: TargetScraper,
  around: Surroundings,
  seed: string,
  signals: { stopped: AbortSignal; closed: AbortSignal },
  hooks: { forcedError: () => string | undefined; isBack: () => boolean },
): Promise<void> {
  const { clock } = around;
  const { intervalMs, key } = scraper.target;
  const signal = AbortSignal.any([signals.stopped, signals.closed]);
  const pace = new Pace(around, intervalMs, offsetMs(key, seed, intervalMs));
  for (;;) {
    try {
      await clock.sleep(pace.waitMs(), signal);
    } catch {
      break;
    }
    await scraper.scrape(pace.timeMs(), signal, hooks.forcedError());
    if (signal.aborted) break;
    around.metrics.skipped(pace.advance());
  }
  if (signals.closed.aborted) return;
  const endMs = clock.nowMs() + intervalMs;
  try {
    await clock.sleep(intervalMs * intervalsToEnd, signals.closed);
  } catch {
    return;
  }
  if (!hooks.isBack()) await scraper.end(endMs);
}

/** Invariant: `#nextMs` on the monotonic clock is when the next scrape is due, and `#nextWallMs` the time that it is given. */
class Pace {
  readonly #around: Surroundings;
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  #nextMs: number;
  #nextWallMs: number;

  constructor(around: Surroundings, intervalMs: number, offset: number) {
    this.#around = around;
    this.#intervalMs = intervalMs;
    this.#toleranceMs = Math.min(timestampToleranceMsMax, intervalMs / 100);
    const nowMs = around.clock.nowMs();
    const waitMs = (((offset - nowMs) % intervalMs) + intervalMs) % intervalMs;
    this.#nextMs = around.clock.monotonicMs() + waitMs;
    this.#nextWallMs = Math.round(nowMs + waitMs);
  }

  waitMs(): number {
    return Math.max(0, this.#nextMs - this.#around.clock.monotonicMs());
  }

  /** Wall time now, or the time that was due when that is almost now; after a jump of the clock it begins anew from there. */
  timeMs(): number {
    const nowMs = Math.round(this.#around.clock.nowMs());
    if (Math.abs(nowMs - this.#nextWallMs) > this.#toleranceMs) this.#nextWallMs = nowMs;
    return this.#nextWallMs;
  }

  /** To the next scrape; how many could not be made in time. */
  advance(): number {
    const late = Math.max(0, Math.floor((this.#around.clock.monotonicMs() - this.#nextMs) / this.#intervalMs) - 1);
    this.#nextMs += this.#intervalMs * (late + 1);
    this.#nextWallMs += this.#intervalMs * (late + 1);
    return late;
  }
}
