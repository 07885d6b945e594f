import { RE2JS, RE2JSException } from 're2js';
import { Fault } from '../../base/fault.ts';
import type { DecodedLines } from '../batch/batch.ts';
import type { Pace } from './pace.ts';

/** Longer patterns are refused; the automaton grows with them. */
const patternCharactersMax = 4096;
/** Lines between two looks at the clock. */
const linesPerLook = 64;

/**
 * A pattern to look for in lines, by linear-time matching over the bytes themselves. Where a literal text must occur in every
 * match, it is sought in the whole text first, and only lines that hold it are matched.
 */
export interface Needle {
  /** Calls `found` with the index of every line that matches, in order. */
  find(lines: DecodedLines, pace: Pace, found: (line: number) => void): Promise<void>;
}

/** Throws Fault `bad-request` that names what is wrong with the pattern. */
export function compileNeedle(pattern: string, ignoreCase: boolean): Needle {
  if (pattern.length > patternCharactersMax) {
    throw new Fault('bad-request', `grep: the pattern is longer than patternCharactersMax (${patternCharactersMax})`);
  }
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    if (error instanceof RE2JSException) throw new Fault('bad-request', `grep: ${error.message}`);
    throw error;
  }
  const literal = requiredLiteral(pattern, ignoreCase);
  const whole = literal !== undefined && literal === pattern && !ignoreCase;
  const matches = whole ? () => true : (line: Buffer) => expression.test(line);
  if (literal === undefined) return { find: (lines, pace, found) => findInEach(lines, matches, pace, found) };
  const bytes = Buffer.from(literal);
  return { find: (lines, pace, found) => findWithLiteral(lines, bytes, ignoreCase, matches, pace, found) };
}

async function findInEach(
  { text, starts, times }: DecodedLines,
  matches: (line: Buffer) => boolean,
  pace: Pace,
  found: (line: number) => void,
): Promise<void> {
  for (let line = 0; line < times.length; line++) {
    if (line % linesPerLook === 0 && pace.isDue) await pace.rest();
    if (matches(text.subarray(starts[line]!, starts[line + 1]! - 1))) found(line);
  }
}

async function findWithLiteral(
  { text, starts, times }: DecodedLines,
  literal: Buffer,
  ignoreCase: boolean,
  matches: (line: Buffer) => boolean,
  pace: Pace,
  found: (line: number) => void,
): Promise<void> {
  const haystack = ignoreCase ? asciiLowerCase(text) : text;
  let line = 0;
  for (let at = haystack.indexOf(literal); at >= 0; ) {
    while (line < times.length && starts[line + 1]! <= at) line++;
    if (line >= times.length) return;
    const end = starts[line + 1]! - 1;
    if (at + literal.length <= end && matches(text.subarray(starts[line]!, end))) found(line);
    if (pace.isDue) await pace.rest();
    at = haystack.indexOf(literal, at + literal.length <= end ? end : at + 1);
  }
}

function asciiLowerCase(text: Buffer): Buffer {
  const lower = Buffer.from(text);
  for (let i = 0; i < lower.length; i++) {
    const byte = lower[i]!;
    if (byte >= 0x41 && byte <= 0x5a) lower[i] = byte | 0x20;
  }
  return lower;
}

/**
 * A text that every match must contain, or undefined where the pattern is too intricate to tell: only a concatenation of
 * plain characters and simple pieces is looked at. In lower case where case is ignored; then without k and s, which also
 * match letters outside ASCII.
 */
export function requiredLiteral(pattern: string, ignoreCase: boolean): string | undefined {
  // Groups, alternatives and flags change what is required around them; a class or a quotation is easy to misread.
  if (/[|()[\]\n]|\\[QExuUpPc0-9]/.test(pattern)) return undefined;
  const pieces = pattern.match(/\\.|\{[^}]*\}|[\s\S]/gu) ?? [];
  let best = '';
  let run = '';
  const endRun = () => {
    if (run.length > best.length) best = run;
    run = '';
  };
  for (const piece of pieces) {
    if (/^(?:[*?]|\{.*)$/s.test(piece)) {
      // What this repeats may be absent; a second such character (`*?`) takes nothing more away.
      run = [...run].slice(0, -1).join('');
      endRun();
    } else if (piece === '+') endRun();
    else {
      const character = plainCharacter(piece, ignoreCase);
      if (character === undefined) endRun();
      else run += character;
    }
  }
  endRun();
  return best.length > 0 ? best : undefined;
}

function plainCharacter(piece: string, ignoreCase: boolean): string | undefined {
  const escaped = /^\\([^A-Za-z0-9])$/.exec(piece)?.[1];
  const character = escaped ?? (/^[^\\.^$+}]$/u.test(piece) ? piece : undefined);
  if (character === undefined || !ignoreCase) return character;
  return /^[\x20-\x7e]$/.test(character) && !/[ks]/i.test(character) ? character.toLowerCase() : undefined;
}
