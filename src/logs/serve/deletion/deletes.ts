import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { Nanos } from '../../../base/nanotime.ts';
import type { Logger } from '../../../telemetry/telemetry.ts';
import { createLineMatcher, type LogExpr, parse } from '../../query/query.ts';
import type { LogStore, Scope } from '../../store/store.ts';
import { selectStreams } from '../source/selected-streams.ts';
import type { Output } from '../source/stream-labels.ts';
import { type Cut, withCuts } from './cut-store.ts';
import { type DeleteRequest, readDeletes, writeDeletes } from './delete-file.ts';

/** Requests that are kept, and streams of one of them. */
export const deleteRequestsMax = 1000;
export const deletedStreamsMax = 100_000;
const fileName = 'deletes.json';
/** How often it is looked whether requests can no longer be cancelled. */
const checkMs = 60_000;

export interface DeletesParts {
  dataDir: string;
  store: LogStore;
  clock: Clock;
  log: Logger;
  random: () => string;
  /** How long a request can be cancelled, as Loki's delete_request_cancel_period; its lines are hidden from the beginning. */
  cancelPeriodMs: number;
}

/**
 * What was deleted on purpose. Invariant: a request that was answered is in the file, and no read of `store` gives a line that a request in
 * the file names.
 */
export class Deletes {
  /** The store without deleted lines: all that reads for people goes through it. */
  readonly store: LogStore;
  readonly cancelPeriodMs: number;
  readonly #parts: DeletesParts;
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  readonly #cuts = new Map<string, Cut[]>();
  #cutChanges = 0;
  #requests: DeleteRequest[];
  #processing: Promise<void> | undefined;

  /** Throws Fault `corrupt` or `newer-format`. */
  constructor(parts: DeletesParts) {
    this.#parts = parts;
    this.cancelPeriodMs = parts.cancelPeriodMs;
    this.#path = join(parts.dataDir, fileName);
    this.#requests = readDeletes(this.#path);
    this.#index();
    this.store = withCuts(parts.store, this.#cuts, () => this.#cutChanges);
    this.#timer = setInterval(() => void this.process(), checkMs).unref();
  }

  list(tenant: string): DeleteRequest[] {
    return this.#requests.filter((request) => request.tenant === tenant);
  }

  /** Durable when it returns. Throws Fault `overloaded`, or `bad-request` where it names more streams than it may. */
  add(
    scope: Scope,
    asked: Pick<DeleteRequest, 'by' | 'startNs' | 'endNs'> & { query: string; expr: LogExpr },
  ): DeleteRequest {
    const { clock, random, store } = this.#parts;
    const { expr, ...rest } = asked;
    const { matchers, stages } = expr;
    this.#makeRoom();
    const range = { sinceNs: rest.startNs, untilNs: rest.endNs + 1n };
    const { instances, pushed } = selectStreams(store, { scope, matchers, ...range });
    const outputs: Record<string, Output[]> = {};
    for (const { instance, streams } of instances) outputs[instance.id] = streams.map(({ output }) => output);
    const count = instances.length + pushed.length;
    if (count > deletedStreamsMax) {
      throw new Fault('bad-request', `the request names ${count} streams; deletedStreamsMax is ${deletedStreamsMax}`);
    }
    const request: DeleteRequest = {
      ...{ ...rest, id: random(), tenant: scope.tenant, createdMs: clock.nowMs(), status: 'received' },
      ...{ instances: outputs, pushed: pushed.map(({ id }) => id) },
      ...(stages.length > 0 && { filtered: true as const }),
    };
    this.#keep([...this.#requests, request]);
    return request;
  }

  /** Lines that only this request named are shown again. */
  cancel(id: string): void {
    this.#keep(this.#requests.filter((request) => request.id !== id));
  }

  /** Gives up the room of what can no longer be cancelled, as far as whole streams go; the rest stays hidden. */
  process(): Promise<void> {
    this.#processing ??= this.#process()
      .catch((error) => this.#parts.log.error('deleting lines failed; it is tried again', { error: messageOf(error) }))
      .finally(() => {
        this.#processing = undefined;
      });
    return this.#processing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#processing;
  }

  async #process(): Promise<void> {
    const dueMs = this.#parts.clock.nowMs() - this.cancelPeriodMs;
    for (const { id } of this.#requests.filter(
      ({ status, createdMs }) => status === 'received' && createdMs <= dueMs,
    )) {
      const request = this.#requests.find((one) => one.id === id);
      if (request) await this.#remove(request);
    }
  }

  async #remove(request: DeleteRequest): Promise<void> {
    const { store, log } = this.#parts;
    const scope: Scope = { tenant: request.tenant, namespaces: '*' };
    const isWithin = (first: Nanos | null, last: Nanos | null) =>
      first !== null && last !== null && first >= request.startNs && last <= request.endNs;
    // Of a filtered request no stream is named whole.
    const [named, pushed] = request.filtered ? [[], []] : [Object.keys(request.instances), request.pushed];
    const ids = named.filter((id) => request.instances[id]!.length === 2);
    // One that still runs would lose what it has yet to write.
    const gone = (ids.length > 0 ? store.instances(scope, { ids }) : []).filter(
      ({ ended, firstTime, lastTime }) => ended && isWithin(firstTime, lastTime),
    );
    const streams = (pushed.length > 0 ? store.pushedStreams(scope, { ids: pushed }) : []).filter(
      ({ firstTime, lastTime }) => isWithin(firstTime, lastTime),
    );
    const [goneIds, streamIds] = [gone.map(({ id }) => id), streams.map(({ id }) => id)];
    if (goneIds.length > 0) await store.deleteInstances(scope, goneIds);
    if (streamIds.length > 0) await store.deletePushed(scope, streamIds);
    this.#keep(this.#requests.map((one) => (one.id === request.id ? { ...one, status: 'processed' } : one)));
    log.info('lines were deleted', { request: request.id, instances: goneIds.length, pushedStreams: streamIds.length });
  }

  #makeRoom(): void {
    if (this.#requests.length < deleteRequestsMax) return;
    throw new Fault('overloaded', `there are ${this.#requests.length} delete requests (deleteRequestsMax)`);
  }

  #keep(requests: DeleteRequest[]): void {
    writeDeletes(this.#path, requests);
    this.#requests = requests;
    this.#index();
  }

  #index(): void {
    this.#cutChanges++;
    this.#cuts.clear();
    const add = (stream: string, cut: Cut) => this.#cuts.set(stream, [...(this.#cuts.get(stream) ?? []), cut]);
    for (const request of this.#requests) {
      const { startNs, endNs, instances, pushed } = request;
      const common = { startNs, endNs, ...this.#filterOf(request) };
      for (const [id, outputs] of Object.entries(instances)) add(id, { ...common, outputs });
      for (const id of pushed) add(id, { ...common, outputs: [] });
    }
  }

  /** A filter that this version cannot read hides all that it may have meant. */
  #filterOf({ id, query, filtered }: DeleteRequest): Pick<Cut, 'filter'> {
    if (!filtered) return {};
    try {
      const expr = parse(query);
      if (expr.kind === 'log') return { filter: createLineMatcher(expr.stages) };
    } catch (error) {
      this.#parts.log.error('the filter of a delete request cannot be read', { request: id, error: messageOf(error) });
    }
    return {};
  }
}
