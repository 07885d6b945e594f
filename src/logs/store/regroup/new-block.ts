import { release } from '../../../base/release.ts';
import type { LabelRecord, PushedRun } from '../../batch/batch.ts';
import type { Part } from '../block-table.ts';
import type { MergeOptions } from '../merge.ts';
import { encodeMerged, type PushedRegroupedHeader } from '../payloads.ts';
import { formatRunParts } from '../pushed-rows.ts';
import { recordKinds } from '../record.ts';
import type { PlannedRun, Source } from './plan-targets.ts';

/** What is moved, as it was when that was planned. */
export interface MovePlan {
  sources: readonly Source[];
  /** `PushedTable.removals` from before the sources were looked at. */
  removals: number;
  /** By the stream's row; missing where they are not at hand. */
  labels?: ReadonlyMap<number, LabelRecord>;
  ids?: ReadonlyMap<number, string>;
}

interface MadeBlock {
  taken: readonly PlannedRun[];
  /** Of each run of the frame. */
  parts: readonly (readonly Part[])[];
  frame: Buffer;
  /** Those of the frame, where they are known. */
  runs?: readonly PushedRun[] | undefined;
  /** The frame is that of its one source, with all its runs. */
  isCopy?: true;
}

/** Runs of one stream that lie together have become one. `times` has the earliest and the latest of each, in turn. */
export function madeBlock(
  { labels, ids }: MovePlan,
  taken: readonly PlannedRun[],
  frame: Buffer,
  times: BigInt64Array,
): MadeBlock {
  const runs: PushedRun[] = [];
  const parts: Part[][] = [];
  for (const [i, { stream, lineCount, textBytes, parts: own }] of taken.entries()) {
    const last = runs.at(-1);
    if (last && stream === taken[i - 1]!.stream) {
      last.lineCount += lineCount;
      last.textBytes += textBytes;
      parts.at(-1)!.push(...own);
      continue;
    }
    const [timeMin, timeMax] = [times[2 * runs.length]!, times[2 * runs.length + 1]!];
    const named = { labels: labels?.get(stream) ?? {}, stream: ids?.get(stream) };
    runs.push({ ...named, lineCount, textBytes, timeMin, timeMax });
    parts.push([...own]);
  }
  return { taken, parts, frame, runs: labels && runs };
}

/** False where some of the lines have gone meanwhile. */
export async function submitBlock(
  { committer, catalogue, makesRoom = false }: Pick<MergeOptions, 'committer' | 'catalogue'> & { makesRoom?: boolean },
  plan: MovePlan,
  { taken, parts, frame, runs, isCopy }: MadeBlock,
): Promise<boolean> {
  const { pushed } = catalogue;
  const { sources } = plan;
  const isThere = ({ source, position }: PlannedRun) => pushed.hasRun(sources[source]!.block.sequence, position);
  let isMade = false;
  let payload: Buffer | undefined;
  await committer.submit({
    ...{ bytes: frame.length, exclusive: makesRoom, makesRoom },
    plan(group) {
      isMade = pushed.removals === plan.removals || taken.every(isThere);
      if (!isMade) return;
      // The removal that this block is. Where it fails, or others come before the next one, that is seen by the number.
      if (pushed.removals === plan.removals) plan.removals++;
      const { tenant } = sources[taken[0]!.source]!.block;
      const header = headerOf(sources, taken, parts);
      payload = encodeMerged(isCopy ? { ...header, isCopy } : header, frame);
      group.records.push({ kind: recordKinds.pushedRegrouped, tenant, payload, runs });
    },
  });
  if (payload) release(payload);
  return isMade;
}

/** Of a block that the runs make in this order. They are there, so where they are as many as the source had at first, they are all it has. */
function headerOf(
  sources: readonly Source[],
  taken: readonly PlannedRun[],
  parts: readonly (readonly Part[])[],
): PushedRegroupedHeader {
  const positions = new Map<Source, number[]>();
  for (const { source, position } of taken) {
    const own = positions.get(sources[source]!);
    if (own) own.push(position);
    else positions.set(sources[source]!, [position]);
  }
  const used = [...positions.keys()].sort((a, b) => a.block.sequence - b.block.sequence);
  const blocks = used.map(({ block }) => block);
  const sequenceMax = max(taken.map(({ parts }) => max(parts.map(({ sequence }) => sequence))));
  return {
    blocks: blocks.map(({ sequence }, i) => sequence - (blocks[i - 1]?.sequence ?? 0)),
    runs: used.map((source) => (positions.get(source)!.length === source.runs.length ? null : positions.get(source)!)),
    parts: parts.map((own) => formatRunParts(own, sequenceMax)),
    sequenceMin: -max(taken.map(({ parts }) => max(parts.map(({ sequence }) => -sequence)))),
    sequenceMax,
    receivedMs: max(blocks.map(({ receivedMs }) => receivedMs)),
    receivedMinMs: -max(blocks.map(({ receivedMinMs }) => -receivedMinMs)),
  };
}

function max(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), Number.NEGATIVE_INFINITY);
}
