import { InvalidArgumentError, type Option } from 'commander';
import { type Features, featureNames, noFeatures } from '../series/query/query.ts';
import { defaultQuerySettings, type QuerySettings } from '../series/serve/serve.ts';
import { setting } from './settings.ts';
import { durationMs, wholeNumber } from './values.ts';

const { lookbackMs, queuedMax, runningMax, samplesMax, timeoutMs } = defaultQuerySettings;

export interface QueryFlags {
  queryTimeout: number;
  queryMaxSamples: number;
  queryMaxConcurrency: number;
  queryQueueMax: number;
  queryLookbackDelta: number;
  enableFeature: Features;
}

/** How PromQL is answered from our own store of series: the names are those of Prometheus, as far as it has them. */
export function queryOptions(): Option[] {
  return [
    setting('--query-timeout <duration>', 'how long a PromQL query may take', {
      parse: atLeast(1, durationMs),
      default: timeoutMs,
      shown: `${timeoutMs / 60_000}m`,
    }),
    setting('--query-max-samples <n>', 'samples that a PromQL query may read, and may hold at a time', {
      parse: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      default: samplesMax,
    }),
    setting('--query-max-concurrency <n>', 'PromQL queries that are answered at a time; others wait', {
      parse: wholeNumber(1, 1000),
      default: runningMax,
      shown: 'as many as there are cores, from 2 to 4',
    }),
    setting('--query-queue-max <n>', 'PromQL queries that may wait; further ones are refused', {
      parse: wholeNumber(0, 1_000_000),
      default: queuedMax,
    }),
    setting('--query-lookback-delta <duration>', 'how long a sample counts where no newer one has come', {
      parse: atLeast(1, durationMs),
      default: lookbackMs,
      shown: `${lookbackMs / 60_000}m`,
    }),
    setting('--enable-feature <names>', `experimental parts of PromQL: ${Object.keys(featureNames).join(', ')}`, {
      parse: features,
      default: noFeatures,
      shown: 'none',
    }),
  ];
}

export function querySettings(flags: QueryFlags): QuerySettings {
  return {
    ...defaultQuerySettings,
    timeoutMs: flags.queryTimeout,
    samplesMax: flags.queryMaxSamples,
    runningMax: flags.queryMaxConcurrency,
    queuedMax: flags.queryQueueMax,
    lookbackMs: flags.queryLookbackDelta,
    features: flags.enableFeature,
  };
}

/** Names separated by commas; the flag may be repeated. */
function features(text: string, before: Features): Features {
  const chosen = { ...before };
  for (const name of text.split(',').map((part) => part.trim())) {
    const feature = featureNames[name];
    if (!feature) throw new InvalidArgumentError(`knows ${Object.keys(featureNames).join(', ')}.`);
    chosen[feature] = true;
  }
  return chosen;
}

function atLeast(least: number, parse: (text: string) => number): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value < least) throw new InvalidArgumentError('wants more than nothing.');
    return value;
  };
}
