/*
 * Columns of a batch, each `u8 id, u32 bytes, content`, together one zstd frame:
 *   1 times    zigzag varints: nanoseconds since the line before (the first: since header.timeMin)
 *   2 flags    runs: flags byte, varint count
 *   3 lengths  varints; only where a line contains a newline, which a pushed line can
 * The text is the lines, each followed by a newline.
 */
export const COLUMN_TIMES = 1;
export const COLUMN_FLAGS = 2;
export const COLUMN_LENGTHS = 3;

/** A jump between neighbouring lines that the times column can still hold: 26 days. */
export const DELTA_NANOS_MAX = 2 ** 51;
export const NEWLINE = 0x0a;

/** Bits of a line's flags. */
export const LINE_STDERR = 1;
/** The line was longer than the limit and was cut there. */
export const LINE_TRUNCATED = 2;
/** The record was not in the CRI format; it is kept as it stood in the file. */
export const LINE_MALFORMED = 4;
/** The container ended within the line: a final P without its F. */
export const LINE_UNTERMINATED = 8;

/*
 * Further columns of a pushed frame (pushed-frame.ts):
 *   4 runs      JSON [{labels, lines, text, min, max}, …]: lines follow each other by stream
 *   5 metadata  JSON [labels, …]: the sets of structured metadata that occur; set 0 is the empty one and is not listed
 *   6 sets      runs: varint set, varint count
 * Its times may lie anywhere, so neighbours can be further apart than DELTA_NANOS_MAX: TIME_JUMP stands for the number, and the
 * seconds (zigzag) and nanoseconds since 1970 follow.
 */
export const COLUMN_RUNS = 4;
export const COLUMN_METADATA = 5;
export const COLUMN_SETS = 6;
/** Greater than the zigzag form of any delta up to DELTA_NANOS_MAX. */
export const TIME_JUMP = 2 ** 52 + 2;
