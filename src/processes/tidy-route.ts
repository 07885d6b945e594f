import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../base/fault.ts';
import type { Principal } from '../http/principal.ts';
import type { StoreStatus } from '../logs/store/store.ts';

interface TidyStore {
  tidy(): Promise<void>;
  status(): StoreStatus;
}

/** `POST /taffrail/v1/store/tidy`: does now what merging and retention would do in time, and answers when it is done. For the role `admin`. */
export function registerTidy(
  app: FastifyInstance,
  store: TidyStore,
  principalOf: (request: FastifyRequest) => Principal,
): void {
  app.post('/taffrail/v1/store/tidy', async (request) => {
    const { name, roles } = principalOf(request);
    if (!roles.includes('admin'))
      throw new Fault('forbidden', `${name} may not tidy the store: the role "admin" is needed`);
    await store.tidy();
    return store.status();
  });
}
