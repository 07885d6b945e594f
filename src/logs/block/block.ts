/**
 * The door: the compact form of a block's text, which is searched without being put together again. Templates, a template id per line,
 * and columns of variables (after CLP, Rodrigues et al., OSDI 2021).
 */

import type { TextFilter } from './gram-filter.ts';

/** Lines. Line `i` is `text[starts[i], starts[i + 1] - 1)`, followed by one byte that is not part of it (a newline). */
export interface Lines {
  text: Buffer;
  /** One more than there are lines. */
  starts: Uint32Array;
}

/** Bytes that are sought. With `ignoreCase`, in any case of its ASCII letters, and given in lower case. */
export interface SoughtText {
  text: string;
  ignoreCase: boolean;
}

/** Where the bytes of a compact text are: a file, or memory. Reads are synchronous: this runs on threads. */
export interface ByteSource {
  byteLength: number;
  /** Throws what the file system throws. */
  read(from: number, to: number): Buffer;
  /** Takes back what was read, which nobody looks at any more. Missing: it stays as it is. */
  done?(bytes: Buffer): void;
}

/** Which lines hold what was sought. */
export interface Occurrences {
  /** Whether a line may hold it; known without looking at lines. False is certain. */
  readonly isPossible: boolean;
  /** How many lines hold it: where templates alone decide, no line is looked at. */
  count(): number;
  /** A byte a line, 1 where it holds it; not to be changed. Made once. */
  marks(): Uint8Array;
  /** The numbers of those lines, rising; not to be changed. Where they are few that is less work. */
  lines(): Uint32Array;
}

/**
 * What a hole of a template can hold. A number: digits with `-`, `_`, `.` inside; a word: letters too. Both begin and end with a letter or a
 * digit and have a digit. A time: digits with `:`, `.`, `,`, `-`, `T` inside, and one of those with a date may have a blank instead of the `T`.
 */
export type HoleKind = 'number' | 'word' | 'time' | 'date and time';

/** Lines of a template are its pieces with a hole between each two. */
export interface TemplateForm {
  pieces: readonly string[];
  holes: readonly HoleKind[];
}

/** Which holes decide, as places in `holes`; undefined where it cannot be said. */
export type HolesThatDecide = (form: TemplateForm) => readonly number[] | undefined;

/** The class of each line that was asked for; 0: in none. */
export interface LineClasses {
  of: Uint32Array;
  /** Classes are less than this. */
  count: number;
}

/**
 * What of lines a search has to see: runs of bytes of an alphabet, as long as they can be. A run is kept where it may hold a byte of every set of one
 * of the patterns. Sets and alphabet are 1 at their bytes; the blank is not in the alphabet.
 */
export interface ExcerptRule {
  alphabet: Uint8Array;
  patterns: readonly (readonly Uint8Array[])[];
}

/** A compact text, open. Everything throws Fault `corrupt` where the bytes are not what was written. */
export interface CompactText {
  readonly lineCount: number;
  readonly textBytes: number;
  /** Reads as little as can be. */
  seek(sought: SoughtText): Occurrences;
  /**
   * Sorts these lines, with rising numbers, into classes: lines of one class have the same template, and equal values in the holes that decide.
   */
  classes(lines: Uint32Array, decide: HolesThatDecide): LineClasses;
  /** As in `Lines`, without the text. */
  starts(): Uint32Array;
  /** These lines, in the order given, as they were written. */
  lines(indexes: Uint32Array): Lines;
  /** Of these lines, with rising numbers, what the rule keeps, and a blank between two runs. */
  excerpts(indexes: Uint32Array, rule: ExcerptRule): Lines;
  /** All of them. */
  all(): Lines;
}

/** A compact text that stays open. What was read of it is kept, to be read once. */
export interface KeptText extends CompactText {
  /** Memory of what is kept: of what every search needs, and of values. */
  readonly heldBytes: { base: number; values: number };
  /** For `mayHold`: which texts no line holds. Read once. */
  readonly filter: TextFilter;
  /** Forgets values, which can be read again. Nothing that was got out of the text may be a view of what is forgotten. */
  forgetValues(): void;
  /** Forgets all but the filter. */
  forget(): void;
}

export { mayHold, type SoughtRuns, soughtRuns, type TextFilter, tellsAnything } from './gram-filter.ts';
export { needleFinder } from './needle-finder.ts';
export { OccurrencesWithin } from './occurrences-within.ts';
export { memorySource, openCompact } from './open.ts';
