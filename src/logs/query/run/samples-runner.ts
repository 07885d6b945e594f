import type { CompactText, HolesThatDecide } from '../../block/block.ts';
import { levelLabel } from '../../level/level.ts';
import { Labels, labelsKey } from '../labels/labels.ts';
import { duplicateSuffix } from '../pipeline/label-name.ts';
import type { Line } from '../pipeline/line.ts';
import { errorDetailsLabel, errorLabel, LineLabels, preserveErrorLabel } from '../pipeline/line-labels.ts';
import { compileUnwrap } from '../pipeline/unwrap.ts';
import { type Buckets, bucketsOf } from '../plan/buckets.ts';
import { isNeeded } from '../plan/needed-labels.ts';
import type { SamplesPlan } from '../plan/plan.ts';
import type { SourceBlock } from '../source.ts';
import { oneBlock, type SamplesResult } from './block-result.ts';
import type { BlockRunner } from './block-runner.ts';
import { CellWriter, emptyCells } from './cells.ts';
import { classedLines } from './classed-lines.ts';
import { holesThatDecide } from './deciding-holes.ts';
import { allAtOnce, type LineSelector } from './line-selector.ts';
import { PipelineError, QueryLimitError } from './query-error.ts';
import { relativeTimes } from './relative-times.ts';

/** Series that one range function may make of lines. */
export const rangeSeriesMax = 100_000;

const noStarts = new Uint32Array();

/** Makes samples of the lines of a block, and keeps them by series and bucket. */
export function createSamplesRunner(plan: SamplesPlan, select: LineSelector): BlockRunner {
  const buckets = bucketsOf(plan.buckets);
  const unwrap = plan.unwrap && compileUnwrap(plan.unwrap);
  const isBytes = plan.sampleKind === 'bytes';
  /** Lines that need no labels of their own, and no text. */
  const addAll = (writer: CellWriter, chosen: Uint32Array, block: SourceBlock) => {
    const starts = isBytes ? block.text.starts() : noStarts;
    const timeOf = relativeTimes(block.times(), plan.buckets.startNs);
    for (let at = 0; at < chosen.length; at++) {
      const index = chosen[at]!;
      const time = timeOf(index);
      writer.add(buckets.of(time), isBytes ? starts[index + 1]! - 1 - starts[index]! : 1, time);
    }
  };
  // Lines that no window sees need not be sound: each would have to be asked for its time first.
  const hasGaps = plan.buckets.rangeNs < plan.buckets.stepNs;
  const decide = hasGaps ? undefined : holesThatDecide(plan, select.stages);
  /** Lines in classes of which one line is looked at; says how many count. */
  const addClassed = (
    writers: SeriesWriters,
    block: SourceBlock,
    compact: CompactText,
    holes: HolesThatDecide,
    lines: Uint32Array,
  ) => {
    const { of, outcomes } = classedLines(block, compact, lines, holes, select, (line, index) => {
      const value = unwrap ? unwrap(line) : 1;
      return value === undefined ? undefined : { value, writer: writers.of(line, index) };
    });
    const bucket = plan.sampleKind === 'count' ? onlyBucket(buckets, plan, block) : undefined;
    const timeOf = bucket === undefined ? whenNeeded(block, plan) : undefined;
    let matched = 0;
    for (let at = 0; at < of.length; at++) {
      const outcome = outcomes[of[at]!];
      if (outcome === undefined) continue;
      matched++;
      if (timeOf === undefined) outcome.writer.addCount(bucket!, 1);
      else {
        const time = timeOf(lines[at]!);
        outcome.writer.add(buckets.of(time), outcome.value, time);
      }
    }
    return matched;
  };
  const run = (block: SourceBlock): SamplesResult => {
    const writers = new SeriesWriters(plan, block);
    let matchedLines = 0;
    if (select.indexes && !unwrap && block.metadata === undefined && !readsLevel(plan, block)) {
      const bucket = plan.sampleKind === 'count' ? onlyBucket(buckets, plan, block) : undefined;
      const chosen = bucket === undefined ? select.indexes(block) : undefined;
      const lines = chosen?.length ?? select.count!(block);
      if (lines > 0) {
        const writer = writers.ofStream();
        if (chosen === undefined) writer.addCount(bucket!, lines);
        else addAll(writer, chosen, block);
      }
      const all = [...writers.all()].map(({ cells }) => cells);
      const cost = { lines, matchedLines: lines, bytes: block.text.textBytes };
      return { kind: 'samples', series: all, ...oneBlock, ...cost };
    }
    if (
      decide !== undefined &&
      block.text.compact !== undefined &&
      block.metadata === undefined &&
      !readsLevel(plan, block)
    ) {
      const lines = select.front(block);
      matchedLines = lines.length === 0 ? 0 : addClassed(writers, block, block.text.compact, decide, lines);
      const series = [...writers.all()].map(({ cells }) => cells);
      return { kind: 'samples', series, ...oneBlock, lines: lines.length, matchedLines, bytes: block.text.textBytes };
    }
    const timeOf = whenNeeded(block, plan);
    const lines = select.each(block, allAtOnce, (line, index) => {
      const value = unwrap ? unwrap(line) : isBytes ? line.byteLength : 1;
      if (value === undefined) return true;
      matchedLines++;
      const time = timeOf(index);
      const bucket = buckets.of(time);
      // What no window sees need not be sound.
      if (!buckets.isGap(bucket)) writers.of(line, index).add(bucket, value, time);
      return true;
    });
    const series = [...writers.all()].map(({ cells }) => cells);
    return { kind: 'samples', series, ...oneBlock, lines, matchedLines, bytes: block.text.textBytes };
  };
  return {
    run(block) {
      if (readsMetadata(plan, block)) return run(block);
      try {
        return run(withoutMetadata(block));
      } catch (error) {
        // What failed is told with all labels of its line.
        if (error instanceof PipelineError && block.metadata !== undefined) return run(block);
        throw error;
      }
    },
  };
}

