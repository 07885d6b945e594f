import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { SeriesStore } from '../../store/store.ts';
import type { ScrapeMetrics } from './scrape-metrics.ts';

/** What every scrape needs. */
export interface Surroundings {
  store: SeriesStore;
  tenant: string;
  log: Logger;
  metrics: ScrapeMetrics;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
}
