import type { Option } from 'commander';
import { defaultLokiSettings } from '../logs/serve/serve.ts';
import type { LogQuerySettings } from '../processes/server.ts';
import { setting } from './settings.ts';
import { durationMs, wholeNumber } from './values.ts';

export interface LogqlSettingFlags {
  logQueryTimeout: number;
  logQueryMaxEntries: number;
  logQueryMaxSeries: number;
  logQueryMaxLength: number;
  logQueryMaxRange: number;
  logQueryMaxConcurrency: number;
  logQueryQueueMax: number;
  logVolumeMaxSeries: number;
  logMaxTails: number;
  logPatternsMaxLines: number;
  logDeleteCancelPeriod: number;
}

const hourMs = 3_600_000;
const defaults = defaultLokiSettings;
const whole = wholeNumber(1, 1_000_000_000);

/** Limits of LogQL and of Loki's API; the help names them as Loki does. */
export function logqlOptions(): Option[] {
  return [
    setting('--log-query-timeout <duration>', 'how long a LogQL query may take (query_timeout)', {
      ...{ parse: durationMs, default: defaults.timeoutMs, shown: `${defaults.timeoutMs / 60_000}m` },
    }),
    setting('--log-query-max-entries <n>', 'lines of one answer (max_entries_limit_per_query)', {
      ...{ parse: wholeNumber(1, 1_000_000), default: defaults.entriesMax },
    }),
    setting('--log-query-max-series <n>', 'series of one answer (max_query_series)', {
      ...{ parse: wholeNumber(1, 100_000), default: defaults.seriesMax },
    }),
    setting('--log-query-max-length <duration>', 'time that a range query may span; 0 is any (max_query_length)', {
      ...{ parse: durationMs, default: defaults.queryLengthMsMax, shown: `${defaults.queryLengthMsMax / hourMs}h` },
    }),
    setting('--log-query-max-range <duration>', 'longest [range] in a LogQL query; 0 is any (max_query_range)', {
      ...{ parse: durationMs, default: defaults.intervalMsMax, shown: '0' },
    }),
    setting('--log-query-max-concurrency <n>', 'LogQL queries that are answered at a time; others wait', {
      ...{ parse: wholeNumber(1, 1000), default: defaults.runningMax },
    }),
    setting('--log-query-queue-max <n>', 'LogQL queries that may wait; further ones are refused', {
      ...{ parse: wholeNumber(0, 1_000_000), default: defaults.queuedMax },
    }),
    setting('--log-volume-max-series <n>', 'series of an answer of volumes (volume_max_series)', {
      ...{ parse: whole, default: defaults.volumeSeriesMax },
    }),
    setting('--log-max-tails <n>', 'tails of one tenant at a time (max_concurrent_tail_requests)', {
      ...{ parse: wholeNumber(0, 10_000), default: defaults.tailsMax },
    }),
    setting('--log-patterns-max-lines <n>', 'lines that are looked at for patterns; of more, every second, third, …', {
      ...{ parse: whole, default: defaults.minedLinesMax },
    }),
    setting(
      '--log-delete-cancel-period <duration>',
      'how long a delete request can be cancelled (delete_request_cancel_period)',
      {
        ...{ parse: durationMs, default: 24 * hourMs, shown: '24h' },
      },
    ),
  ];
}

export function logqlSettings(flags: LogqlSettingFlags): LogQuerySettings {
  return {
    deleteCancelPeriodMs: flags.logDeleteCancelPeriod,
    api: {
      timeoutMs: flags.logQueryTimeout,
      entriesMax: flags.logQueryMaxEntries,
      seriesMax: flags.logQueryMaxSeries,
      queryLengthMsMax: flags.logQueryMaxLength,
      intervalMsMax: flags.logQueryMaxRange,
      runningMax: flags.logQueryMaxConcurrency,
      queuedMax: flags.logQueryQueueMax,
      volumeSeriesMax: flags.logVolumeMaxSeries,
      tailsMax: flags.logMaxTails,
      minedLinesMax: flags.logPatternsMaxLines,
    },
  };
}
