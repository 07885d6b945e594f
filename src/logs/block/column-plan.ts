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

/** Holes that are printed after the same words, and are of one kind. */
interface Context {
  kind: 'text' | 'number';
  shape: number;
  /** How many values it has. */
  count: number;
  column: number;
}

/** Decides which holes are fixed text after all, and which of the others share a column. */
export function planColumns(table: TemplateTable, text: Buffer, wholeLines: number): Plan {
  const { templates } = table;
  const order = inOrderOfUse(templates);
  const fixed = new ByteWriter(table.pieces.length + 1024);
  const contexts = new Contexts();
  const drafts = order.map((t) => draftOf(templates[t]!, table.pieces, text, fixed, contexts));
  const columns = contexts.columns();
  const numbers = new Uint32Array(templates.length);
  const holeColumns: Int32Array[] = new Array(templates.length);
  for (let number = 0; number < order.length; number++) {
    const t = order[number]!;
    const { holes } = drafts[number]!;
    numbers[t] = number;
    const of = new Int32Array(holes.length);
    for (let i = 0; i < of.length; i++) of[i] = holes[i]?.column ?? -1;
    holeColumns[t] = of;
  }
  const made = drafts.map(({ holes, pieceBytes }): TemplateDraft => {
    return { columns: holes.flatMap((context) => context?.column ?? []), pieceBytes };
  });
  const whole = { number: made.length, column: -1 };
  if (wholeLines > 0) {
    whole.column = columns.push({ kind: 'text', shape: wordShape, count: wholeLines }) - 1;
    made.push({ columns: [whole.column], pieceBytes: [0, 0] });
  }
  return { columns, drafts: made, text: fixed.written(), numbers, holeColumns, whole };
}

/** Those with most lines first. */
function inOrderOfUse(templates: readonly SeenTemplate[]): number[] {
  // One number for both, so that the platform sorts numbers: lines are far fewer than 2^32, templates than 2^20.
  const keys = Float64Array.from(templates, ({ lines }, i) => lines * 2 ** 20 + i);
  return Array.from(keys.sort().reverse(), (key) => key % 2 ** 20);
}

/** Writes the fixed text of a template; gives the contexts of its holes, undefined for those that became fixed text. */
function draftOf(
  { holes, pieceBytes, textFrom, lines }: SeenTemplate,
  pieces: Buffer,
  text: Buffer,
  fixed: ByteWriter,
  contexts: Contexts,
): { holes: (Context | undefined)[]; pieceBytes: number[] } {
  const lengths: number[] = [];
  let pieceFrom = fixed.length;
  let at = textFrom;
  const found = holes.map((hole, i) => {
    fixed.bytes(pieces, at, at + pieceBytes[i]!);
    at += pieceBytes[i]!;
    if (isFixed(hole, lines)) {
      fixed.bytes(text, hole.from, hole.to);
      return undefined;
    }
    const context = contexts.of(hole, fixed, pieceFrom);
    context.count += lines;
    lengths.push(fixed.length - pieceFrom);
    pieceFrom = fixed.length;
    return context;
  });
  fixed.bytes(pieces, at, at + pieceBytes[holes.length]!);
  lengths.push(fixed.length - pieceFrom);
  return { holes: found, pieceBytes: lengths };
}

/** What occurs once is fixed text, unless it is a number or a time: those are smaller in a column. */
function isFixed(hole: SeenHole, lines: number): boolean {
  return lines === 1 ? hole.shape === wordShape && !hole.decimal : hole.constant;
}

/** The contexts of holes. Invariant: each is there once. */
class Contexts {
  /** By kind, then by the bytes before the hole as one number. */
  readonly #known = new Map<number, Map<number, Context>>();

  of({ shape, decimal }: SeenHole, fixed: ByteWriter, pieceFrom: number): Context {
    const kind = shape === wordShape && decimal ? DECIMALS : shape;
    let ofKind = this.#known.get(kind);
    if (!ofKind) this.#known.set(kind, (ofKind = new Map()));
    let key = 0;
    for (let at = Math.max(pieceFrom, fixed.length - CONTEXT_BYTES); at < fixed.length; at++)
      key = key * 256 + fixed.memory[at]!;
    let context = ofKind.get(key);
    if (!context) {
      context = { kind: kind === wordShape ? 'text' : 'number', shape, count: 0, column: -1 };
      ofKind.set(key, context);
    }
    return context;
  }

  /** Gives each context its column: the large ones one of their own, the others of a kind one together. */
  columns(): PlannedColumn[] {
    const columns: PlannedColumn[] = [];
    const large = [...this.#known.values()]
      .flatMap((ofKind) => [...ofKind.values()])
      .filter(({ count }) => count >= COLUMN_VALUES_MIN)
      .sort((a, b) => b.count - a.count);
    for (const context of large.slice(0, limits.columnsMax))
      context.column = columns.push({ kind: context.kind, shape: context.shape, count: context.count }) - 1;
    for (const ofKind of this.#known.values()) {
      const small = [...ofKind.values()].filter(({ column }) => column < 0);
      if (small.length === 0) continue;
      const count = small.reduce((sum, context) => sum + context.count, 0);
      const shared = columns.push({ kind: small[0]!.kind, shape: small[0]!.shape, count }) - 1;
      for (const context of small) context.column = shared;
    }
    return columns;
  }
}

/** The kind of decimal numbers; other kinds are shapes. */
const DECIMALS = -1;
