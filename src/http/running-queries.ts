import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import type { Principal } from './principal.ts';
import { tenantNamed } from './tenant.ts';

/** A query as the list shows it; what a language tells besides stays. */
export interface RunningQuery {
  /** Within its register. */
  id: string;
  query: string;
  tenant: string;
  by: string;
  state: string;
  sinceMs: number;
}

/** Queries of one language that wait or run, and the means to end them. */
export interface QueryRegister {
  language: 'logql' | 'promql';
  queries(tenant: string): RunningQuery[];
  /** False where the tenant has no such query. */
  cancel(tenant: string, id: string): boolean;
}

interface Parts {
  principalOf(request: FastifyRequest): Principal;
  clock: Clock;
}

const registersOf = new WeakMap<FastifyInstance, QueryRegister[]>();

/** Adds queries to the one list at `/taffrail/v1/queries`: one's own, or with the role `admin` everybody's of the tenant. */
export function addQueryRegister(app: FastifyInstance, parts: Parts, register: QueryRegister): void {
  const registers = registersOf.get(app);
  if (registers) registers.push(register);
  else {
    registersOf.set(app, [register]);
    registerRoutes(app, parts, registersOf.get(app)!);
  }
}

function registerRoutes(
  app: FastifyInstance,
  { principalOf, clock }: Parts,
  registers: readonly QueryRegister[],
): void {
  const visible = (request: FastifyRequest) => {
    const principal = principalOf(request);
    const { roles, name } = principal;
    if (!roles.includes('reader') && !roles.includes('admin'))
      throw new Fault('forbidden', `${name} may not read: the role "reader" is needed`);
    const tenant = tenantNamed(principal, request);
    return registers.flatMap((register) =>
      register
        .queries(tenant)
        .filter(({ by }) => roles.includes('admin') || by === name)
        .map((query) => ({ register, query, id: `${register.language}-${query.id}` })),
    );
  };

  app.get('/taffrail/v1/queries', async (request) => ({
    queries: visible(request).map(({ register, query: { tenant, sinceMs, ...query }, id }) => ({
      ...{ ...query, id, language: register.language },
      runningMs: clock.nowMs() - sinceMs,
    })),
  }));

  app.delete('/taffrail/v1/queries/:id', async (request, reply) => {
    const { id } = request.params as { id: string };
    const found = visible(request).find((one) => one.id === id);
    if (!found?.register.cancel(found.query.tenant, found.query.id))
      throw new Fault('not-found', `no query ${id} is running`);
    return reply.code(204).send();
  });
}
