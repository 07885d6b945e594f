import type { RequestAttributes } from './api.ts';
import type { UserInfo } from './authentication.ts';
import { forbidden, StatusError } from './status.ts';

export interface Decision {
  allowed: boolean;
  reason: string;
}

export type Authorize = (user: UserInfo, attributes: RequestAttributes) => Decision | Promise<Decision>;

/** What is asked for a path that is no resource. */
export function pathAttributes(verb: string, path: string): RequestAttributes {
  return { verb, group: '', version: '', plural: '', subresource: '', namespace: '', name: '', path };
}

/** Throws 403 in the words of the API server. */
export async function enforce(authorize: Authorize, user: UserInfo, attributes: RequestAttributes): Promise<void> {
  const { allowed, reason } = await authorize(user, attributes);
  if (allowed) return;
  const { verb, group, plural, subresource, namespace, name, path } = attributes;
  if (path !== undefined) {
    const why = `forbidden: User "${user.name}" cannot ${verb} path "${path}"`;
    throw new StatusError(403, 'Forbidden', reason === '' ? why : `${why}: ${reason}`, {});
  }
  const resource = subresource === '' ? plural : `${plural}/${subresource}`;
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${scope}`;
  throw forbidden({ group, plural }, name, reason === '' ? why : `${why}: ${reason}`);
}
