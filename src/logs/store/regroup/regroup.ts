import { type CompactOptions, declinedMax } from '../compact.ts';
import { isSettled, SMALL_BLOCKS_MIN, smallTextBytes } from '../merge.ts';
import type { PlainTenant, PushedBlockRow } from '../pushed-rows.ts';
import { alikeTogether, planTargets, type Source } from './plan-targets.ts';
import { blockRoom } from './regrouped-frames.ts';
import { rewriteRuns } from './rewrite.ts';
import { type RegroupLimits, windowOf, withPartlyFull } from './window.ts';

const BLOCKS_PER_PAGE = 4096;
/** Pushes smaller than `smallTextBytes` wait for so many others before they are put together: once, until they become compact. */
const smallCountMin = 256;
/** What lies idle is regrouped from so much text on; with less it waits until it is old. */
const idleTextBytesMin = 1024 * 1024;
/** Nothing came for so long. */
const idleMsMin = 2 * 60_000;
/** However little it is, lines wait no longer. */
const waitMsMax = 3600_000;

export interface RegroupOptions extends CompactOptions {
  limits: RegroupLimits;
}

/**
 * Rewrites what was pushed: plain blocks, which hold a little of each stream that a push had, become compact ones that hold few streams, or
 * one. `now`: whatever is there. Says how many blocks it made.
 */
export async function regroupPushes(options: RegroupOptions, now: boolean, signal: AbortSignal): Promise<number> {
  let made = 0;
  for (const tenant of options.catalogue.pushed.plainTenants(smallTextBytes)) {
    if (signal.aborted) return made;
    made += await regroupTenant(options, tenant, now, signal);
    made += await joinSmall(options, tenant, now, signal);
  }
  return made;
}

async function regroupTenant(
  options: RegroupOptions,
  { tenant, textBytes }: PlainTenant,
  now: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { catalogue, rules, limits } = options;
  if (textBytes < rules.textBytesMin) return 0;
  const { blocks, isFull } = windowOf(candidates(options, tenant, now), limits);
  if (!isDue(options, blocks, isFull, now)) return 0;
  const partlyFull = catalogue.pushed
    .partlyFull(tenant, limits.blocksMax)
    .filter((block) => isSettledPush(options, block));
  return rewrite(options, withPartlyFull(blocks, partlyFull, limits), 'compact', signal);
}

function isDue({ clock, rules }: RegroupOptions, blocks: readonly PushedBlockRow[], isFull: boolean, now: boolean) {
  const textBytes = blocks.reduce((sum, block) => sum + block.textBytes, 0);
  if (textBytes < rules.textBytesMin) return false;
  if (now || isFull) return true;
  const nowMs = clock.nowMs();
  const isIdle = blocks.every(({ receivedMs }) => receivedMs < nowMs - idleMsMin);
  const isOld = blocks.some(({ receivedMinMs }) => receivedMinMs < nowMs - waitMsMax);
  return isOld || (isIdle && textBytes >= idleTextBytesMin);
}

/** Many small pushes are put together while they wait, so that reading them does not open thousands of blocks. */
async function joinSmall(
  options: RegroupOptions,
  { tenant, smallCount }: PlainTenant,
  now: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { limits } = options;
  const countMin = now ? SMALL_BLOCKS_MIN : smallCountMin;
  if (!now && smallCount < countMin) return 0;
  const isSmall = ({ textBytes, sequence, sequenceMin }: PushedBlockRow) =>
    textBytes < smallTextBytes && (now || sequence === sequenceMin);
  const small = [...candidates(options, tenant, now)].filter(isSmall);
  const { blocks } = windowOf(small, { ...limits, textBytesMax: blockRoom.plain.textBytesMax });
  return blocks.length < countMin ? 0 : rewrite(options, blocks, 'plain', signal);
}

/** Plain blocks of a tenant that may be rewritten, in the order of storing. */
function* candidates(options: RegroupOptions, tenant: string, now: boolean): Generator<PushedBlockRow> {
  const { catalogue, declined } = options;
  for (let last = -1; ; ) {
    const page = catalogue.pushed.plainOf(tenant, last, BLOCKS_PER_PAGE);
    for (const block of page) if (!declined.has(block.sequence) && (now || isSettledPush(options, block))) yield block;
    if (page.length < BLOCKS_PER_PAGE) return;
    last = page.at(-1)!.sequence;
  }
}

function isSettledPush(options: RegroupOptions, { sequenceMax, receivedMs }: PushedBlockRow): boolean {
  return isSettled(options, { sequence: sequenceMax, receivedMs });
}

async function rewrite(
  options: RegroupOptions,
  blocks: readonly PushedBlockRow[],
  form: 'plain' | 'compact',
  signal: AbortSignal,
): Promise<number> {
  const { catalogue, declined, merged, rules, limits } = options;
  const { pushed } = catalogue;
  const sources = blocks.map((block): Source => ({ block, runs: pushed.placesOf(block) }));
  const rows = new Set(sources.flatMap(({ runs }) => runs.map(({ stream }) => stream)));
  const streams = alikeTogether(new Map(Array.from(rows, (row) => [row, pushed.streams.labelsOf(row)])));
  const targets = planTargets(
    sources,
    streams,
    form === 'plain' ? blockRoom.plain : { ...blockRoom.compact, ...limits.room },
  );
  const compactShareMax = form === 'plain' ? 0 : rules.shareMax;
  const outcome = await rewriteRuns({ ...options, compactShareMax }, sources, targets, signal);
  for (const { sequence } of outcome.declined) declined.add(sequence);
  if (declined.size > declinedMax) declined.clear();
  merged.add(outcome.emptied);
  return outcome.made + Number(outcome.isCut);
}
