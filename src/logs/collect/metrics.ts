import type { Counter, MetricsRegistry } from '../../telemetry/telemetry.ts';

export interface CollectMetrics {
  lines: Counter;
  bytes: Counter;
  malformed: Counter;
  truncatedLines: Counter;
  excludedBytes: Counter;
  gaps: Counter;
  troubles: Counter;
}

export function collectMetrics(registry: MetricsRegistry): CollectMetrics {
  return {
    lines: registry.counter('taffrail_agent_lines_total', 'Log lines read, partial records joined.'),
    bytes: registry.counter('taffrail_agent_read_bytes_total', 'Bytes of log files read, uncompressed.'),
    malformed: registry.counter(
      'taffrail_agent_malformed_lines_total',
      'Lines that were not in the CRI format; kept as they were.',
    ),
    truncatedLines: registry.counter('taffrail_agent_truncated_lines_total', 'Lines cut at lineBytesMax.'),
    excludedBytes: registry.counter(
      'taffrail_agent_excluded_bytes_total',
      'Bytes left out because an annotation says so.',
    ),
    gaps: registry.counter('taffrail_agent_gaps_total', 'Gaps asserted, by reason.'),
    troubles: registry.counter(
      'taffrail_agent_troubles_total',
      'Files and directories that could not be used, by kind.',
    ),
  };
}
