import type { FastifyRequest } from 'fastify';
import { Fault } from '../../../base/fault.ts';
import { type Principal, tenantNamed } from '../../../http/http.ts';

/** The tenant that a push is for. Throws Fault `forbidden` where the principal may not push, or not for the tenant that it names. */
export function pushTenant(principal: Principal, request: FastifyRequest): string {
  const { name, roles } = principal;
  if (!roles.includes('agent') && !roles.includes('admin'))
    throw new Fault('forbidden', `${name} may not push logs: the role "agent" is needed`);
  return tenantNamed(principal, request);
}
