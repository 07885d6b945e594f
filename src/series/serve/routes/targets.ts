/** What is scraped, as the API shows it. Whoever scrapes gives this. */
export interface Targets {
  /** In any order. */
  active(): readonly ActiveTarget[];
  dropped(): readonly DroppedTarget[];
  pools(): readonly string[];
}

export interface ActiveTarget {
  pool: string;
  url: string;
  /** Before relabelling. */
  discoveredLabels: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  health: 'up' | 'down' | 'unknown';
  /** Empty where the last scrape went well. */
  lastError: string;
  /** Null: not yet. */
  lastScrapeMs: number | null;
  lastScrapeDurationMs: number;
  intervalMs: number;
  timeoutMs: number;
}

export interface DroppedTarget {
  pool: string;
  discoveredLabels: Readonly<Record<string, string>>;
}

/** Where nothing is scraped. */
export const noTargets: Targets = { active: () => [], dropped: () => [], pools: () => [] };
