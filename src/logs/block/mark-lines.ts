import type { Alternatives } from './alignments.ts';
import type { ColumnSearch } from './column-search.ts';
import type { ColumnValues } from './column-values.ts';
import type { Fulfilled } from './number-search.ts';
import type { Templates } from './templates.ts';

/** What is known of the lines of a template. */
export type TemplateMark = 'always' | 'never' | Alternatives;

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

/**
 * Sets the hits of lines, and says how many it set that were 0. Columns that no condition asks about are not followed. Lines of templates
 * that are unclear are returned.
 */
export function markLines(
  numbers: Uint32Array,
  templates: Templates,
  marks: readonly TemplateMark[],
  search: ColumnSearch,
  values: ColumnValues,
  hits: Uint8Array,
): { marked: number; unclear: number[] } {
  const state = Uint8Array.from(marks, (mark) => stateOf(mark));
  const tests = testsOf(templates, marks, search, values);
  const next = new Uint32Array(values.entries.length);
  const occurrences = new Uint32Array(256);
  const unclear: number[] = [];
  let marked = 0;
  for (let line = 0; line < numbers.length; line++) {
    const template = numbers[line]!;
    const test = tests?.[template];
    if (test !== undefined) {
      const { columns } = test;
      for (let i = 0; i < columns.length; i++) occurrences[i] = next[columns[i]!]!++;
    }
    const known = state[template]!;
    if (known === states.never) continue;
    if (known === states.unclear) unclear.push(line);
    else if (hits[line] === 0 && (known === states.always || anyHolds(test!.alternatives, occurrences))) {
      hits[line] = 1;
      marked++;
    }
  }
  return { marked, unclear };
}

const states = { never: 0, always: 1, tested: 2, unclear: 3 } as const;

function stateOf(mark: TemplateMark): number {
  return typeof mark === 'string' ? states[mark] : states.tested;
}

function anyHolds(alternatives: readonly Test[][], occurrences: Uint32Array): boolean {
  for (const tests of alternatives) {
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

/** Undefined where no template has conditions. */
function testsOf(
  templates: Templates,
  marks: readonly TemplateMark[],
  search: ColumnSearch,
  values: ColumnValues,
): (TemplateTests | undefined)[] | undefined {
  const { count, firstPiece, columnOf } = templates;
  const followed = new Uint8Array(values.entries.length);
  let any = false;
  for (const mark of marks) {
    if (typeof mark === 'string') continue;
    any = true;
    for (const conditions of mark) for (const { piece } of conditions) followed[columnOf[piece]!] = 1;
  }
  if (!any) return undefined;
  const tests: (TemplateTests | undefined)[] = new Array(count);
  for (let t = 0; t < count; t++) {
    const pieces: number[] = [];
    for (let piece = firstPiece[t]!; piece < firstPiece[t + 1]! - 1; piece++)
      if (followed[columnOf[piece]!] === 1) pieces.push(piece);
    if (pieces.length === 0) continue;
    const mark = marks[t]!;
    const alternatives = typeof mark === 'string' ? [] : mark;
    tests[t] = {
      columns: Int32Array.from(pieces, (piece) => columnOf[piece]!),
      alternatives: alternatives.map((conditions) =>
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
