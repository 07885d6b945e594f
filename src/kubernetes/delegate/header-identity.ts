import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../serve/serve.ts';
import type { RequestHeaderTrust } from './trust.ts';

/** Whom a front proxy says to act for; undefined where it names nobody. Only for a proxy that is believed. */
export function headerIdentity(request: IncomingMessage, trust: RequestHeaderTrust): UserInfo | undefined {
  const headers = request.headersDistinct;
  const first = (names: readonly string[]) =>
    names.map((name) => headers[name]?.[0] ?? '').find((value) => value !== '') ?? '';
  const name = first(trust.usernameHeaders);
  if (name === '') return undefined;
  const uid = first(trust.uidHeaders);
  const groups = trust.groupHeaders.flatMap((header) => headers[header] ?? []).filter((group) => group !== '');
  const extra = extraOf(headers, trust.extraHeadersPrefix);
  return { name, ...(uid === '' ? {} : { uid }), groups, ...(extra ? { extra } : {}) };
}

/** Node gives header names in lower case, as the keys have to be. */
function extraOf(
  headers: NodeJS.Dict<string[]>,
  prefixes: readonly string[],
): Record<string, readonly string[]> | undefined {
  const extra = new Map<string, string[]>();
  for (const prefix of prefixes) {
    for (const [header, values = []] of Object.entries(headers)) {
      if (!header.startsWith(prefix)) continue;
      const key = unescaped(header.slice(prefix.length));
      extra.set(key, [...(extra.get(key) ?? []), ...values]);
    }
  }
  return extra.size === 0 ? undefined : Object.fromEntries(extra);
}

/** What is badly escaped is kept as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
