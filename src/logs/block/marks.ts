const WORD_BYTES = 4;

/** How many of the marks, each 0 or 1, are 1: four at a time, as far as they lie at a multiple of four. */
export function sumOfMarks(marks: Uint8Array): number {
  const { buffer, byteOffset, length } = marks;
  let at = -byteOffset & 3;
  if (length < at + WORD_BYTES) return marks.reduce((sum, mark) => sum + mark, 0);
  const words = new Uint32Array(buffer, byteOffset + at, Math.floor((length - at) / WORD_BYTES));
  let sum = 0;
  for (let i = 0; i < at; i++) sum += marks[i]!;
  for (let i = 0; i < words.length; i++) sum += Math.imul(words[i]!, 0x01010101) >>> 24;
  at += WORD_BYTES * words.length;
  for (; at < length; at++) sum += marks[at]!;
  return sum;
}

/** Which marks are 1; that are `count`. */
export function linesOfMarks(marks: Uint8Array, count: number): Uint32Array {
  const lines = new Uint32Array(count);
  for (let line = 0, at = 0; at < count; line++) if (marks[line] === 1) lines[at++] = line;
  return lines;
}