/** The bucket of every line, where it is one. */
function onlyBucket(buckets: Buckets, { buckets: { startNs } }: SamplesPlan, { timeMin, timeMax }: SourceBlock) {
  const [first, last] = [buckets.of(Number(timeMin - startNs)), buckets.of(Number(timeMax - startNs))];
  return first === last ? first : undefined;
}

/** Times of a block, once a line has been found. */
function whenNeeded(block: SourceBlock, { buckets: { startNs } }: SamplesPlan): (index: number) => number {
  let timeOf: ((index: number) => number) | undefined;
  return (index) => (timeOf ??= relativeTimes(block.times(), startNs))(index);
}

/** Whether lines' metadata may be among what is asked for, or makes a series of its own. */
function readsMetadata({ needed }: SamplesPlan, { metadata }: SourceBlock): boolean {
  if (metadata === undefined) return false;
  if (needed === null) return true;
  const names = new Set([...needed, errorLabel, ...needed.map(withoutSuffix)]);
  return metadata.names.some((name) => names.has(name));
}

function withoutMetadata({ metadata: _, ...block }: SourceBlock): SourceBlock {
  return block;
}

function withoutSuffix(name: string): string {
  return name.endsWith(duplicateSuffix) ? name.slice(0, -duplicateSuffix.length) : name;
}

/** Whether the level of each line, which it tells itself, is among what is asked for. */
function readsLevel({ needed }: SamplesPlan, { detectsLevel }: SourceBlock): boolean {
  return detectsLevel === true && isNeeded(needed, levelLabel);
}

/** Series of the lines of one block, found again by as little of their labels as tells them apart. */
class SeriesWriters {
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

  all(): Iterable<CellWriter> {
    return this.#byKey.values();
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
      if (this.#byKey.size >= rangeSeriesMax) {
        throw new QueryLimitError(
          `maximum number of series (${rangeSeriesMax}) that one range function may make was reached`,
        );
      }
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
