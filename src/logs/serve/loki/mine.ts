import type { Nanos } from '../../../base/nanotime.ts';
import { levelLabel } from '../../level/level.ts';
import { PatternMiner } from '../../patterns/patterns.ts';
import { createBlockRunner, type LogExpr, type LogSource, QueryStoppedError, type Scope } from '../../query/query.ts';
import { selectStreams } from '../source/selected-streams.ts';
import { sizesOf } from './stream-sizes.ts';
import type { Surroundings } from './surroundings.ts';

/** Lines of a selection, and what each is counted under. */
export interface MinedPart {
  expr: LogExpr;
  startNs: Nanos;
  /** Exclusive. */
  endNs: Nanos;
  timeOf(timeNs: Nanos): number;
}

export interface Mining {
  miner: PatternMiner;
  /** Lines of each part, also those that were not looked at. */
  lines: number[];
  /** Each line that was looked at stands for so many. */
  stride: number;
  warnings: string[];
}

type Parts = Pick<Surroundings, 'store' | 'clock' | 'settings'>;

/** Mines the lines of all parts together, so that they have the same patterns. Throws QueryStoppedError. */
export async function minePatterns(
  parts: Parts,
  { scope, source, signal }: { scope: Scope; source: LogSource; signal: AbortSignal },
  mined: readonly MinedPart[],
): Promise<Mining> {
  const { clock, settings } = parts;
  const begunMs = clock.monotonicMs();
  const checkStop = () => {
    if (signal.aborted) throw new QueryStoppedError('canceled');
    if (clock.monotonicMs() - begunMs > settings.timeoutMs) throw new QueryStoppedError('timeout');
  };
  const miner = new PatternMiner();
  const stride = strideOf(parts, scope, mined);
  const lines: number[] = [];
  for (const { expr, startNs, endNs, timeOf } of mined) {
    let seen = 0;
    for await (const { entries, labels } of linesOf(source, scope, expr, { startNs, endNs }, signal, checkStop)) {
      checkStop();
      const levels = labels.map(({ stream, metadata }) => metadata[levelLabel] ?? stream[levelLabel] ?? 'unknown');
      for (const { timeNs, line, labels: at } of entries) {
        if (seen++ % stride === 0 && line !== '') miner.add(line, levels[at]!, timeOf(timeNs));
      }
    }
    lines.push(seen);
  }
  return { miner, lines, stride, warnings: warningsOf(miner, stride, settings.minedLinesMax) };
}

/** Where nothing is filtered, the store knows about how many lines there are. Filters leave too few to say: all of theirs are looked at. */
function strideOf({ store, settings }: Parts, scope: Scope, mined: readonly MinedPart[]): number {
  const unfiltered = mined.filter(({ expr }) => expr.stages.length === 0);
  let lines = 0;
  for (const { expr, startNs, endNs } of unfiltered) {
    const selected = selectStreams(store, { scope, matchers: expr.matchers, sinceNs: startNs, untilNs: endNs });
    for (const { entries } of sizesOf(selected, startNs, endNs)) lines += entries;
  }
  return Math.max(1, Math.ceil(lines / settings.minedLinesMax));
}

function warningsOf({ unmined }: PatternMiner, stride: number, linesMax: number): string[] {
  const warnings: string[] = [];
  if (stride > 1)
    warnings.push(`one line in ${stride} was looked at, and counts as ${stride} (minedLinesMax is ${linesMax})`);
  if (unmined > 0) warnings.push(`${unmined * stride} lines of rare patterns are left out (kindsMax)`);
  return warnings;
}

async function* linesOf(
  source: LogSource,
  scope: Scope,
  { matchers, stages }: LogExpr,
  { startNs, endNs }: { startNs: Nanos; endNs: Nanos },
  signal: AbortSignal,
  checkStop: () => void,
) {
  const range = { sinceNs: startNs, untilNs: endNs, direction: 'forward' as const };
  const hints = { needles: [], needsText: true };
  const request = { scope, matchers, ...range, hints, signal };
  const plan = { kind: 'lines' as const, stages, needed: null, ...range, limit: Number.MAX_SAFE_INTEGER };
  if (source.scan) {
    for await (const result of source.scan(request, plan)) if (result.kind === 'lines') yield result;
    return;
  }
  const runner = createBlockRunner(plan, checkStop);
  for await (const block of source.select(request)) {
    const result = runner.run(block);
    if (result.kind === 'lines') yield result;
  }
}
