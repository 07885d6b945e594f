import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../../base/clock.ts';
import { Fault } from '../../../base/fault.ts';
import type { Principal } from '../../../http/principal.ts';
import type { Logger, MetricsRegistry } from '../../../telemetry/telemetry.ts';
import type { LogStore, Scope } from '../../store/store.ts';
import type { LokiSettings } from './settings.ts';
import type { Turns } from './turns.ts';

/** What every route of the API works with. */
export interface Surroundings {
  store: LogStore;
  principalOf(request: FastifyRequest): Principal;
  clock: Clock;
  log: Logger;
  metrics: MetricsRegistry;
  settings: LokiSettings;
  /** Queries that read lines take turns. */
  turns: Turns;
  /** How long the agent of a node has said nothing, where that is too long. */
  silentMs(tenant: string, node: string): number | null;
}

/** Whom an answer is for: what the principal may read, in the tenant that the request names. Throws Fault. */
export function scopeOf({ principalOf }: Pick<Surroundings, 'principalOf'>, request: FastifyRequest): Scope {
  const principal = principalOf(request);
  const { name, roles, namespaces } = principal;
  if (!roles.includes('reader') && !roles.includes('admin')) {
    throw new Fault('forbidden', `${name} may not read logs: the role "reader" is needed`);
  }
  return { tenant: tenantOf(principal, request.headers['x-scope-orgid']), namespaces };
}

/** Throws Fault `forbidden` where the header names a tenant that is not the principal's. */
function tenantOf({ name, tenant, choosesTenant }: Principal, header: string | string[] | undefined): string {
  if (header === undefined || header === '' || header === tenant) return tenant;
  if (typeof header !== 'string' || header.includes('|')) {
    throw new Fault('bad-request', 'X-Scope-OrgID names one tenant; queries over several are not supported');
  }
  if (choosesTenant) return header;
  throw new Fault('forbidden', `${name} belongs to another tenant than the one in X-Scope-OrgID`);
}

/** Aborts when the client goes away before its answer is complete. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
