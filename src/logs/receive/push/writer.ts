import type { FastifyRequest } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import type { Principal } from '../../../http/principal.ts';

/** The tenant that a push is for. Throws Fault `forbidden` where the principal may not push, or not for the tenant that it names. */
export function pushTenant({ name, roles, tenant, choosesTenant }: Principal, request: FastifyRequest): string {
  if (!roles.includes('agent') && !roles.includes('admin'))
    throw new Fault('forbidden', `${name} may not push logs: the role "agent" is needed`);
  const named = request.headers['x-scope-orgid'];
  if (named === undefined || named === '' || named === tenant) return tenant;
  if (typeof named !== 'string' || named.includes('|'))
    throw new Fault('bad-request', 'X-Scope-OrgID names one tenant');
  if (choosesTenant) return named;
  throw new Fault('forbidden', `${name} belongs to another tenant than the one in X-Scope-OrgID`);
}
