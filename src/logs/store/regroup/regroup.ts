import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LabelRecord, limits, type TextForm } from '../../batch/batch.ts';
import { type CompactOptions, declinedMax } from '../compact.ts';
import { isSettled, SMALL_BLOCKS_MIN, smallTextBytes, sumOfText } from '../merge.ts';
import type { PlainTenant, PushedBlockRow } from '../pushed-rows.ts';
import type { MovePlan } from './new-block.ts';
import { alikeTogether, planTargets, type Source } from './plan-targets.ts';
import { blockRoom } from './regrouped-frames.ts';
import { rewriteRuns } from './rewrite.ts';
import { type RegroupLimits, windowsOf, withPartlyFull } from './window.ts';

const BLOCKS_PER_PAGE = 4096;
/** Runs that are looked at before others have their turn. */
const runsPerTurnMax = 2000;
/** Pushes smaller than `smallTextBytes` wait for so many others before they are put together: once, until they become compact. */
const smallCountMin = 256;
/** While nothing comes, so much text waits so long for more; more of each stream makes better blocks, and fewer. */
const idleWaits = [
  { textBytesMin: limits.compactTextBytesMax, waitMs: 10_000 },
  { textBytesMin: 1024 * 1024, waitMs: 2 * 60_000 },
];
/** Lines wait no longer, however little there is and whatever comes. */
const waitMsMax = 3600_000;

export interface RegroupOptions extends CompactOptions {
  regroupLimits: RegroupLimits;
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

/** One window of it at a time: other work is due in between. */
async function regroupTenant(
  options: RegroupOptions,
  { tenant, textBytes }: PlainTenant,
  now: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { catalogue, rules, regroupLimits: most } = options;
  if (textBytes < rules.textBytesMin) return 0;
  for (const { blocks, isFull } of windowsOf(candidates(options, tenant, now), most)) {
    if (!isDue(options, blocks, isFull || now)) continue;
    const partlyFull = catalogue.pushed.partlyFull(tenant, most.blocksMax);
    const settled = partlyFull.filter((block) => isSettledPush(options, block));
    return rewrite(options, withPartlyFull(blocks, settled, most), 'compact', signal);
  }
  return 0;
}

/** `isFull`: nothing is gained by waiting. */
function isDue({ clock, rules }: RegroupOptions, blocks: readonly PushedBlockRow[], isFull: boolean): boolean {
  const textBytes = sumOfText(blocks);
  if (textBytes < rules.textBytesMin) return false;
  const nowMs = clock.nowMs();
  const latestMs = blocks.reduce((latest, { receivedMs }) => Math.max(latest, receivedMs), 0);
  const isIdle = idleWaits.some((wait) => textBytes >= wait.textBytesMin && latestMs < nowMs - wait.waitMs);
  return isFull || isIdle || blocks.some(({ receivedMinMs }) => receivedMinMs < nowMs - waitMsMax);
}

/** Many small pushes are put together while they wait, so that reading them does not open thousands of blocks. */
async function joinSmall(
  options: RegroupOptions,
  { tenant, smallCount }: PlainTenant,
  now: boolean,
  signal: AbortSignal,
): Promise<number> {
  if (!now && smallCount < smallCountMin) return 0;
  const most = { ...options.regroupLimits, textBytesMax: limits.batchTextBytesMax };
  const isSmall = ({ textBytes, sequence, sequenceMin }: PushedBlockRow) =>
    textBytes < smallTextBytes && (now || sequence === sequenceMin);
  const small = [...candidates(options, tenant, now)].filter(isSmall);
  for (const { blocks, isFull } of windowsOf(small, most)) {
    const countMin = now || isFull ? SMALL_BLOCKS_MIN : smallCountMin;
    if (blocks.length >= countMin) return rewrite(options, blocks, 'plain', signal);
  }
  return 0;
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
  form: TextForm,
  signal: AbortSignal,
): Promise<number> {
  const { declined, merged, regroupLimits } = options;
  const plan = await planned(options, blocks, signal);
  if (signal.aborted) return 0;
  const room = form === 'plain' ? blockRoom.plain : { ...blockRoom.compact, ...regroupLimits.room };
  const targets = planTargets(plan.sources, alikeTogether(plan.labels), room);
  const outcome = await rewriteRuns({ ...options, form }, plan, targets, signal);
  for (const { sequence } of outcome.declined) declined.add(sequence);
  if (declined.size > declinedMax) declined.clear();
  merged.add(outcome.emptied);
  return outcome.made + Number(outcome.isCut);
}

/** Looks at what is to be moved, with pauses for others: it may be a lot. */
async function planned(
  { catalogue }: RegroupOptions,
  blocks: readonly PushedBlockRow[],
  signal: AbortSignal,
): Promise<Required<MovePlan>> {
  const { pushed } = catalogue;
  const { removals } = pushed;
  const sources: Source[] = [];
  const labels = new Map<number, LabelRecord>();
  const ids = new Map<number, string>();
  let looked = 0;
  for (const block of blocks) {
    const runs = pushed.placesOf(block);
    if (runs.length > 0) sources.push({ block, runs });
    // A stream may have gone since the turn before; then what is planned with it does not come to pass.
    for (const { stream } of runs) {
      if (labels.has(stream)) continue;
      const known = pushed.streams.byRow(stream);
      labels.set(stream, known?.labels ?? {});
      if (known) ids.set(stream, known.id);
    }
    looked += runs.length;
    if (looked < runsPerTurnMax) continue;
    looked = 0;
    await nextTurn();
    if (signal.aborted) break;
  }
  return { sources, labels, ids, removals };
}
