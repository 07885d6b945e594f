import type { FastifyInstance } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import type { RunningQuery } from '../engine/running-queries.ts';
import { type Surroundings, scopeOf } from './surroundings.ts';

/** An engine whose queries can be listed and ended. */
export interface QueryRegister {
  queries(tenant: string): RunningQuery[];
  cancel(tenant: string, id: string): boolean;
}

/** `/taffrail/v1/queries`: one's own queries, or with the role `admin` everybody's of the tenant. */
export function registerRunningRoutes(
  app: FastifyInstance,
  { principalOf, clock }: Surroundings,
  register: QueryRegister,
): void {
  const visible = (request: Parameters<Surroundings['principalOf']>[0]) => {
    const principal = principalOf(request);
    const { tenant } = scopeOf(principal);
    const sees = ({ by }: RunningQuery) => principal.roles.includes('admin') || by === principal.name;
    return { tenant, queries: register.queries(tenant).filter(sees) };
  };

  app.get('/taffrail/v1/queries', async (request) => ({
    queries: visible(request).queries.map(({ tenant, sinceMs, ...query }) => ({
      ...query,
      runningMs: clock.nowMs() - sinceMs,
    })),
  }));

  app.delete('/taffrail/v1/queries/:id', async (request, reply) => {
    const { id } = request.params as { id: string };
    const { tenant, queries } = visible(request);
    if (!queries.some((query) => query.id === id) || !register.cancel(tenant, id)) {
      throw new Fault('not-found', `no query ${id} is running`);
    }
    return reply.code(204).send();
  });
}
