import { Fault } from '../../base/fault.ts';
import { release } from '../../base/release.ts';
import type { Counter } from '../../telemetry/telemetry.ts';
import { PushedFrameBuilder, type PushedRun } from '../batch/batch.ts';
import type { Catalogue } from './catalogue.ts';
import type { Committer } from './committer.ts';
import type { PushedDeletedPayload } from './payloads.ts';
import { lineCountOf, picked, type StreamPush, streamsOf, timeOf } from './push-lines.ts';
import type { PushedReader } from './pushed-reader.ts';
import { jsonPayload, recordKinds } from './record.ts';
import { compareBudget, dropRepeats, isNewer } from './repeats.ts';
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
  /** Empty between pushes. What it has grown to is kept: a large buffer for each push keeps the collector busy. */
  #builder = new PushedFrameBuilder();
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
    if (count + streams.length <= streamsMax) return;
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
      const sent = lineCountOf(stream.lines);
      if (sent === 0) continue;
      if (!isNewer(catalogue, stream)) {
        const dropped = await dropRepeats(catalogue, reader, stream, budget);
        if (dropped.uncompared > 0) uncompared.add(dropped.uncompared);
      }
      const left = lineCountOf(stream.lines);
      outcome.held += sent - left;
      outcome.stored += left;
    }
    if (outcome.stored === 0) return outcome;
    const frames = this.#framesOf(streams);
    await committer.submit({
      bytes: frames.reduce((sum, { frame }) => sum + frame.length, 0),
      exclusive: false,
      plan(group) {
        for (const { frame, runs } of frames)
          group.records.push({ kind: recordKinds.pushed, tenant, payload: frame, runs });
      },
    });
    for (const { frame } of frames) release(frame);
    return outcome;
  }

  #framesOf(streams: readonly StreamPush[]): { frame: Buffer; runs: PushedRun[] }[] {
    const builder = this.#builder;
    const frames: { frame: Buffer; runs: PushedRun[] }[] = [];
    try {
      for (const { id, lines } of streams) {
        const { from, to, lineFrom = 0, lineTo = from.length } = lines;
        for (let next = lineFrom; next < lineTo; ) {
          if (!builder.fits(to[next]! - from[next]!)) frames.push(builder.finish());
          builder.beginRun(lines.labels, id);
          next = builder.addLines(lines, next);
        }
      }
      if (builder.lineCount > 0) frames.push(builder.finish());
      return frames;
    } catch (error) {
      this.#builder = new PushedFrameBuilder();
      throw error;
    }
  }
}

/** Takes out lines that are no later than what was deleted on purpose; gives how many. */
function dropDeleted(catalogue: Catalogue, stream: StreamPush): number {
  const tombstone = catalogue.pushed.tombstone(stream.id);
  if (!tombstone) return 0;
  const { lines } = stream;
  const { lineFrom = 0, lineTo = lines.from.length } = lines;
  const later = Array.from({ length: lineTo - lineFrom }, (_, i) => lineFrom + i).filter(
    (i) => timeOf(lines, i) > tombstone.through,
  );
  const dropped = lineTo - lineFrom - later.length;
  if (dropped > 0) stream.lines = picked(lines, Uint32Array.from(later));
  return dropped;
}

/** Text and what is said of it, in memory. */
function bytesOf(entries: readonly PushedStreamLines[]): number {
  let bytes = 0;
  for (const { from, to, lineFrom = 0, lineTo = from.length } of entries)
    for (let i = lineFrom; i < lineTo; i++) bytes += to[i]! - from[i]! + 64;
  return bytes;
}
