import { Fault } from '../../base/fault.ts';
import type { Counter } from '../../telemetry/telemetry.ts';
import { PushedFrameBuilder, type PushedRun } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import type { Committer } from './committer.ts';
import type { PushedDeletedPayload } from './payloads.ts';
import { picked, type StreamPush, streamsOf, timeOf } from './push-lines.ts';
import type { PushedReader } from './pushed-reader.ts';
import { jsonPayload, recordKinds } from './record.ts';
import { compareBudget, dropRepeats } from './repeats.ts';
import type { PushedStreamLines, PushOutcome, PushWriter, Scope } from './store.ts';
import { StreamLanes } from './stream-lanes.ts';

/** Text of pushes that wait for their streams or for the disk; beyond it they are refused with `overloaded`. */
export const pushedBytesInFlightMax = 128 * 1024 * 1024;

/** Pushed streams that a store has, of all tenants: each is held in memory. One more is refused with `overloaded`. */
export const pushedStreamsMax = 1_000_000;

export interface PusherOptions {
  catalogue: Catalogue;
  committer: Committer;
  reader: PushedReader;
  /** Lines that were taken without being compared with all that is held around their time. */
  uncompared: Counter;
  streamsMax: number;
}

/** Takes pushes. Invariant: for each stream one push at a time is under way, from the comparison until its lines are in the catalogue. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #lanes = new StreamLanes();
  #bytesInFlight = 0;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  async push(tenant: string, writer: PushWriter, entries: readonly PushedStreamLines[]): Promise<PushOutcome> {
    const bytes = bytesOf(entries);
    if (this.#bytesInFlight > 0 && this.#bytesInFlight + bytes > pushedBytesInFlightMax) {
      const why = `${this.#bytesInFlight} bytes of pushed lines are under way`;
      throw new Fault('overloaded', `${why} (pushedBytesInFlightMax is ${pushedBytesInFlightMax})`);
    }
    this.#bytesInFlight += bytes;
    try {
      const { streams, refused } = streamsOf(tenant, writer, entries);
      this.#checkRoom(streams);
      const leave = await this.#lanes.enter(streams.map(({ id }) => id));
      try {
        return { ...(await this.#store(tenant, streams)), refused };
      } finally {
        leave();
      }
    } finally {
      this.#bytesInFlight -= bytes;
    }
  }

  /** Pushes that come at once may pass the limit together, by as much as they bring. */
  #checkRoom(streams: readonly StreamPush[]): void {
    const { streamsMax } = this.#options;
    const { streams: known } = this.#options.catalogue.pushed;
    let { count } = known.index;
    for (const { id } of streams) {
      if (known.get(id) === undefined && ++count > streamsMax) {
        throw new Fault(
          'overloaded',
          `the store has ${known.index.count} pushed streams (pushedStreamsMax is ${streamsMax})`,
          {
            hint: 'use fewer labels, or fewer values of them; what varies from line to line belongs into structured metadata',
          },
        );
      }
    }
  }

  /** `ids` are those that the scope allows. */
  async delete(scope: Scope, ids: readonly string[]): Promise<void> {
    const { catalogue, committer } = this.#options;
    const leave = await this.#lanes.enter(ids);
    try {
      await committer.submit({
        bytes: 128 * ids.length,
        exclusive: true,
        plan(group) {
          const streams: PushedDeletedPayload['streams'] = ids.flatMap((id) => {
            const stream = catalogue.pushed.streams.get(id);
            return stream ? [{ id, through: stream.lastTime.toString(), sequence: null, deletedMs: null }] : [];
          });
          const payload: PushedDeletedPayload = { streams };
          if (streams.length > 0)
            group.records.push({
              kind: recordKinds.pushedDeleted,
              tenant: scope.tenant,
              payload: jsonPayload(payload),
            });
        },
      });
    } finally {
      leave();
    }
  }

  async #store(tenant: string, streams: readonly StreamPush[]): Promise<Omit<PushOutcome, 'refused'>> {
    const { catalogue, committer, reader, uncompared } = this.#options;
    const outcome = { stored: 0, held: 0, deleted: 0 };
    const budget = compareBudget();
    for (const stream of streams) {
      outcome.deleted += dropDeleted(catalogue, stream);
      if (stream.lines.from.length === 0) continue;
      const dropped = await dropRepeats(catalogue, reader, stream, budget);
      outcome.held += dropped.held;
      outcome.stored += stream.lines.from.length;
      if (dropped.uncompared > 0) uncompared.add(dropped.uncompared);
    }
    if (outcome.stored === 0) return outcome;
    const frames = framesOf(streams);
    await committer.submit({
      bytes: frames.reduce((sum, { frame }) => sum + frame.length, 0),
      exclusive: false,
      plan(group) {
        for (const { frame, runs } of frames)
          group.records.push({ kind: recordKinds.pushed, tenant, payload: frame, runs });
      },
    });
    return outcome;
  }
}

/** Takes out lines that are no later than what was deleted on purpose; gives how many. */
function dropDeleted(catalogue: Catalogue, stream: StreamPush): number {
  const tombstone = catalogue.pushed.tombstone(stream.id);
  if (!tombstone) return 0;
  const { lines } = stream;
  const count = lines.from.length;
  const later = Uint32Array.from({ length: count }, (_, i) => i).filter((i) => timeOf(lines, i) > tombstone.through);
  if (later.length < count) stream.lines = picked(lines, later);
  return count - later.length;
}

/** Text and what is said of it, in memory. */
function bytesOf(entries: readonly PushedStreamLines[]): number {
  let bytes = 0;
  for (const { from, to } of entries) for (let i = 0; i < from.length; i++) bytes += to[i]! - from[i]! + 64;
  return bytes;
}

function framesOf(streams: readonly StreamPush[]): { frame: Buffer; runs: PushedRun[] }[] {
  const builder = new PushedFrameBuilder();
  const frames: { frame: Buffer; runs: PushedRun[] }[] = [];
  for (const { lines } of streams) {
    const count = lines.from.length;
    for (let next = 0; next < count; ) {
      if (!builder.fits(lines.to[next]! - lines.from[next]!)) frames.push(builder.finish());
      builder.beginRun(lines.labels);
      next = builder.addLines(lines, next);
    }
  }
  if (builder.lineCount > 0) frames.push(builder.finish());
  return frames;
}
