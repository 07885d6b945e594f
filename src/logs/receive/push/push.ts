import type { FastifyInstance } from 'fastify';
import { BodyBudget } from '../body.ts';
import { pushLimits } from './limits.ts';
import { registerLokiPush } from './loki-routes.ts';
import { registerOtlpLogs } from './otlp-routes.ts';
import { Taker, type TakerOptions } from './taker.ts';

/** The ways in for what is pushed: Loki's push, and logs by OTLP. */
export function registerPush(app: FastifyInstance, options: TakerOptions): void {
  const taker = new Taker(options);
  const budget = new BodyBudget(pushLimits.bodiesInFlightBytesMax, pushLimits.bodyBytesMax);
  options.metrics.observe('taffrail_push_in_flight_bytes', 'Bytes of pushes that are being received or stored', () =>
    budget.inFlightBytes(),
  );
  registerLokiPush(app, taker, budget);
  registerOtlpLogs(app, taker, budget);
}
