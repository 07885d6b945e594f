/** What bounds a window. All of it follows from the resolution, so that one setting moves the whole. */
export interface WindowLimits {
  /** A run younger than this at its first point waits for a second one: its average since the start says little. */
  freshAgeMsMin: number;
  /** A run older than this at its first point waits for a second one: its average since the start is no present usage. */
  freshAgeMsMax: number;
  /** Two points further apart than this are no window. */
  windowMsMax: number;
  /** A window is served until its later point came this long ago, by our clock. */
  pointAgeMsMax: number;
  /** A timestamp further than this from our clock, either way, is not believed. */
  clockSkewMsMax: number;
  /** Of one node; what is beyond is refused. */
  containersMax: number;
}

const resolutionsOfAge = 6;

/** With the default of 15 s a window may be 90 s long and is served for 90 s. */
export function windowLimits(resolutionMs: number): WindowLimits {
  return {
    freshAgeMsMin: Math.min(10_000, resolutionMs),
    freshAgeMsMax: 2 * resolutionMs,
    windowMsMax: resolutionsOfAge * resolutionMs,
    pointAgeMsMax: resolutionsOfAge * resolutionMs,
    clockSkewMsMax: 300_000,
    containersMax: 10_000,
  };
}
