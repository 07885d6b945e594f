import { Labels } from '../labels/labels.ts';
import type { BinaryNode } from '../plan/plan.ts';
import type { Evaluation } from '../run/evaluation.ts';
import { QueryError } from '../run/query-error.ts';
import { emptyRow, isPresent, type Row, settled } from '../run/row.ts';
import { isComparison, type Matching } from '../syntax/ast.ts';
import { applyColumns, type NumberOp } from './arithmetic.ts';
import { Signatures } from './signature.ts';

const ambiguous = 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
const notUnique = 'multiple matches for labels: grouping labels must ensure unique matches';

/**
 * Joins two vectors by their labels. For each pair of rows that match, whole columns are computed at once; which rows are there
 * at which step decides afterwards what of it counts.
 */
export function matchVectors(evaluation: Evaluation, node: BinaryNode, left: Row[], right: Row[]): Row[] {
  if (left.length === 0 && right.length === 0) return [];
  return new VectorMatch(evaluation, node, left, right).rows();
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
  /** By signature, the steps at which a row of the "many" side has taken the match. */
  readonly #taken: (Uint8Array | undefined)[];
  /** By signature and result labels, likewise, for many-to-one. */
  readonly #inserted = new Map<string, Uint8Array>();
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
    this.#taken = new Array<Uint8Array | undefined>(this.#signatures.count).fill(undefined);
  }

  get #swapped(): boolean {
    return this.#matching.cardinality === 'one-to-many';
  }

  rows(): Row[] {
    const sides = this.#indexOne();
    if (this.#duplicate !== undefined) this.#refuseDuplicate(...this.#duplicate.rows);
    this.#many.forEach((many, at) => {
      const signature = this.#manyOf[at]!;
      const side = sides[signature];
      for (const one of this.#partners(many, side)) this.#pair(many, one, signature, this.#meeting(many, one));
      if (this.#fillOne !== undefined) this.#fillForMany(many, signature, side);
    });
    if (this.#fillMany !== undefined) this.#fillForOne();
    return this.#out;
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
    const result = new Float64Array(this.#evaluation.count);
    applyColumns(op, left, right, result);
    let present = met;
    if (isComparison(op) && !returnBool) {
      const kept = new Uint8Array(result.length);
      for (let step = 0; step < kept.length; step++)
        kept[step] = result[step] === 1 && (met === null || met[step] === 1) ? 1 : 0;
      present = kept;
      result.set(left);
    }
    const row = settled({ labels, dropName: returnBool, values: result, present });
    if (row !== undefined) this.#out.push(row);
  }

  /** One-to-one, a signature can be matched once at a step; many-to-one, once for each result. */
  #claim(signature: number, labels: Labels, met: Uint8Array | null): void {
    const isOneToOne = this.#matching.cardinality === 'one-to-one';
    const taken = (this.#taken[signature] ??= new Uint8Array(this.#evaluation.count));
    let claimed = taken;
    if (!isOneToOne) {
      const key = `${signature} ${labels.key}`;
      claimed = this.#inserted.get(key) ?? new Uint8Array(this.#evaluation.count);
      this.#inserted.set(key, claimed);
    }
    for (let step = 0; step < claimed.length; step++) {
      if (met !== null && met[step] === 0) continue;
      if (claimed[step] === 1) throw new QueryError(isOneToOne ? ambiguous : notUnique);
      claimed[step] = 1;
      taken[step] = 1;
    }
  }

  #fillForMany(many: Row, signature: number, side: OneSide | undefined): void {
    const alone = emptyRow(many.labels, this.#evaluation.count).present!;
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
        isPresent(one, step) && taken?.[step] !== 1 ? 1 : 0,
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
    return Labels.from([...result.entries(), ...include.map((name) => [name, one.get(name)] as const)]);
  }
}
