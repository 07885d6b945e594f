import type { FastifyInstance } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import type { SeriesStore } from '../../store/store.ts';
import { ApiError } from '../answer/api-error.ts';
import { maxTimeMs, minTimeMs, Parameters } from './parameters.ts';
import type { Surroundings } from './surroundings.ts';

export interface AdminParts extends Surroundings {
  enabled: boolean;
  /** Missing where series are kept by another server. */
  deleteSeries: SeriesStore['deleteSeries'] | undefined;
}

/** What changes the store. Behind a setting, and for the role `admin`. */
export function registerAdminRoutes(
  app: FastifyInstance,
  { principalOf, enabled, deleteSeries, log }: AdminParts,
): void {
  app.route({
    method: ['POST', 'PUT'],
    url: '/admin/tsdb/delete_series',
    handler: async (request, reply) => {
      const { name, tenant, namespaces, roles } = principalOf(request);
      if (!enabled || !deleteSeries) throw new ApiError('unavailable', 'admin APIs disabled');
      if (!roles.includes('admin')) {
        throw new Fault('forbidden', `${name} may not delete series: the role "admin" is needed`);
      }
      const parameters = new Parameters(request);
      if (parameters.all('match[]').length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
      const [minMs, maxMs] = [parameters.timeMs('start', minTimeMs), parameters.timeMs('end', maxTimeMs)];
      await deleteSeries({ tenant, namespaces }, parameters.namedSelectors(), minMs, maxMs);
      log.info('series were deleted', { by: name, selectors: parameters.all('match[]').join(' ') });
      return reply.code(204).send();
    },
  });
}
