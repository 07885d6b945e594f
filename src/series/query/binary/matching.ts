import type { Labels } from '../labels/labels.ts';
import type { BinaryNode } from '../plan/plan.ts';
import { mayLoseDifference } from '../run/equal-labels.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { QueryError } from '../run/query-error.ts';
import { isPresent, newRow, type Row, settled } from '../run/row.ts';
import { isComparison, type Matching } from '../syntax/ast.ts';
import { applyColumns, type NumberOp } from './arithmetic.ts';
import { Signatures } from './signature.ts';

const ambiguous = 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
const notUnique = 'multiple matches for labels: grouping labels must ensure unique matches';

/**
 * Joins two vectors by their labels. For each pair of rows that match, whole columns are computed at once; which rows are there
 * at which step decides afterwards what of it counts.
 */
export function matchVectors(evaluation: Evaluation, node: BinaryNode, left: Row[], right: Row[]): Matched {
  if (left.length === 0 && right.length === 0) return { rows: [], areDistinct: true };
  return new VectorMatch(evaluation, node, left, right).match();
}

interface Matched {
  rows: Row[];
  /** No two rows have the same labels. Where it is false they may have. */
  areDistinct: boolean;
}

interface OneSide {
  rows: Row[];
  /** By step, the index of the row that is there, or -1. Missing where there is only one row. */
  index: Int32Array | undefined;
}

/** The "one" side is indexed by signature; the "many" side is gone through row by row. */
class VectorMatch {
  readonly #evaluation: Evaluation;
  readonly #node: BinaryNode;
  readonly #matching: Matching;
  readonly #many: Row[];
  readonly #one: Row[];
  readonly #manyOf: Int32Array;
  readonly #oneOf: Int32Array;
  readonly #signatures: Signatures;
  readonly #fillOne: number | undefined;
  readonly #fillMany: number | undefined;
  /** By signature, the steps at which a row of the "many" side has taken the match; null: all. */
  readonly #taken: (Uint8Array | null | undefined)[];
  /** By signature and result labels, likewise, for many-to-one. */
  readonly #inserted = new Map<string, Uint8Array | null>();
  /** Many-to-one: rows of the "many" side cannot come to have the same labels. */
  readonly #staysDistinct: boolean;
  readonly #out: Row[] = [];
  readonly #names: ReadonlySet<string>;
  /** The steps at which any row of the "many" side is there. */
  #manyThere: Uint8Array | undefined;
  /** Two rows of the "one" side that match the same, at the earliest step of all. */
  #duplicate: { step: number; rows: [Row, Row] } | undefined;

  constructor(evaluation: Evaluation, node: BinaryNode, left: Row[], right: Row[]) {
    this.#evaluation = evaluation;
    this.#node = node;
    this.#matching = node.matching!;
    const swapped = this.#swapped;
    [this.#many, this.#one] = swapped ? [right, left] : [left, right];
    // A fill belongs to its side of the operator; after a swap, Prometheus still takes "right" for the "one" side.
    this.#fillOne = this.#matching.fillRight;
    this.#fillMany = this.#matching.fillLeft;
    this.#signatures = new Signatures(this.#matching);
    this.#manyOf = this.#signatures.of(this.#many);
    this.#oneOf = this.#signatures.of(this.#one);
    this.#names = new Set(this.#matching.labels);
    this.#taken = new Array<Uint8Array | null | undefined>(this.#signatures.count).fill(undefined);
    this.#staysDistinct = this.#matching.cardinality !== 'one-to-one' && this.#isManySideDistinct();
  }

  #isManySideDistinct(): boolean {
    const { include } = this.#matching;
    if (this.#fillOne !== undefined || this.#fillMany !== undefined || mayLoseDifference(this.#many)) return false;
    return !this.#many.some(({ labels }) => include.some((name) => labels.has(name)));
  }

  get #swapped(): boolean {
    return this.#matching.cardinality === 'one-to-many';
  }

