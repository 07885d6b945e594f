import type { CompactText, HolesThatDecide } from '../../block/block.ts';
import { duplicateSuffix } from '../pipeline/label-name.ts';
import { errorLabel } from '../pipeline/line-labels.ts';
import { compileUnwrap } from '../pipeline/unwrap.ts';
import { type Buckets, bucketsOf } from '../plan/buckets.ts';
import type { SamplesPlan } from '../plan/plan.ts';
import type { SourceBlock } from '../source.ts';
import { oneBlock, type SamplesResult } from './block-result.ts';
import type { BlockRunner } from './block-runner.ts';
import { classedLines } from './classed-lines.ts';
import { holesThatDecide } from './deciding-holes.ts';
import { allAtOnce, type LineSelector } from './line-selector.ts';
import { PipelineError } from './query-error.ts';
import { relativeTimes } from './relative-times.ts';
import { readsLevel, SeriesWriters } from './series-writers.ts';

const noStarts = new Uint32Array();

/** A plan, compiled. */
interface Sampling {
  plan: SamplesPlan;
  select: LineSelector;
  buckets: Buckets;
  unwrap: ReturnType<typeof compileUnwrap> | undefined;
  /** Undefined where no holes decide alone what becomes of a line. */
  decide: HolesThatDecide | undefined;
}

/** Lines that were looked at, and those that became samples. */
type Counts = Pick<SamplesResult, 'lines' | 'matchedLines'>;

/** Makes samples of the lines of a block, and keeps them by series and bucket. */
export function createSamplesRunner(plan: SamplesPlan, select: LineSelector): BlockRunner {
  // Lines that no window sees need not be sound: each would have to be asked for its time first.
  const hasGaps = plan.buckets.rangeNs < plan.buckets.stepNs;
  const sampling: Sampling = {
    plan,
    select,
    buckets: bucketsOf(plan.buckets),
    unwrap: plan.unwrap && compileUnwrap(plan.unwrap),
    decide: hasGaps ? undefined : holesThatDecide(plan, select.stages),
  };
  const run = (block: SourceBlock): SamplesResult => {
    const writers = new SeriesWriters(plan, block);
    const counts = sample(sampling, block, writers);
    return { kind: 'samples', series: writers.series(), ...oneBlock, ...counts, bytes: block.text.textBytes };
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

/** In the way that asks least of the lines. */
function sample(sampling: Sampling, block: SourceBlock, writers: SeriesWriters): Counts {
  const { plan, select, unwrap, decide } = sampling;
  if (block.metadata === undefined && !readsLevel(plan, block)) {
    if (select.indexes && !unwrap) return sampleUnread(sampling, block, writers);
    if (decide !== undefined && block.text.compact !== undefined) {
      return sampleClasses(sampling, block, block.text.compact, decide, writers);
    }
  }
  return sampleEach(sampling, block, writers);
}

/** Lines that need no labels of their own, and no text. */
function sampleUnread({ plan, select, buckets }: Sampling, block: SourceBlock, writers: SeriesWriters): Counts {
  const bucket = plan.sampleKind === 'count' ? onlyBucket(buckets, plan, block) : undefined;
  if (bucket !== undefined) {
    const lines = select.count!(block);
    if (lines > 0) writers.ofStream().addCount(bucket, lines);
    return { lines, matchedLines: lines };
  }
  const chosen = select.indexes!(block);
  const lines = chosen.length;
  if (lines === 0) return { lines, matchedLines: lines };
  const writer = writers.ofStream();
  const isBytes = plan.sampleKind === 'bytes';
  const starts = isBytes ? block.text.starts() : noStarts;
  const timeOf = relativeTimes(block.times(), plan.buckets.startNs);
  for (let at = 0; at < chosen.length; at++) {
    const index = chosen[at]!;
    const time = timeOf(index);
    writer.add(buckets.of(time), isBytes ? starts[index + 1]! - 1 - starts[index]! : 1, time);
  }
  return { lines, matchedLines: lines };
}

/** Lines in classes of which one line is looked at. */
function sampleClasses(
  { plan, select, buckets, unwrap }: Sampling,
  block: SourceBlock,
  compact: CompactText,
  decide: HolesThatDecide,
  writers: SeriesWriters,
): Counts {
  const chosen = select.front(block);
  const lines = chosen.length;
  if (lines === 0) return { lines, matchedLines: 0 };
  const { of, outcomes } = classedLines(block, compact, chosen, decide, select, (line, index) => {
    const value = unwrap ? unwrap(line) : 1;
    return value === undefined ? undefined : { value, writer: writers.of(line, index) };
  });
  const bucket = plan.sampleKind === 'count' ? onlyBucket(buckets, plan, block) : undefined;
  const timeOf = bucket === undefined ? whenNeeded(block, plan) : undefined;
  let matchedLines = 0;
  for (let at = 0; at < of.length; at++) {
    const outcome = outcomes[of[at]!];
    if (outcome === undefined) continue;
    matchedLines++;
    if (timeOf === undefined) outcome.writer.addCount(bucket!, 1);
    else {
      const time = timeOf(chosen[at]!);
      outcome.writer.add(buckets.of(time), outcome.value, time);
    }
  }
  return { lines, matchedLines };
}

/** Line by line. */
function sampleEach({ plan, select, buckets, unwrap }: Sampling, block: SourceBlock, writers: SeriesWriters): Counts {
  const isBytes = plan.sampleKind === 'bytes';
  const timeOf = whenNeeded(block, plan);
  let matchedLines = 0;
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
  return { lines, matchedLines };
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
