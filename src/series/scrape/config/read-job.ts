import type { JobConfig, ScrapeProtocol } from './config.ts';
import { scrapeProtocols } from './config.ts';
import { readDiscovery } from './read-discovery.ts';
import { type ResolvePath, readHttpClient } from './read-http-client.ts';
import { readRelabel } from './read-relabel.ts';
import type { Section } from './section.ts';

/** What jobs take from `global` where they say nothing themselves. */
export type JobDefaults = Pick<
  JobConfig,
  | 'intervalMs'
  | 'timeoutMs'
  | 'protocols'
  | 'bodyBytesMax'
  | 'samplesMax'
  | 'targetsMax'
  | 'labelsMax'
  | 'labelNameLengthMax'
  | 'labelValueLengthMax'
  | 'droppedTargetsKeptMax'
>;

const protocolsDefault: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];

export function readGlobal(section: Section): JobDefaults {
  const intervalMs = section.durationMs('scrape_interval', 60_000) || 60_000;
  const timeoutMs = section.durationMs('scrape_timeout', Math.min(10_000, intervalMs));
  if (timeoutMs > intervalMs) throw section.wrong('scrape_timeout', 'is greater than scrape_interval');
  const defaults = {
    intervalMs,
    timeoutMs,
    protocols: readProtocols(section, protocolsDefault),
    ...readLimits(section, undefined),
  };
  section.unsupported('external_labels', 'series go to /federate and to other servers with their own labels alone');
  section.unsupported('rule_query_offset', 'rules are not evaluated');
  section.unsupported('evaluation_interval', 'rules are not evaluated');
  section.unsupported('query_log_file', 'queries are not logged to a file');
  readUnsupported(section);
  section.done();
  return defaults;
}

export function readJob(section: Section, defaults: JobDefaults, resolve: ResolvePath): JobConfig {
  const jobName = section.text('job_name');
  if (jobName === '') throw section.wrong('job_name', 'is needed');
  const intervalMs = section.durationMs('scrape_interval', 0) || defaults.intervalMs;
  const timeoutMs = section.durationMs('scrape_timeout', 0) || Math.min(defaults.timeoutMs, intervalMs);
  if (timeoutMs > intervalMs) throw section.wrong('scrape_timeout', 'is greater than scrape_interval');
  const job: JobConfig = {
    jobName,
    honorLabels: section.flag('honor_labels', false),
    honorTimestamps: section.flag('honor_timestamps', true),
    trackTimestampsStaleness: section.flag('track_timestamps_staleness', false),
    params: readParams(section.section('params')),
    intervalMs,
    timeoutMs,
    protocols: readProtocols(section, defaults.protocols),
    fallbackProtocol: section.has('fallback_scrape_protocol')
      ? section.oneOf('fallback_scrape_protocol', scrapeProtocols, 'PrometheusText0.0.4')
      : undefined,
    metricsPath: section.text('metrics_path', '/metrics'),
    scheme: section.oneOf('scheme', ['http', 'https'], 'http'),
    compression: section.flag('enable_compression', true),
    ...readLimits(section, defaults),
    http: readHttpClient(section, resolve),
    relabel: readRelabel(section, 'relabel_configs'),
    metricRelabel: readRelabel(section, 'metric_relabel_configs'),
    discovery: readDiscovery(section, resolve),
  };
  section.unsupported('native_histogram_bucket_limit', 'native histograms are not read', [0]);
  section.unsupported('native_histogram_min_bucket_factor', 'native histograms are not read', [0]);
  readUnsupported(section);
  section.done();
  return job;
}

function readLimits(section: Section, defaults: JobDefaults | undefined) {
  return {
    bodyBytesMax: section.bytes('body_size_limit', defaults?.bodyBytesMax),
    samplesMax: section.count('sample_limit', defaults?.samplesMax),
    targetsMax: section.count('target_limit', defaults?.targetsMax),
    labelsMax: section.count('label_limit', defaults?.labelsMax),
    labelNameLengthMax: section.count('label_name_length_limit', defaults?.labelNameLengthMax),
    labelValueLengthMax: section.count('label_value_length_limit', defaults?.labelValueLengthMax),
    droppedTargetsKeptMax: section.count('keep_dropped_targets', defaults?.droppedTargetsKeptMax),
  };
}

/** Keys that `global` and jobs share. */
function readUnsupported(section: Section): void {
  section.unsupported('scrape_failure_log_file', 'failed scrapes are in the list of targets');
  section.unsupported('scrape_native_histograms', 'native histograms are not read', [false]);
  section.unsupported('convert_classic_histograms_to_nhcb', 'native histograms are not read', [false]);
  section.unsupported('always_scrape_classic_histograms', 'classic histograms are always read', [true, false]);
  section.unsupported('extra_scrape_metrics', 'there are no further metrics of scrapes', [false]);
  section.unsupported('metric_name_validation_scheme', 'names are any text in UTF-8', ['utf8']);
  section.unsupported('metric_name_escaping_scheme', 'names are asked for as they are', ['allow-utf-8']);
}

function readProtocols(section: Section, fallback: readonly ScrapeProtocol[]): readonly ScrapeProtocol[] {
  if (!section.has('scrape_protocols')) return fallback;
  const names = section.texts('scrape_protocols');
  const readable = names.filter((name): name is ScrapeProtocol => scrapeProtocols.some((known) => known === name));
  const unknown = names.find((name) => !readable.some((known) => known === name) && name !== 'PrometheusProto');
  if (unknown !== undefined)
    throw section.wrong(
      'scrape_protocols',
      `has ${JSON.stringify(unknown)}; allowed are ${scrapeProtocols.join(', ')}`,
    );
  if (readable.length < names.length)
    section.unsupported('scrape_protocols', 'PrometheusProto is not read, the others are');
  return readable.length > 0 ? readable : fallback;
}

function readParams(section: Section): Record<string, string[]> {
  return Object.fromEntries(section.keys().map((name) => [name, section.texts(name)]));
}
