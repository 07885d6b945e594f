/** What hostile lines can make of a compact text, and what one that is read may claim. */
export const limits = {
  /** Text of all lines together. */
  textBytesMax: 16 * 1024 * 1024,
  linesMax: 1024 * 1024,
  /** Templates of one text; lines beyond are kept whole. */
  templatesMax: 32 * 1024,
  /** A longer line is kept whole. */
  templateLineBytesMax: 8 * 1024,
  /** A line with more variables is kept whole. */
  lineHolesMax: 128,
  /** Columns of one text; values beyond share a few. */
  columnsMax: 2048,
  sectionsMax: 4096,
  /** One section before compression. */
  sectionBytesMax: 64 * 1024 * 1024,
} as const;
