/** The door: scrapes targets into the store of series, as a prometheus.yml or the cluster says. */
export * from './config/config.ts';
export { type DefaultScrapeOptions, defaultScrapeConfig } from './config/default-config.ts';
export { readScrapeConfig, readScrapeConfigFile } from './config/read-config.ts';
export { type Scraping, type ScrapingOptions, startScraping } from './start-scraping.ts';
export type { TargetStatus, Targets } from './target/targets.ts';
