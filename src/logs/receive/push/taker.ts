import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../../http/principal.ts';
import type { Counter, Logger, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import type { LogStore, PushedStreamLines } from '../../store/store.ts';
import { printLabels } from './label-syntax.ts';
import type { Problems } from './problems.ts';
import { pushTenant } from './writer.ts';

export interface TakerOptions {
  store: LogStore;
  principalOf(request: FastifyRequest): Principal;
  nowMs: () => number;
  log: Logger;
  metrics: MetricsRegistry;
}

/** Gives what was pushed to the store, whatever the protocol, and counts what became of it. */
export class Taker {
  readonly principalOf: TakerOptions['principalOf'];
  readonly nowMs: () => number;
  readonly #store: LogStore;
  readonly #log: Logger;
  readonly #lines: Counter;
  readonly #refusals: Counter;

  constructor({ store, principalOf, nowMs, log, metrics }: TakerOptions) {
    this.#store = store;
    this.principalOf = principalOf;
    this.nowMs = nowMs;
    this.#log = log;
    this.#lines = metrics.counter('taffrail_push_lines_total', 'Pushed lines, by protocol and by what became of them');
    this.#refusals = metrics.counter('taffrail_push_refused_requests_total', 'Pushes refused as a whole, by status');
  }

  /** Resolves when what is good is durable; adds to the problems what the store does not take. */
  async take(
    protocol: 'loki' | 'otlp',
    principal: Principal,
    request: FastifyRequest,
    streams: readonly PushedStreamLines[],
    problems: Problems,
  ): Promise<void> {
    const { name, namespaces } = principal;
    const outcome = await this.#store.push(pushTenant(principal, request), { name, namespaces }, streams);
    for (const { index, reason, message } of outcome.refused) {
      const { labels, from } = streams[index]!;
      problems.add(reason, from.length, `stream '${printLabels(labels)}' was not taken: ${message}`);
    }
    for (const fate of ['stored', 'held', 'deleted'] as const) {
      if (outcome[fate] > 0) this.#lines.add(outcome[fate], { protocol, outcome: fate });
    }
    for (const [reason, lines] of problems.lines) this.#lines.add(lines, { protocol, outcome: reason });
  }

  refused(status: number, error: unknown, request: FastifyRequest): void {
    this.#refusals.add(1, { status: String(status) });
    if (status === 500)
      this.#log.error('a push failed', { path: request.routeOptions.url, error: (error as Error).stack });
  }
}
