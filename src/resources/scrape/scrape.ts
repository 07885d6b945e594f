/** The door: asks every kubelet for its resource metrics and keeps a window of them. */
import type { Clock } from '../../base/clock.ts';
import type { KubernetesClient } from '../../kubernetes/client/client.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { ResourceScraper } from '../resources.ts';
import { Scraper } from './scraper.ts';
import type { ScrapeSettings } from './settings.ts';

export { type ScrapeSettings, scrapeSettings } from './settings.ts';

export interface ResourceScraperParts {
  /** Lists and watches nodes and pods; the kubelets are asked with its credentials unless the settings name others. Not closed by us. */
  client: KubernetesClient;
  settings: ScrapeSettings;
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  random: () => number;
  /** Called when much has become garbage: after the first lists and the first rounds. */
  relieve?: () => void;
}

/** Returns at once; `ready()` says when there is something to serve. Throws Fault `bad-request` for a wrong node selector. */
export function startResourceScraper(parts: ResourceScraperParts): ResourceScraper {
  const scraper = new Scraper(parts);
  scraper.start();
  return scraper;
}
