/** Parts of the language, and of what queries mean, that Prometheus has behind flags. */
export interface Features {
  experimentalFunctions: boolean;
  durationExpressions: boolean;
  /** `anchored` and `smoothed`. */
  extendedRangeSelectors: boolean;
  /** `fill()`, `fill_left()`, `fill_right()`. */
  fillModifiers: boolean;
  /** Metric names are kept until the end of a query, so that they can still be used. */
  delayedNameRemoval: boolean;
  /** rate() and its like know from start timestamps that a counter began anew. */
  startTimestamps: boolean;
}

export const noFeatures: Features = {
  experimentalFunctions: false,
  durationExpressions: false,
  extendedRangeSelectors: false,
  fillModifiers: false,
  delayedNameRemoval: false,
  startTimestamps: false,
};

export const allFeatures: Features = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
  delayedNameRemoval: true,
  startTimestamps: true,
};

/** By the names that Prometheus gives them in --enable-feature. */
export const featureNames: Readonly<Record<string, keyof Features>> = {
  'promql-experimental-functions': 'experimentalFunctions',
  'promql-duration-expr': 'durationExpressions',
  'promql-extended-range-selectors': 'extendedRangeSelectors',
  'promql-binop-fill-modifiers': 'fillModifiers',
  'promql-delayed-name-removal': 'delayedNameRemoval',
  'use-start-timestamps': 'startTimestamps',
};
