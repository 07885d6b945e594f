import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import type { SeriesWriter } from '../../store/store.ts';
import type { ScrapeMetrics } from './scrape-metrics.ts';

/** What every scrape needs. */
export interface Surroundings {
  store: SeriesWriter;
  tenant: string;
  log: Logger;
  metrics: ScrapeMetrics;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
}
