import type { ScrapeProtocol } from '../config/config.ts';

const mediaTypes: Record<ScrapeProtocol, string> = {
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0;escaping=allow-utf-8',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8',
};
/** As many weights as Prometheus 3 knows protocols, and one more. */
const weightMax = 6;

/** The Accept header of Prometheus 3: the first protocol weighs most, and anything is better than nothing. */
export function acceptHeader(protocols: readonly ScrapeProtocol[]): string {
  const values = protocols.map((protocol, at) => `${mediaTypes[protocol]};q=0.${weightMax - at}`);
  return [...values, `*/*;q=0.${weightMax - protocols.length}`].join(',');
}
