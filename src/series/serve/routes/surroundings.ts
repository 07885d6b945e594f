import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../../base/clock.ts';
import { Fault } from '../../../base/fault.ts';
import type { Principal } from '../../../http/principal.ts';
import type { Logger, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import type { Scope, SeriesEngine } from '../../query/query.ts';

/** What every route of the API works with. */
export interface Surroundings {
  engine: SeriesEngine;
  principalOf(request: FastifyRequest): Principal;
  clock: Clock;
  log: Logger;
  metrics: MetricsRegistry;
}

/** Throws Fault `forbidden`. */
export function scopeOf({ name, tenant, namespaces, roles }: Principal): Scope {
  if (roles.includes('reader') || roles.includes('admin')) return { tenant, namespaces };
  throw new Fault('forbidden', `${name} may not read series: the role "reader" is needed`);
}
