import type { TargetPool } from './target-pool.ts';
import type { Health, TargetScraper } from './target-scraper.ts';

/** A target as the API shows it. */
export interface TargetStatus {
  /** The job whose configuration it is of. */
  pool: string;
  url: string;
  labels: Readonly<Record<string, string>>;
  /** Before relabelling. */
  discovered: Readonly<Record<string, string>>;
  health: Health;
  /** Empty where the last scrape went well. */
  lastError: string;
  /** Undefined before the first scrape. */
  lastScrapeMs: number | undefined;
  lastDurationMs: number;
  intervalMs: number;
  timeoutMs: number;
}

export interface Targets {
  active: TargetStatus[];
  /** Dropped by relabelling; at most as many as the configuration keeps. */
  dropped: { pool: string; discovered: Readonly<Record<string, string>> }[];
  droppedCounts: Record<string, number>;
  /** Discovered, and no address that could be scraped. */
  errors: { pool: string; problem: string }[];
}

export function targetsOf(pools: Iterable<TargetPool>): Targets {
  const targets: Targets = { active: [], dropped: [], droppedCounts: {}, errors: [] };
  for (const pool of pools) {
    const { jobName } = pool.job;
    for (const scraper of pool.scrapers()) targets.active.push(statusOf(jobName, scraper));
    const { kept, count } = pool.dropped();
    targets.dropped.push(...kept.map(({ discovered }) => ({ pool: jobName, discovered })));
    targets.droppedCounts[jobName] = count;
    targets.errors.push(...pool.errors().map((problem) => ({ pool: jobName, problem })));
  }
  return targets;
}

function statusOf(pool: string, scraper: TargetScraper): TargetStatus {
  const { target, health, lastError, lastScrapeMs, lastDurationMs } = scraper;
  const { url, labels, discovered, intervalMs, timeoutMs } = target;
  return {
    pool,
    url: url.href,
    labels: Object.fromEntries(labels),
    discovered,
    health,
    lastError,
    lastScrapeMs,
    lastDurationMs,
    intervalMs,
    timeoutMs,
  };
}
