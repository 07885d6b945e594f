import type { Condition } from './alignments.ts';
import type { ColumnSearch } from './column-search.ts';
import type { ColumnValues } from './column-values.ts';
import type { Fulfilled } from './number-search.ts';
import type { Templates } from './templates.ts';

/** What is known of the lines of a template. Tested: those of which an alternative holds. Unclear: they have to be looked at. */
export const templateStates = { never: 0, always: 1, tested: 2, unclear: 3 } as const;

export interface TemplateMarks {
  /** Whether any template has another state than never. */
  isPossible: boolean;
  /** Of each template. */
  states: Uint8Array;
  /** Of those that are tested; undefined where no template is tested or unclear. */
  alternatives: (Condition[][] | undefined)[] | undefined;
}

/** One condition, ready to be asked: of the `tracked`-th of the line's columns that are followed. */
interface Test {
  tracked: number;
  fulfilled: Fulfilled;
  /** Which value each occurrence has. */
  ids: Uint32Array | undefined;
}

interface TemplateTests {
  /** Columns whose occurrences are counted, in the order of the holes. */
  columns: Int32Array;
  alternatives: Test[][];
}

/** Columns of this template are followed. */
const FOLLOWED = 4;

/** Sets the marks of lines. Columns that no condition asks about are not followed. Lines of templates that are unclear are returned. */
export function markLines(
  numbers: Uint16Array,
  templates: Templates,
  { states, alternatives }: { states: Uint8Array; alternatives: (Condition[][] | undefined)[] },
  search: ColumnSearch,
  values: ColumnValues,
  marks: Uint8Array,
): number[] {
  const tests = testsOf(templates, alternatives, search, values);
  const codes = states.slice();
  for (let t = 0; t < codes.length; t++) if (tests[t] !== undefined) codes[t]! |= FOLLOWED;
  const next = new Uint32Array(values.entries.length);
  const occurrences = new Uint32Array(256);
  const unclear: number[] = [];
  for (let line = 0; line < numbers.length; line++) {
    const template = numbers[line]!;
    const code = codes[template]!;
    if (code <= templateStates.always) {
      marks[line] = code;
      continue;
    }
    const test = tests[template];
    if (test !== undefined) {
      const { columns } = test;
      for (let i = 0; i < columns.length; i++) occurrences[i] = next[columns[i]!]!++;
    }
    const state = code & ~FOLLOWED;
    if (state === templateStates.unclear) unclear.push(line);
    else if (state === templateStates.tested) marks[line] = anyHolds(test!.alternatives, occurrences) ? 1 : 0;
    else marks[line] = state;
  }
  return unclear;
}

function anyHolds(alternatives: readonly Test[][], occurrences: Uint32Array): boolean {
  for (let at = 0; at < alternatives.length; at++) {
    const tests = alternatives[at]!;
    let holds = true;
    for (let i = 0; i < tests.length && holds; i++) {
      const { tracked, fulfilled, ids } = tests[i]!;
      const occurrence = occurrences[tracked]!;
      holds = fulfilled[ids === undefined ? occurrence : ids[occurrence]!] === 1;
    }
    if (holds) return true;
  }
  return false;
}

function testsOf(
  templates: Templates,
  all: (Condition[][] | undefined)[],
  search: ColumnSearch,
  values: ColumnValues,
): (TemplateTests | undefined)[] {
  const { count, firstPiece, columnOf } = templates;
  const followed = new Uint8Array(values.entries.length);
  for (const alternatives of all)
    for (const conditions of alternatives ?? []) for (const { piece } of conditions) followed[columnOf[piece]!] = 1;
  const tests: (TemplateTests | undefined)[] = new Array(count);
  for (let t = 0; t < count; t++) {
    const pieces: number[] = [];
    for (let piece = firstPiece[t]!; piece < firstPiece[t + 1]! - 1; piece++)
      if (followed[columnOf[piece]!] === 1) pieces.push(piece);
    if (pieces.length === 0) continue;
    tests[t] = {
      columns: Int32Array.from(pieces, (piece) => columnOf[piece]!),
      alternatives: (all[t] ?? []).map((conditions) =>
        conditions.map(({ piece, manner, from, to }): Test => {
          const column = columnOf[piece]!;
          const ids = values.entries[column]!.kind === 'text' ? values.ids(column) : undefined;
          return { tracked: pieces.indexOf(piece), fulfilled: search.fulfilled(column, manner, from, to)!, ids };
        }),
      ),
    };
  }
  return tests;
}
