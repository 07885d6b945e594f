import { Labels, QueryError, type QueryResult, type QueryValue } from '../query/query.ts';

/** A value as the API writes it: seconds, and the number as text. */
type Point = [seconds: number, value: string];
interface ApiSeries {
  metric: Record<string, string>;
  value?: Point;
  values?: Point[];
}

export type ApiData =
  | { resultType: 'scalar' | 'string'; result: Point }
  | { resultType: 'vector' | 'matrix'; result: ApiSeries[] };

/** Throws QueryError for native histograms, which we do not know. */
export function queryResult(data: ApiData, warnings: readonly string[], infos: readonly string[]): QueryResult {
  return { value: apiValue(data), warnings: [...warnings], infos: [...infos] };
}

function apiValue(data: ApiData): QueryValue {
  switch (data.resultType) {
    case 'scalar':
      return { type: 'scalar', timeMs: timeMs(data.result), value: numberOf(data.result[1]) };
    case 'string':
      return { type: 'string', timeMs: timeMs(data.result), value: data.result[1] };
    case 'vector':
      return {
        type: 'vector',
        samples: data.result.map(({ metric, value }) => {
          if (value === undefined) throw new QueryError('native histograms are not supported');
          return { labels: Labels.of(metric), timeMs: timeMs(value), value: numberOf(value[1]) };
        }),
      };
    case 'matrix':
      return {
        type: 'matrix',
        series: data.result.map(({ metric, values }) => {
          if (values === undefined) throw new QueryError('native histograms are not supported');
          const numbers = Float64Array.from(values, ([, value]) => numberOf(value));
          return { labels: Labels.of(metric), timesMs: Float64Array.from(values, timeMs), values: numbers };
        }),
      };
  }
}

function timeMs([seconds]: Point): number {
  return Math.round(seconds * 1000);
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}
