/** What mining holds at most; beyond it lines are generalised further, or counted as unmined. */
export const patternLimits = {
  /** Of a line, what is looked at. */
  lineCharsMax: 4096,
  /** Words of a line; what follows is one variable. */
  tokensMax: 200,
  /** Kinds of lines that are kept apart while mining; when there are more, they are generalised. */
  kindsMax: 20_000,
  /** Counters, over all kinds, levels and times. */
  countersMax: 500_000,
  /** So few different words at one place are kept apart; more are a variable. */
  wordsKeptMax: 8,
} as const;
