/** The door: scrapes targets into the store of series, as a prometheus.yml or the cluster says. */
export * from './config/config.ts';
export { defaultScrapeConfig } from './config/default-config.ts';
export { readScrapeConfig, readScrapeConfigFile } from './config/read-config.ts';
export { type Scraping, startScraping } from './start-scraping.ts';