  match(): Matched {
    let areDistinct = this.#staysDistinct;
    const sides = this.#indexOne();
    if (this.#duplicate !== undefined) this.#refuseDuplicate(...this.#duplicate.rows);
    this.#many.forEach((many, at) => {
      const signature = this.#manyOf[at]!;
      const side = sides[signature];
      const before = this.#out.length;
      for (const one of this.#partners(many, side)) this.#pair(many, one, signature, this.#meeting(many, one));
      if (this.#out.length - before > 1) areDistinct = false;
      if (this.#fillOne !== undefined) this.#fillForMany(many, signature, side);
    });
    if (this.#fillMany !== undefined) this.#fillForOne();
    return { rows: this.#out, areDistinct };
  }

  #indexOne(): (OneSide | undefined)[] {
    const sides = new Array<OneSide | undefined>(this.#signatures.count).fill(undefined);
    this.#one.forEach((row, at) => {
      const side = sides[this.#oneOf[at]!];
      if (side === undefined) sides[this.#oneOf[at]!] = { rows: [row], index: undefined };
      else this.#addToSide(side, row);
    });
    return sides;
  }

  #addToSide(side: OneSide, row: Row): void {
    const first = side.rows[0]!;
    side.index ??= Int32Array.from({ length: this.#evaluation.count }, (_, step) => (isPresent(first, step) ? 0 : -1));
    const ordinal = side.rows.push(row) - 1;
    for (let step = 0; step < this.#evaluation.count; step++) {
      if (!isPresent(row, step)) continue;
      const earlier = side.index[step]!;
      if (earlier === -1) side.index[step] = ordinal;
      else if (this.#isMet(step) && (this.#duplicate === undefined || step < this.#duplicate.step)) {
        this.#duplicate = { step, rows: [side.rows[earlier]!, row] };
      }
    }
  }

  /** Whether anything is computed at a step: not where the other side is empty, unless that is filled in. */
  #isMet(step: number): boolean {
    if (this.#fillOne !== undefined || this.#fillMany !== undefined) return true;
    this.#manyThere ??= Uint8Array.from({ length: this.#evaluation.count }, (_, at) =>
      this.#many.some((row) => isPresent(row, at)) ? 1 : 0,
    );
    return this.#manyThere[step] === 1;
  }

  #refuseDuplicate(a: Row, b: Row): never {
    const side = this.#swapped ? 'left' : 'right';
    const group = this.#signatures.labels(b.labels);
    const [first, second] = [a.labels.toString(), b.labels.toString()].sort();
    throw new QueryError(
      `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: [${first}, ${second}]` +
        ';many-to-many matching not allowed: matching labels must be unique on one side',
    );
  }

  /** The rows of the "one" side that are there together with a row: as time goes on, series take each other's place. */
  #partners(many: Row, side: OneSide | undefined): Iterable<Row> {
    if (side?.index === undefined) return side?.rows ?? [];
    const ordinals = new Set<number>();
    for (let step = 0; step < side.index.length; step++) {
      if (side.index[step] !== -1 && isPresent(many, step)) ordinals.add(side.index[step]!);
    }
    return [...ordinals].map((ordinal) => side.rows[ordinal]!);
  }

  /** The steps at which both rows are there; null: all. */
  #meeting(many: Row, one: Row): Uint8Array | null {
    if (many.present === null && one.present === null) return null;
    const met = new Uint8Array(this.#evaluation.count);
    for (let step = 0; step < met.length; step++) met[step] = isPresent(many, step) && isPresent(one, step) ? 1 : 0;
    return met;
  }

  /** Computes one pair of rows, and notes what it has matched. */
  #pair(many: Row, one: Row, signature: number, met: Uint8Array | null): void {
    if (met !== null && !met.includes(1)) return;
    const { op, returnBool } = this.#node as { op: NumberOp; returnBool: boolean };
    const labels = this.#resultLabels(many.labels, one.labels);
    this.#claim(signature, labels, met);
    const [left, right] = this.#swapped ? [one.values, many.values] : [many.values, one.values];
    const made = newRow(labels, this.#evaluation.count, met, returnBool);
    applyColumns(op, left, right, made.values);
    if (isComparison(op) && !returnBool) {
      const { values } = made;
      const kept = new Uint8Array(values.length);
      for (let step = 0; step < kept.length; step++) {
        kept[step] = values[step] === 1 && (met === null || met[step] === 1) ? 1 : 0;
      }
      made.present = kept;
      values.set(left);
    }
    const row = settled(made);
    if (row !== undefined) this.#out.push(row);
  }

  /** One-to-one, a signature can be matched once at a step; many-to-one, once for each result. */
  #claim(signature: number, labels: Labels, met: Uint8Array | null): void {
    if (this.#matching.cardinality === 'one-to-one') {
      this.#taken[signature] = claimed(this.#taken[signature], met, ambiguous);
      return;
    }
    if (this.#staysDistinct) return;
    const key = `${signature} ${labels.key}`;
    this.#inserted.set(key, claimed(this.#inserted.get(key), met, notUnique));
    if (this.#fillMany !== undefined) this.#taken[signature] = united(this.#taken[signature], met);
  }

  #fillForMany(many: Row, signature: number, side: OneSide | undefined): void {
    const alone = new Uint8Array(this.#evaluation.count);
    for (let step = 0; step < alone.length; step++) {
      const isMatched = side !== undefined && (side.index?.[step] ?? (isPresent(side.rows[0]!, step) ? 0 : -1)) !== -1;
      alone[step] = isPresent(many, step) && !isMatched ? 1 : 0;
    }
    this.#pair(many, this.#filled(this.#signatures.labels(many.labels), this.#fillOne!), signature, alone);
  }

  /** What of the "one" side nothing has matched. */
  #fillForOne(): void {
    this.#one.forEach((one, at) => {
      const signature = this.#oneOf[at]!;
      const taken = this.#taken[signature];
      const alone = Uint8Array.from({ length: this.#evaluation.count }, (_, step) =>
        isPresent(one, step) && taken !== null && taken?.[step] !== 1 ? 1 : 0,
      );
      this.#pair(this.#filled(this.#signatures.labels(one.labels), this.#fillMany!), one, signature, alone);
    });
  }

  #filled(labels: Labels, value: number): Row {
    return { labels, dropName: false, values: new Float64Array(this.#evaluation.count).fill(value), present: null };
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    const { cardinality, on, include } = this.#matching;
    const { op, returnBool } = this.#node;
    const keepsName =
      isComparison(op as NumberOp) && (!returnBool || this.#evaluation.state.options.delayedNameRemoval);
    let result = keepsName ? many : many.withoutMetadata();
    if (cardinality === 'one-to-one') {
      result = on ? result.keep(this.#names) : result.drop(this.#names);
    }
    if (include.length === 0) return result;
    for (const name of include) result = result.with(name, one.get(name));
    return result;
  }
}

type Steps = Uint8Array | null;

/** The steps that are taken, with those that are met; fails where some already were. */
function claimed(taken: Steps | undefined, met: Steps, problem: string): Steps {
  if (taken === undefined) return met;
  const overlap = taken === null || met === null || met.some((flag, step) => flag === 1 && taken[step] === 1);
  // Neither is without any step.
  if (overlap) throw new QueryError(problem);
  return united(taken, met);
}

function united(a: Steps | undefined, b: Steps): Steps {
  if (a === undefined) return b;
  if (a === null || b === null) return null;
  return a.map((flag, step) => flag | b[step]!);
}
