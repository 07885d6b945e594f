import { Fault } from '../../base/fault.ts';
import type { Instance, LogStore, ReadRange, Scope } from '../store/store.ts';
import { ContextPicker } from './context-picker.ts';
import { judge } from './line-filter.ts';
import type { Source } from './merge.ts';
import { bytesOf, compacted, type PickedLines } from './picked-lines.ts';
import type { ReadingSettings } from './request.ts';

/** Last lines are held until they can be merged; a request whose last lines are larger is refused. */
export const tailBytesMax = 128 * 1024 * 1024;

/** What reading the past needs to know. */
export interface History {
  store: LogStore;
  scope: Scope;
  settings: ReadingSettings;
  /** Only what was stored up to and including this position. */
  throughSequence: number;
}

/** Everything of an instance that the settings let through, in the order of the file. */
export async function* readForward(
  history: History,
  instance: Instance,
  limitBytes?: number,
): AsyncGenerator<PickedLines> {
  const { store, scope, settings } = history;
  const picker = new ContextPicker(settings.before, settings.after);
  let bytes = 0;
  for await (const block of store.read(scope, instance.id, rangeOf(history, 'forward'))) {
    for (const picked of picker.pick(block, await judge(block, settings))) {
      yield picked;
      bytes += bytesOf(picked);
    }
    if (limitBytes !== undefined && bytes >= limitBytes) return;
  }
}

/** Bytes of last lines that a request holds, in all. */
export class TailBudget {
  #bytes = 0;

  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= tailBytesMax) return;
    throw new Fault('overloaded', `the last lines asked for are more than ${tailBytesMax} bytes (tailBytesMax)`, {
      hint: 'ask for fewer with --tail N, or for a time with --since',
    });
  }
}

/** The last `tail` lines over these instances of one container (oldest first), per instance in the order of the file. */
export async function readTails(
  history: History,
  instances: readonly Instance[],
  tail: number,
  budget: TailBudget,
): Promise<Map<Instance, PickedLines[]>> {
  const tails = new Map<Instance, PickedLines[]>();
  let left = tail;
  for (const instance of instances.toReversed()) {
    if (left <= 0) break;
    const { picked, sought } = await readTail(history, instance, left, budget);
    left -= sought;
    tails.set(instance, picked);
  }
  return tails;
}

async function readTail(history: History, instance: Instance, tail: number, budget: TailBudget) {
  const { store, scope, settings } = history;
  const picker = new ContextPicker(settings.before, settings.after, true);
  const reversed: PickedLines[] = [];
  for await (const block of store.read(scope, instance.id, rangeOf(history, 'backward'))) {
    for (const { block: from, lines } of picker.pick(block, await judge(block, settings), tail)) {
      const copy = compacted({ block: from, lines: lines.toReversed() });
      budget.take(copy.block.text.length);
      reversed.push(copy);
    }
    if (picker.soughtCount >= tail && picker.owesNothing) break;
  }
  return { picked: reversed.toReversed(), sought: picker.soughtCount };
}

/**
 * A picker that stands where reading an instance up to `throughSequence` would have left it: following goes on with the lines
 * around what was found last.
 */
export async function primedPicker(history: History, instance: Instance): Promise<ContextPicker> {
  const { before, after } = history.settings;
  const picker = new ContextPicker(before, after);
  if (before + after === 0) return picker;
  const blocks = [];
  let lines = 0;
  for await (const block of history.store.read(history.scope, instance.id, rangeOf(history, 'backward'))) {
    const verdicts = await judge(block, history.settings);
    blocks.push({ block, verdicts });
    lines += verdicts.reduce((sum, verdict) => sum + (verdict > 0 ? 1 : 0), 0);
    if (lines >= before + after) break;
  }
  for (const { block, verdicts } of blocks.toReversed()) picker.pick(block, verdicts);
  return picker;
}

/** The sources of a merge, one for each instance that may have lines; `indexOf` names it. */
export async function sourcesOf(
  history: History,
  containers: readonly (readonly Instance[])[],
  options: { tail: number | undefined; limitBytes: number | undefined },
  indexOf: (instance: Instance) => number,
): Promise<Source[]> {
  const budget = new TailBudget();
  const sources: Source[] = [];
  for (const instances of containers) {
    if (options.tail === undefined) {
      for (const instance of instances) {
        const open = () => readForward(history, instance, options.limitBytes);
        sources.push({
          index: indexOf(instance),
          firstTime: laterOf(instance.firstTime, history.settings.since),
          open,
        });
      }
    } else {
      for (const [instance, picked] of await readTails(history, instances, options.tail, budget)) {
        sources.push({ index: indexOf(instance), firstTime: instance.firstTime, open: () => arrayOf(picked) });
      }
    }
  }
  return sources;
}

async function* arrayOf(picked: readonly PickedLines[]): AsyncGenerator<PickedLines> {
  yield* picked;
}

function laterOf(a: bigint | null, b: bigint | undefined): bigint | null {
  if (a === null || b === undefined) return a;
  return a > b ? a : b;
}

function rangeOf({ settings, throughSequence }: History, direction: ReadRange['direction']): ReadRange {
  const { since, until } = settings;
  return {
    direction,
    throughSequence,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}
