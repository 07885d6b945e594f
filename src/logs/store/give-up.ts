import type { Clock } from '../../base/clock.ts';
import type { Counter, Logger } from '../../telemetry/telemetry.ts';
import type { BlockRow } from './block-table.ts';
import type { Catalogue } from './catalogue.ts';
import type { Committer } from './committer.ts';
import { Coverage } from './coverage.ts';
import type { DamagedPayload, ExpiredPayload } from './payloads.ts';
import type { PushedBlockRow } from './pushed-rows.ts';
import { jsonPayload, recordKinds } from './record.ts';

const TIME_MIN = -(2n ** 63n);
const TIME_MAX = 2n ** 63n - 1n;

/** What is done with a block whose record is damaged, wherever that shows. Called again with the same block, it counts and does no more. */
export interface GiveUp {
  /** Drops the block, durably, and leaves a gap in its place. */
  giveUp(block: BlockRow, why: string): Promise<void>;
  /** Pushed lines have no positions and so leave no gap. */
  giveUpPushed(block: PushedBlockRow, why: string): Promise<void>;
}

export function givingUp(parts: {
  catalogue: Catalogue;
  committer: Committer;
  clock: Clock;
  log: Logger;
  damaged: Counter;
}): GiveUp {
  const { catalogue, committer, clock, log, damaged } = parts;
  return {
    giveUp(block, why) {
      damaged.add();
      log.error('a damaged block is given up', { ...block.location, lines: block.lineCount, error: why });
      return giveUpBlock(catalogue, committer, block, clock.nowMs());
    },
    giveUpPushed(block, why) {
      damaged.add();
      log.error('a damaged block of pushed lines is given up', { ...block.location, error: why });
      return giveUpPushedBlock(catalogue, committer, block);
    },
  };
}

function giveUpBlock(catalogue: Catalogue, committer: Committer, block: BlockRow, nowMs: number): Promise<void> {
  return committer.submit({
    bytes: 256,
    exclusive: true,
    makesRoom: true,
    plan(group) {
      const instance = catalogue.instances.byRow(block.instance);
      const now = catalogue.blocks.get(block.sequence);
      const same = now?.location.pack === block.location.pack && now.location.offset === block.location.offset;
      if (!instance || !same) return;
      const payload: DamagedPayload = {
        instance: instance.id,
        block: block.sequence,
        segment: block.segment,
        from: block.offset,
        to: endOf(catalogue, block),
        noticedAt: new Date(nowMs).toISOString(),
      };
      group.records.push({ kind: recordKinds.damaged, tenant: instance.tenant, payload: jsonPayload(payload) });
    },
  });
}

function giveUpPushedBlock(catalogue: Catalogue, committer: Committer, block: PushedBlockRow): Promise<void> {
  return committer.submit({
    bytes: 64,
    exclusive: true,
    makesRoom: true,
    plan(group) {
      const now = catalogue.pushed.block(block.sequence);
      const same = now?.location.pack === block.location.pack && now.location.offset === block.location.offset;
      if (!same) return;
      const payload: ExpiredPayload = { blocks: [block.sequence] };
      group.records.push({ kind: recordKinds.expired, tenant: block.tenant, payload: jsonPayload(payload) });
    },
  });
}

/** Where the next block begins, or what is held ends. Null if neither says anything. */
function endOf(catalogue: Catalogue, { instance, segment, offsetLast }: BlockRow): number | null {
  const coverage = catalogue.segments.coverage(instance, segment) ?? Coverage.empty();
  const held = coverage.held().find(({ from, to }) => from <= offsetLast && offsetLast < to);
  const position = { segment, offset: offsetLast };
  const [next] = catalogue.blocks.after(instance, TIME_MIN, TIME_MAX, position, 1);
  const ends = [held?.to, next?.segment === segment ? next.offset : undefined].filter((end) => end !== undefined);
  return ends.length === 0 ? null : Math.min(...ends);
}
