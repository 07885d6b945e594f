import type { BlockPlan, BlockResult, BlockRunner, LabelRecord } from '../../../query/query.ts';
import { outputs } from '../stream-labels.ts';
import type { ListedUnit } from './listed-units.ts';

class MustBeOpened extends Error {}

function open(): never {
  throw new MustBeOpened();
}

/**
 * What a block gives whose lines are only counted, all in one series and one bucket: the catalogue has their number. Undefined where the
 * plan asks for more of them.
 */
export function countedUnit(
  plan: BlockPlan,
  runner: BlockRunner,
  { parts, timeMin, timeMax, throughStore }: ListedUnit,
): BlockResult | undefined {
  if (throughStore) return undefined;
  if (plan.kind !== 'samples' || plan.sampleKind !== 'count' || plan.stages.length > 0 || plan.unwrap) return undefined;
  const { grouping, sinceNs, untilNs } = plan;
  if (grouping === undefined || grouping.without || parts.length !== 1) return undefined;
  if (timeMin < sinceNs || timeMax >= untilNs) return undefined;
  const [{ streams, lineCount }] = parts as [ListedUnit['parts'][number]];
  const [{ labels }] = streams as [{ labels: LabelRecord }];
  // How many lines are of one output alone, only the block itself tells.
  const isWhole = !('output' in streams[0]!) || streams.length === outputs.length;
  const isOneSeries = grouping.labels.every(
    // A label that the stream does not have may be among a line's metadata.
    (name) => Object.hasOwn(labels, name) && streams.every((stream) => stream.labels[name] === labels[name]),
  );
  if (!isWhole || !isOneSeries) return undefined;
  const text = { textBytes: 0, starts: open, all: open };
  try {
    const result = runner.run({ labels, timeMin, timeMax, lineCount, text, times: open });
    return { ...result, blocks: 0, skipped: 1 };
  } catch (error) {
    if (error instanceof MustBeOpened) return undefined;
    throw error;
  }
}
