/**
 * The door of the Metrics API: metrics.k8s.io/v1beta1 over what the scraper holds, and what is served beside it
 * (/metrics, /debug/why). Answers are those of metrics-server, byte for byte where clients could notice.
 */
export { createMetricsVersion } from './metrics-version.ts';
export { metricsOpenApi } from './openapi.ts';
export { metricsPage, whyPage } from './pages.ts';
