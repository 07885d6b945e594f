/** Parts of the language that Prometheus has behind flags. */
export interface Features {
  experimentalFunctions: boolean;
  durationExpressions: boolean;
  /** `anchored` and `smoothed`. */
  extendedRangeSelectors: boolean;
  /** `fill()`, `fill_left()`, `fill_right()`. */
  fillModifiers: boolean;
}

export const noFeatures: Features = {
  experimentalFunctions: false,
  durationExpressions: false,
  extendedRangeSelectors: false,
  fillModifiers: false,
};

export const allFeatures: Features = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
};
