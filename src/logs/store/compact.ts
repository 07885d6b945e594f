import { limits } from '../batch/batch.ts';
import type { BlockRow } from './block-table.ts';
import { Coverage } from './coverage.ts';
import { isSettled, type Merged, type MergeOptions, mergeRun, spanMsMax, sumOfText } from './merge.ts';

/** So much plain text of a segment is rewritten at once, without waiting for more. */
export const fullTextBytes = 6 * 1024 * 1024;
/** What is worth rewriting. */
export interface CompactRules {
  /** Less text is left alone: what each block says of itself would outweigh what it saves. */
  textBytesMin: number;
  /** What does not become so small stays plain: it would cost more to read than it saves. */
  shareMax: number;
}

export const compactRules: CompactRules = { textBytesMin: 64 * 1024, shareMax: 0.9 };
/** What came so lately waits for more, so that lines are rewritten together. */
const idleMsMin = 2 * 60_000;
const SEGMENTS_PER_PAGE = 64;
/** Blocks that did not become compact are not tried again for so long as so many are remembered. */
export const declinedMax = 100_000;

export interface CompactOptions extends MergeOptions {
  /** Blocks, by sequence, that are as small as they can be. */
  declined: Set<number>;
  rules: CompactRules;
  /** Waits until as much work is due again as was just done. */
  pace: (workMs: number) => Promise<void>;
}

/** Rewrites plain blocks of containers into compact ones, as far as it is due; `now`: whatever is there. Says how many it made. */
export async function compactBlocks(options: CompactOptions, now: boolean, signal: AbortSignal): Promise<number> {
  const { catalogue, rules } = options;
  let made = 0;
  for (const { instance, segment } of plainSegments(options, now)) {
    const coverage = catalogue.segments.coverage(instance, segment) ?? Coverage.empty();
    const blocks = catalogue.blocks.ofSegment(instance, segment).filter((block) => now || isSettled(options, block));
    for (const run of runsToCompact(blocks, coverage, dueTest(options, now))) {
      if (signal.aborted) return made;
      if (await rewritten(options, run, () => mergeRun(options, run, rules.shareMax))) made++;
    }
  }
  return made;
}

/** A page at a time: what gains nothing stays among them, and others come behind it. */
function* plainSegments(options: CompactOptions, now: boolean): Generator<{ instance: number; segment: string }> {
  let last = { instance: -1, segment: '' };
  for (;;) {
    const page = options.catalogue.blocks.plainSegments(last, ...dueTexts(options, now), SEGMENTS_PER_PAGE);
    yield* page;
    if (page.length < SEGMENTS_PER_PAGE) return;
    last = page.at(-1)!;
  }
}

/** How much text, and how old, makes a segment or tenant be looked at. */
export function dueTexts({ clock, rules: { textBytesMin } }: CompactOptions, now: boolean): [number, number, number] {
  return [textBytesMin, now ? textBytesMin : fullTextBytes, clock.nowMs() - idleMsMin];
}

interface Rewritable {
  sequence: number;
  textBytes: number;
  receivedMs: number;
  compact: boolean;
}

/** Whether blocks that lie together are rewritten. `isFull`: no more will come to them. */
type DueTest = (run: readonly Rewritable[], isFull: boolean) => boolean;

export function dueTest({ clock, declined, rules: { textBytesMin } }: CompactOptions, now: boolean): DueTest {
  const idleSinceMs = clock.nowMs() - idleMsMin;
  return (run, isFull) => {
    const textBytes = sumOfText(run);
    if (textBytes < textBytesMin || run.every(({ compact }) => compact)) return false;
    if (run.every(({ sequence, compact }) => compact || declined.has(sequence))) return false;
    return now || isFull || textBytes >= fullTextBytes || run.every(({ receivedMs }) => receivedMs < idleSinceMs);
  };
}

/** Does it, keeps the pace, and remembers what could not become compact. */
export async function rewritten(
  { declined, pace }: CompactOptions,
  run: readonly Rewritable[],
  rewrite: () => Promise<Merged>,
): Promise<boolean> {
  const begun = performance.now();
  const outcome = await rewrite();
  if (outcome === 'left') for (const { sequence } of run) declined.add(sequence);
  if (declined.size > declinedMax) declined.clear();
  await pace(performance.now() - begun);
  return outcome === 'made';
}

/**
 * Which neighbours become one compact block: as runsToMerge. A compact block is taken along where it grows by half, so each line is
 * rewritten a few times at most.
 */
export function runsToCompact(blocks: readonly BlockRow[], coverage: Coverage, isDue: DueTest): BlockRow[][] {
  const runs: BlockRow[][] = [];
  let run: BlockRow[] = [];
  let [textBytes, lineCount] = [0, 0];
  const finish = (isFull: boolean) => {
    const worthwhile = withoutLargeCompactHead(run);
    if (isDue(worthwhile, isFull)) runs.push(worthwhile);
    run = [];
    textBytes = lineCount = 0;
  };
  for (const block of blocks) {
    const [first, last] = [run[0], run.at(-1)];
    const adjacent = last === undefined || coverage.contains(last.offsetLast, block.offset + 1);
    const aged = first !== undefined && Math.abs(block.receivedMs - first.receivedMs) > spanMsMax;
    const full =
      textBytes + block.textBytes > limits.compactTextBytesMax ||
      lineCount + block.lineCount > limits.compactLinesMax ||
      run.length >= framesPerMergeMax;
    if (!adjacent || aged || full) finish(full);
    run.push(block);
    textBytes += block.textBytes;
    lineCount += block.lineCount;
  }
  finish(false);
  return runs;
}

/** Frames that are merged at a time: each is decompressed. */
const framesPerMergeMax = 1024;

function withoutLargeCompactHead<B extends Rewritable>(run: B[]): B[] {
  let rest = run;
  while (rest.length > 1 && rest[0]!.compact && rest[0]!.textBytes > 2 * (sumOfText(rest) - rest[0]!.textBytes))
    rest = rest.slice(1);
  return rest;
}
