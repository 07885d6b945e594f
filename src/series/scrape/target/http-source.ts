import { type ExpositionOptions, formatOf } from '../../../exposition/exposition.ts';
import type { JobConfig } from '../config/config.ts';
import type { PageFetcher } from '../fetch/fetch-page.ts';
import type { Target } from './target.ts';
import type { PageSource } from './target-scraper.ts';

export function httpSource(target: Target, fetcher: PageFetcher, job: JobConfig): PageSource {
  return {
    async page(signal) {
      const { body, contentType } = await fetcher.fetch(target.url, target.timeoutMs, signal);
      return { body, format: pageFormat(contentType, job) };
    },
  };
}

/** A page whose Content-Type says nothing is read only as what the configuration names: a guess may read something else. */
function pageFormat(contentType: string | undefined, job: JobConfig): ExpositionOptions['format'] {
  const format = formatOf(contentType);
  if (format) return format;
  if (job.fallbackProtocol) return job.fallbackProtocol.startsWith('OpenMetrics') ? 'openmetrics' : 'text';
  const named = contentType === undefined ? 'no Content-Type' : `the Content-Type ${JSON.stringify(contentType)}`;
  throw new Error(
    `the answer has ${named}, which is neither text/plain nor OpenMetrics; fallback_scrape_protocol can name one`,
  );
}
