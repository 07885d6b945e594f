import type { Stretch } from '../../base/arena.ts';
import type { Encoder } from './encoder.ts';
import { limits } from './limits.ts';
import { inOrderOfUse, type ScannedLines } from './scan-lines.ts';
import { wordShape } from './time-shapes.ts';

/** A column of fewer values shares one with others of its kind: each costs a few bytes of its own. */
const COLUMN_VALUES_MIN = 48;
const CONTEXT_ROW_NUMBERS = 4;
/** A number that is written as a varint takes at most so many bytes. */
const VARINT_BYTES = 4;

/** What a column holds: text, decimal numbers, or times; of these it is the number of their shape in scan-lines.as, and one more. */
export const columnKinds = { text: 0, decimals: 1, firstTimes: 2 } as const;
/** The same, as draft-templates.as numbers it. */
const contextKinds = { text: 0, decimals: 16 } as const;

export interface PlannedColumn {
  kind: number;
  /** How many values it will get. */
  count: number;
}

/** Addresses of the fixed text of all templates, and u32 of each piece of it: its length. */
export interface FixedText {
  fixedAt: number;
  piecesAt: number;
  piecesEnd: number;
}

export interface Plan extends FixedText {
  columns: PlannedColumn[];
  /** With that of lines which are kept whole. */
  templateCount: number;
  /** The number and the column of lines that are kept whole; -1 where there are none. */
  wholeNumber: number;
  wholeColumn: number;
  /** The section of templates, as it is stored. */
  section: Stretch;
}

/** Decides which holes are fixed text after all, and which of the others share a column; makes templates of that. */
export function planColumns(encoder: Encoder, scanned: ScannedLines): Plan {
  const { arena, draft } = encoder;
  const { templatesAt, templateCount, templateHoles, templateBytes, wholeLines } = scanned;
  const order = inOrderOfUse(encoder, scanned);
  const pieces = templateHoles + templateCount;
  const slotCount = 2 ** Math.ceil(Math.log2(2 * templateHoles + 2));
  const orderAt = arena.room(4 * templateCount);
  const fixedAt = arena.room(templateBytes);
  const piecesAt = arena.room(4 * pieces);
  const columnsAt = arena.room(4 * templateHoles);
  const slotsAt = arena.zeros(4 * slotCount);
  const contextsAt = arena.room(4 * CONTEXT_ROW_NUMBERS * templateHoles);
  arena.u32(orderAt, templateCount).set(order);
  draft.set({ templatesAt, templateCount, orderAt, fixedAt, piecesAt, columnsAt });
  draft.set({ contextsAt, contextCount: 0, slotsAt, slotCount });
  draft.run.draft();
  const columns = columnsOf(arena.u32(contextsAt, CONTEXT_ROW_NUMBERS * draft.get('contextCount')));
  const wholeColumn = wholeLines > 0 ? columns.push({ kind: columnKinds.text, count: wholeLines }) - 1 : -1;
  const sectionAt = arena.room(VARINT_BYTES * (4 + templateCount + pieces + templateHoles) + templateBytes);
  const sectionEnd = draft.run.writeTemplates(sectionAt, columnsAt, piecesAt, fixedAt, wholeColumn);
  return {
    columns,
    ...{ templateCount: templateCount + (wholeLines > 0 ? 1 : 0), wholeNumber: templateCount, wholeColumn },
    ...{
      section: { at: sectionAt, bytes: sectionEnd - sectionAt },
      fixedAt,
      piecesAt,
      piecesEnd: draft.get('piecesAt'),
    },
  };
}

/** Gives each context its column: the large ones one of their own, the others of a kind one together. */
function columnsOf(contexts: Uint32Array): PlannedColumn[] {
  const columns: PlannedColumn[] = [];
  const kindOf = (row: number) => contexts[row + 1]! >>> 16;
  const countOf = (row: number) => contexts[row + 2]!;
  /** Of each kind its contexts, in the order in which they were met. */
  const kinds = new Map<number, { large: number[]; small: number[] }>();
  for (let row = 0; row < contexts.length; row += CONTEXT_ROW_NUMBERS) {
    const kind = kindOf(row);
    let known = kinds.get(kind);
    if (!known) kinds.set(kind, (known = { large: [], small: [] }));
    (countOf(row) >= COLUMN_VALUES_MIN ? known.large : known.small).push(row);
  }
  const give = (kind: number, rows: readonly number[]) => {
    const count = rows.reduce((sum, row) => sum + countOf(row), 0);
    const column = columns.push({ kind: columnKindOf(kind), count }) - 1;
    for (const row of rows) contexts[row + 3] = column;
  };
  const large = [...kinds.values()].flatMap((each) => each.large).sort((a, b) => countOf(b) - countOf(a));
  for (const row of large.slice(0, limits.columnsMax)) give(kindOf(row), [row]);
  for (const row of large.slice(limits.columnsMax)) kinds.get(kindOf(row))!.small.push(row);
  for (const [kind, { small }] of kinds) if (small.length > 0) give(kind, small);
  return columns;
}

function columnKindOf(contextKind: number): number {
  if (contextKind === contextKinds.text) return columnKinds.text;
  return contextKind === contextKinds.decimals ? columnKinds.decimals : contextKind + columnKinds.firstTimes - 1;
}

/** The shape of a column's times as time-shapes.ts has it; that of words for all else. */
export function shapeOfColumn(kind: number): number {
  if (kind < columnKinds.firstTimes) return wordShape;
  const [date, fraction] = [Math.floor((kind - columnKinds.firstTimes) / 5), (kind - columnKinds.firstTimes) % 5];
  const digits = fraction === 0 ? 0 : 1 + ((fraction - 1) % 2);
  const mark = fraction === 0 ? 0 : fraction < 3 ? 1 : 2;
  return 64 | (date << 4) | (mark << 2) | digits;
}
