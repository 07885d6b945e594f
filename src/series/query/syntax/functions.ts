import type { ValueType } from './ast.ts';

/** What a function takes and gives. */
export interface FunctionSignature {
  args: readonly ValueType[];
  /** How many of the last argument may be left out or added: 0 none, -1 any number. */
  variadic: number;
  returns: 'scalar' | 'vector';
  /** Only with the feature `experimentalFunctions`. */
  experimental: boolean;
}

const V = 'vector';
const M = 'matrix';
const S = 'scalar';
const T = 'string';

function signature(
  args: ValueType[],
  { variadic = 0, returns = V as FunctionSignature['returns'], experimental = false } = {},
): FunctionSignature {
  return { args, variadic, returns, experimental };
}

function named(names: string, value: FunctionSignature): [string, FunctionSignature][] {
  return names.split(' ').map((name) => [name, value]);
}

/** Every function of the language. */
export const functions: ReadonlyMap<string, FunctionSignature> = new Map([
  ...named(
    'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_sum ' +
      'histogram_stddev histogram_stdvar ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp',
    signature([V]),
  ),
  ...named(
    'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time ' +
      'max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time',
    signature([M]),
  ),
  ...named(
    'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time',
    signature([M], { experimental: true }),
  ),
  ...named(
    'days_in_month day_of_month day_of_week day_of_year hour minute month year',
    signature([V], { variadic: 1 }),
  ),
  ...named('start end step range', signature([], { returns: S, experimental: true })),
  ...named('max_of min_of', signature([S, S], { returns: S, experimental: true })),
  ...named('pi time', signature([], { returns: S })),
  ...named('clamp', signature([V, S, S])),
  ...named('clamp_max clamp_min', signature([V, S])),
  ...named('double_exponential_smoothing', signature([M, S, S], { experimental: true })),
  ...named('histogram_fraction', signature([S, S, V])),
  ...named('histogram_quantile', signature([S, V])),
  ...named('histogram_quantiles', signature([V, T, S, S], { variadic: 9, experimental: true })),
  ...named('info', signature([V, V], { variadic: 1, experimental: true })),
  ...named('integral', signature([M, S], { variadic: 1, experimental: true })),
  ...named('label_join', signature([V, T, T, T], { variadic: -1 })),
  ...named('label_replace', signature([V, T, T, T, T])),
  ...named('predict_linear', signature([M, S])),
  ...named('quantile_over_time', signature([S, M])),
  ...named('round', signature([V, S], { variadic: 1 })),
  ...named('scalar', signature([V], { returns: S })),
  ...named('sort_by_label sort_by_label_desc', signature([V, T], { variadic: -1, experimental: true })),
  ...named('start_timestamp', signature([V], { experimental: true })),
  ...named('vector', signature([S])),
]);
