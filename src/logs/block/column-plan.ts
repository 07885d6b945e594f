import { ByteWriter } from './bytes.ts';
import { limits } from './limits.ts';
import { wordShape } from './line-scanner.ts';
import type { SeenHole, SeenTemplate, TemplateTable } from './template-table.ts';
import type { TemplateDraft } from './templates.ts';

/** So much of the fixed text before a hole tells which column it shares: what is printed after the same words is alike. */
const CONTEXT_BYTES = 6;
/** A column of fewer values shares one with others of its kind: each costs a few bytes of its own. */
const COLUMN_VALUES_MIN = 48;

export interface PlannedColumn {
  kind: 'text' | 'number';
  /** Of times; wordShape for decimal numbers. */
  shape: number;
  /** How many values it will get. */
  count: number;
}

export interface Plan {
  columns: PlannedColumn[];
  /** In the order of their numbers: those with most lines first. */
  drafts: TemplateDraft[];
  /** Fixed text of all drafts. */
  text: Buffer;
  /** The number that a template of the table gets. */
  numbers: Uint32Array;
  /** Columns of the holes of each template of the table; -1 where the hole became fixed text. */
  holeColumns: Int32Array[];
  /** Number and column of lines that are kept whole. */
  whole: { number: number; column: number };
}

/** Decides which holes are fixed text after all, and which of the others share a column. */
export function planColumns(table: TemplateTable, text: Buffer, wholeLines: number): Plan {
  const { templates } = table;
  const order = templates.map((_, i) => i).sort((a, b) => templates[b]!.lines - templates[a]!.lines);
  const keys = columnKeys(table, text);
  const columns: PlannedColumn[] = [];
  const numberOf = new Map<string, number>();
  const fixed = new ByteWriter(table.pieces.length + 1024);
  const drafts: TemplateDraft[] = [];
  const numbers = new Uint32Array(templates.length);
  const holeColumns: Int32Array[] = new Array(templates.length);
  const columnOf = (hole: SeenHole, context: string, lines: number): number => {
    const kind = kindOf(hole);
    const known = keys.get(context + kind)!;
    const key = known.own ? context + kind : kind;
    let column = numberOf.get(key);
    if (column === undefined) {
      column = columns.push({ kind: kind[0] === 't' ? 'text' : 'number', shape: hole.shape, count: 0 }) - 1;
      numberOf.set(key, column);
    }
    columns[column]!.count += lines;
    return column;
  };
  for (const [number, t] of order.entries()) {
    const template = templates[t]!;
    const { of, draft } = draftOf(table, template, text, fixed, columnOf);
    numbers[t] = number;
    holeColumns[t] = of;
    drafts.push(draft);
  }
  const whole = { number: drafts.length, column: -1 };
  if (wholeLines > 0) {
    whole.column = columns.push({ kind: 'text', shape: wordShape, count: wholeLines }) - 1;
    drafts.push({ columns: [whole.column], pieceBytes: [0, 0] });
  }
  return { columns, drafts, text: fixed.written(), numbers, holeColumns, whole };
}

/** What occurs once is fixed text, unless it is a number or a time: those are smaller in a column. */
function isFixed(hole: SeenHole, lines: number): boolean {
  return lines === 1 ? hole.shape === wordShape && !hole.decimal : hole.constant;
}

function kindOf({ shape, decimal }: SeenHole): string {
  return shape !== wordShape ? `s${shape}` : decimal ? 'd' : 't';
}

/** Which contexts have enough values for a column of their own. */
function columnKeys(table: TemplateTable, text: Buffer): Map<string, { values: number; own: boolean }> {
  const keys = new Map<string, { values: number; own: boolean }>();
  for (const template of table.templates) {
    eachHole(table, template, text, (hole, context) => {
      const key = context + kindOf(hole);
      const known = keys.get(key);
      if (known) known.values += template.lines;
      else keys.set(key, { values: template.lines, own: false });
    });
  }
  const largest = [...keys.values()].filter(({ values }) => values >= COLUMN_VALUES_MIN);
  largest.sort((a, b) => b.values - a.values);
  for (const key of largest.slice(0, limits.columnsMax)) key.own = true;
  return keys;
}

/** Calls back for each hole that stays one, with the text before it. */
function eachHole(
  { pieces }: TemplateTable,
  { holes, pieceBytes, textFrom, lines }: SeenTemplate,
  text: Buffer,
  visit: (hole: SeenHole, context: string) => void,
): void {
  let pieceTo = textFrom;
  let context = '';
  for (const [i, hole] of holes.entries()) {
    pieceTo += pieceBytes[i]!;
    const pieceFrom = Math.max(pieceTo - pieceBytes[i]!, pieceTo - CONTEXT_BYTES);
    context = (context + pieces.toString('latin1', pieceFrom, pieceTo)).slice(-CONTEXT_BYTES);
    if (isFixed(hole, lines)) context += text.toString('latin1', Math.max(hole.from, hole.to - CONTEXT_BYTES), hole.to);
    else {
      visit(hole, context);
      context = '';
    }
  }
}

function draftOf(
  table: TemplateTable,
  template: SeenTemplate,
  text: Buffer,
  fixed: ByteWriter,
  columnOf: (hole: SeenHole, context: string, lines: number) => number,
): { of: Int32Array; draft: TemplateDraft } {
  const { holes, pieceBytes, textFrom, lines } = template;
  const of = new Int32Array(holes.length).fill(-1);
  const columns: number[] = [];
  eachHole(table, template, text, (hole, context) => {
    const column = columnOf(hole, context, lines);
    of[holes.indexOf(hole)] = column;
    columns.push(column);
  });
  const lengths: number[] = [];
  let length = 0;
  let at = textFrom;
  for (const [i, bytes] of pieceBytes.entries()) {
    fixed.bytes(table.pieces, at, at + bytes);
    at += bytes;
    length += bytes;
    const hole = holes[i];
    if (hole === undefined) break;
    if (of[i]! < 0) {
      fixed.bytes(text, hole.from, hole.to);
      length += hole.to - hole.from;
    } else {
      lengths.push(length);
      length = 0;
    }
  }
  lengths.push(length);
  return { of, draft: { columns, pieceBytes: lengths } };
}
