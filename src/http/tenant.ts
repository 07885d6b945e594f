import type { FastifyRequest } from 'fastify';
import { Fault } from '../base/fault.ts';
import type { Principal } from './principal.ts';

/** The tenant that a request is for. Throws Fault where `X-Scope-OrgID` names one that is not the principal's. */
export function tenantNamed(
  { name, tenant, choosesTenant }: Principal,
  { headers }: Pick<FastifyRequest, 'headers'>,
): string {
  const named = headers['x-scope-orgid'];
  if (named === undefined || named === '' || named === tenant) return tenant;
  if (typeof named !== 'string' || named.includes('|'))
    throw new Fault('bad-request', 'X-Scope-OrgID names one tenant; several at once are not supported');
  if (choosesTenant) return named;
  throw new Fault('forbidden', `${name} belongs to another tenant than the one in X-Scope-OrgID`);
}
