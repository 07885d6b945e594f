import type { IncomingMessage } from 'node:http';
import type { UserInfo } from './authentication.ts';
import { type Authorize, enforce } from './authorization.ts';
import { badRequest } from './status.ts';

/** `kubectl --as` and `--as-group`: who may impersonate acts, and is refused, as that user. Throws 403 or 400. */
export async function impersonated(request: IncomingMessage, user: UserInfo, authorize: Authorize): Promise<UserInfo> {
  const name = request.headersDistinct['impersonate-user']?.[0] ?? '';
  const groups = request.headersDistinct['impersonate-group'] ?? [];
  if (name === '') {
    const others = Object.keys(request.headers).filter((header) => header.startsWith('impersonate-'));
    if (others.length > 0) throw badRequest('requested impersonation without impersonating a user');
    return user;
  }
  await mayBe('users', name);
  for (const group of groups) await mayBe('groups', group);
  return { name, groups: [...new Set([...groups, 'system:authenticated'])] };

  function mayBe(plural: string, wanted: string): Promise<void> {
    const attributes = { group: '', version: '', plural, subresource: '', namespace: '', name: wanted };
    return enforce(authorize, user, { verb: 'impersonate', ...attributes });
  }
}
