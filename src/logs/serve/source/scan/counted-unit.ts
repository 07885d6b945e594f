import type { BlockPlan, BlockResult, BlockRunner, LabelRecord } from '../../../query/query.ts';
import { outputs } from '../stream-labels.ts';
import type { ListedPart, ListedUnit } from './listed-units.ts';

class MustBeOpened extends Error {}

function open(): never {
  throw new MustBeOpened();
}

/**
 * What a block gives whose lines are only counted, those of each stream in one series and one bucket: the catalogue has their numbers.
 * Undefined where the plan asks for more of them.
 */
export function countedUnit(
  plan: BlockPlan,
  runner: BlockRunner,
  { parts, timeMin, timeMax, throughStore }: ListedUnit,
): BlockResult[] | undefined {
  if (throughStore) return undefined;
  if (plan.kind !== 'samples' || plan.sampleKind !== 'count' || plan.stages.length > 0 || plan.unwrap) return undefined;
  const { grouping, sinceNs, untilNs } = plan;
  if (grouping === undefined || grouping.without) return undefined;
  if (timeMin < sinceNs || timeMax >= untilNs) return undefined;
  if (!parts.every((part) => isOneSeries(part, grouping.labels))) return undefined;
  const text = { textBytes: 0, starts: open, all: open };
  try {
    return countsOf(parts, grouping.labels).map(({ labels, lineCount }, at) => {
      const result = runner.run({ labels, timeMin, timeMax, lineCount, text, times: open });
      return { ...result, blocks: 0, skipped: at === 0 ? 1 : 0 };
    });
  } catch (error) {
    if (error instanceof MustBeOpened) return undefined;
    throw error;
  }
}

function isOneSeries({ streams }: ListedPart, names: readonly string[]): boolean {
  const [{ labels }] = streams as [{ labels: LabelRecord }];
  // How many lines are of one output alone, only the block itself tells.
  const isWhole = !('output' in streams[0]!) || streams.length === outputs.length;
  return (
    isWhole &&
    names.every(
      // A label that the stream does not have may be among a line's metadata.
      (name) => Object.hasOwn(labels, name) && streams.every((stream) => stream.labels[name] === labels[name]),
    )
  );
}

/** Lines of each series, as far as streams of one follow one another. */
function countsOf(parts: readonly ListedPart[], names: readonly string[]) {
  const counts: { labels: LabelRecord; lineCount: number }[] = [];
  for (const { streams, lineCount } of parts) {
    const { labels } = streams[0]!;
    const latest = counts.at(-1);
    if (latest && names.every((name) => latest.labels[name] === labels[name])) latest.lineCount += lineCount;
    else counts.push({ labels, lineCount });
  }
  return counts;
}
