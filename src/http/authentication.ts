import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { Fault } from '../base/fault.ts';
import type { Principal } from './principal.ts';

/** Finds out who sent a request, from its Authorization header. Throws Fault `unauthenticated`. */
export type Authenticate = (authorization: string | undefined) => Principal;

/** For a listener on loopback without tokens: everyone on this machine may do everything. */
export const openToThisMachine: Principal = {
  name: 'local',
  tenant: 'default',
  roles: ['agent', 'reader', 'admin'],
  namespaces: '*',
  choosesTenant: true,
};

const roles = ['agent', 'reader', 'admin'] as const;
const tokensMax = 10_000;
const tokenBytesMin = 16;

/**
 * Bearer tokens from a YAML file:
 *
 *   tokens:
 *     - { token: …, name: node-a, roles: [agent] }
 *     - { token: …, name: team-a, roles: [reader], namespaces: [shop, shop-test], tenant: default }
 *
 * Throws Fault `usage` that names the entry.
 */
export function tokenAuthentication(path: string): Authenticate {
  const principals = readTokens(path);
  return (authorization) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token)
      throw new Fault('unauthenticated', 'this server wants a bearer token', { hint: 'give one with --token-file' });
    // Looked up by hash, so that the time taken says nothing about the token.
    const principal = principals.get(digest(token));
    if (!principal) throw new Fault('unauthenticated', 'the bearer token is not known here');
    return principal;
  };
}

function readTokens(path: string): Map<string, Principal> {
  const document = parseDocument(readFileSync(path, 'utf8'));
  if (document.errors[0]) throw new Fault('usage', `${path}: ${document.errors[0].message}`);
  const entries = (document.toJS() as { tokens?: unknown } | null)?.tokens;
  if (!Array.isArray(entries) || entries.length === 0) throw new Fault('usage', `${path}: wants a list named "tokens"`);
  if (entries.length > tokensMax) throw new Fault('usage', `${path}: more than ${tokensMax} tokens`);
  const principals = new Map<string, Principal>();
  for (const [index, entry] of entries.entries()) principals.set(...principalOf(entry, `${path}: tokens[${index}]`));
  return principals;
}

function principalOf(entry: unknown, where: string): [string, Principal] {
  const { token, name, tenant = 'default', roles: given, namespaces = '*' } = (entry ?? {}) as Record<string, unknown>;
  if (typeof token !== 'string' || token.length < tokenBytesMin) {
    throw new Fault('usage', `${where}.token: wants a string of at least ${tokenBytesMin} characters`);
  }
  if (typeof name !== 'string' || typeof tenant !== 'string')
    throw new Fault('usage', `${where}: name and tenant are strings`);
  if (!Array.isArray(given) || given.length === 0 || !given.every((role) => roles.includes(role))) {
    throw new Fault('usage', `${where}.roles: wants a list of ${roles.join(', ')}`);
  }
  const all = namespaces === '*' || (Array.isArray(namespaces) && namespaces.includes('*'));
  if (!all && !(Array.isArray(namespaces) && namespaces.every((namespace) => typeof namespace === 'string'))) {
    throw new Fault('usage', `${where}.namespaces: wants a list of namespaces, or "*"`);
  }
  return [digest(token), { name, tenant, roles: given, namespaces: all ? '*' : (namespaces as string[]) }];
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
