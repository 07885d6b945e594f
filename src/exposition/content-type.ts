import type { ExpositionOptions } from './exposition.ts';

/**
 * The format that a Content-Type names. Undefined where it is missing or names neither: Prometheus 3 refuses such a page
 * unless the target's configuration says what to read it as.
 */
export function formatOf(contentType: string | undefined): ExpositionOptions['format'] | undefined {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'text/plain') return 'text';
  if (mediaType === 'application/openmetrics-text') return 'openmetrics';
  return undefined;
}
