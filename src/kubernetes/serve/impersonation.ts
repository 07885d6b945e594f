import type { IncomingMessage } from 'node:http';
import type { UserInfo } from './authentication.ts';
import { type Authorize, enforce } from './authorization.ts';
import { badRequest } from './status.ts';

const prefix = 'impersonate-';
const extraPrefix = 'impersonate-extra-';
const authentication = 'authentication.k8s.io';
const serviceAccount = /^system:serviceaccount:([^:]+):([^:]+)$/;

/**
 * `kubectl --as`, `--as-group` and `--as-uid`: who may impersonate acts, and is refused, as that user, and has nothing of
 * their own left. Throws 403 or 400.
 */
export async function impersonated(request: IncomingMessage, user: UserInfo, authorize: Authorize): Promise<UserInfo> {
  if (!isWished(request)) return user;
  const name = request.headersDistinct['impersonate-user']?.[0] ?? '';
  const groups = request.headersDistinct['impersonate-group'] ?? [];
  const uid = request.headersDistinct['impersonate-uid']?.[0] ?? '';
  const extra = extraOf(request);
  if (name === '') throw badRequest('requested impersonation without impersonating a user');
  const [, namespace, account] = serviceAccount.exec(name) ?? [];
  if (namespace !== undefined) await mayBe({ plural: 'serviceaccounts', namespace, name: account! });
  else await mayBe({ plural: 'users', name });
  for (const group of groups) await mayBe({ plural: 'groups', name: group });
  if (uid !== '') await mayBe({ group: authentication, plural: 'uids', name: uid });
  for (const [key, values] of Object.entries(extra))
    for (const value of values)
      await mayBe({ group: authentication, plural: 'userextras', subresource: key, name: value });
  return {
    name,
    groups: [...new Set([...(groups.length > 0 ? groups : groupsOf(namespace)), ...standing(name)])],
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };

  function mayBe(what: { group?: string; plural: string; subresource?: string; namespace?: string; name: string }) {
    const attributes = { group: '', version: '', subresource: '', namespace: '', ...what };
    return enforce(authorize, user, { verb: 'impersonate', ...attributes });
  }
}

/** Names of headers, with their values in between: nearly no request has one of these. */
function isWished({ rawHeaders }: IncomingMessage): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length >= prefix.length && name.slice(0, prefix.length).toLowerCase() === prefix) return true;
  }
  return false;
}

function extraOf({ headersDistinct }: IncomingMessage): Record<string, string[]> {
  const headers = Object.entries(headersDistinct).filter(([header]) => header.startsWith(extraPrefix));
  return Object.fromEntries(
    headers.map(([header, values]) => [unescaped(header.slice(extraPrefix.length)), values ?? []]),
  );
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key;
  }
}

/** The groups that a service account is in without anybody saying so. */
function groupsOf(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

const standing = (name: string) => [name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'];
