import { levelLabel } from '../../level/level.ts';
import { Labels, labelsKey } from '../labels/labels.ts';
import type { Line } from '../pipeline/line.ts';
import { errorDetailsLabel, errorLabel, LineLabels, preserveErrorLabel } from '../pipeline/line-labels.ts';
import { isNeeded } from '../plan/needed-labels.ts';
import type { SamplesPlan } from '../plan/plan.ts';
import type { SourceBlock } from '../source.ts';
import type { SeriesCells } from './block-result.ts';
import { CellWriter, emptyCells } from './cells.ts';
import { PipelineError, QueryLimitError } from './query-error.ts';

/** Series that one range function may make of lines. */
const rangeSeriesMax = 100_000;

/** Throws QueryLimitError where so many series leave no room for another one. */
export function requireRoom(seriesCount: number): void {
  if (seriesCount < rangeSeriesMax) return;
  throw new QueryLimitError(
    `maximum number of series (${rangeSeriesMax}) that one range function may make was reached`,
  );
}

/** Whether the level of each line, which it tells itself, is among what is asked for. */
export function readsLevel({ needed }: SamplesPlan, { detectsLevel }: SourceBlock): boolean {
  return detectsLevel === true && isNeeded(needed, levelLabel);
}

/** Series of the lines of one block, found again by as little of their labels as tells them apart. */
export class SeriesWriters {
  readonly #plan: SamplesPlan;
  readonly #block: SourceBlock;
  readonly #byKey = new Map<string, CellWriter>();
  readonly #bySet = new Map<number | string, CellWriter>();
  readonly #readsLevel: boolean;
  /** Which set of metadata each line has. */
  readonly #setOf: Uint32Array | undefined;
  readonly #byValue = new Map<string | undefined, CellWriter>();
  readonly #names: readonly string[] | undefined;
  readonly #dropped: readonly string[];

  constructor(plan: SamplesPlan, block: SourceBlock) {
    this.#plan = plan;
    this.#block = block;
    this.#readsLevel = readsLevel(plan, block);
    this.#setOf = block.metadata?.get().of;
    const { grouping, unwrap } = plan;
    this.#names = grouping && !grouping.without ? [...new Set(grouping.labels)].sort() : undefined;
    this.#dropped = [...(grouping?.labels ?? []), ...(unwrap ? [unwrap.label] : [])];
  }

  series(): SeriesCells[] {
    return [...this.#byKey.values()].map(({ cells }) => cells);
  }

  /** Of lines with the stream's labels alone. */
  ofStream(): CellWriter {
    return this.#writer(this.#labelsOf(new LineLabels(this.#block.labels)));
  }

  of(line: Line, index: number): CellWriter {
    const { labels } = line;
    if (labels.error !== '') return this.#failed(line);
    if (this.#names?.length === 1) {
      const value = labels.get(this.#names[0]!);
      let writer = this.#byValue.get(value);
      if (writer === undefined) {
        writer = this.#writer(value === undefined ? {} : { [this.#names[0]!]: value });
        this.#byValue.set(
          value === undefined ? value : (writer.cells.labels[this.#names[0]!] ?? ownCopy(value)),
          writer,
        );
      }
      return writer;
    }
    if (labels.isUntouched) {
      const set = this.#readsLevel ? labels.get(levelLabel)! : (this.#setOf?.[index] ?? 0);
      let writer = this.#bySet.get(set);
      if (writer === undefined) this.#bySet.set(set, (writer = this.#writer(this.#labelsOf(labels))));
      return writer;
    }
    return this.#writer(this.#labelsOf(labels));
  }

  #labelsOf(labels: LineLabels): Record<string, string> {
    if (this.#names === undefined) {
      const all = labels.toRecord();
      for (const name of this.#dropped) delete all[name];
      // Whoever takes labels away takes those of an error that was dropped.
      if (this.#dropped.length > 0) delete all[errorDetailsLabel];
      return all;
    }
    const grouped: Record<string, string> = {};
    for (const name of this.#names) {
      const value = labels.get(name);
      if (value !== undefined) grouped[name] = value;
    }
    return grouped;
  }

  /** All labels stay, so that the error can be seen. */
  #failed({ labels }: Line): CellWriter {
    const all = labels.toRecord();
    if (all[preserveErrorLabel] !== 'true') throw new PipelineError(all[errorLabel]!, Labels.of(all).toString());
    return this.#writer(all);
  }

  #writer(labels: Record<string, string>): CellWriter {
    const { pairs } = Labels.of(labels);
    const key = labelsKey(pairs);
    let writer = this.#byKey.get(key);
    if (writer === undefined) {
      requireRoom(this.#byKey.size);
      // Values may be slices that keep the whole block in memory.
      const nameOf = (name: string) => (this.#names?.includes(name) ? name : ownCopy(name));
      const own = Object.fromEntries(pairs.map(([name, value]) => [nameOf(name), ownCopy(value)]));
      writer = new CellWriter(this.#plan.sampleKind, emptyCells(ownCopy(key), own));
      this.#byKey.set(writer.cells.key, writer);
    }
    return writer;
  }
}

function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
