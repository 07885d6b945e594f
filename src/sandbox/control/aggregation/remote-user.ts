import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { UserInfo } from '../../../kubernetes/serve/serve.ts';

/** The names under which extension servers are told to expect who is asking. */
export const remoteHeaders = {
  user: 'X-Remote-User',
  uid: 'X-Remote-Uid',
  group: 'X-Remote-Group',
  extraPrefix: 'X-Remote-Extra-',
} as const;

/** Between two neighbours only (RFC 9110, 7.6.1), or said anew to the next. */
const hopByHop = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const notForwarded = new Set([...hopByHop, 'authorization']);
const notAnswered = new Set(hopByHop.filter((name) => name !== 'content-length'));

/**
 * A client's headers without its credentials and without what only a front proxy may say. The client's own X-Remote-*
 * headers must never come through: the extension server would believe them.
 */
export function forwardedHeaders(incoming: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = listed(incoming.connection);
  return Object.fromEntries(
    Object.entries(incoming).filter(
      ([name]) => !notForwarded.has(name) && !named.has(name) && !/^(x-remote-|impersonate-)/.test(name),
    ),
  );
}

/** The extension server's headers as the client gets them, in pairs. */
export function answeredHeaders(raw: readonly string[], connection: string | undefined): [string, string][] {
  const named = listed(connection);
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    if (!notAnswered.has(name) && !named.has(name)) pairs.push([raw[at]!, raw[at + 1]!]);
  }
  return pairs;
}

function listed(connection: string | undefined): Set<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

export function remoteUserHeaders({ name, uid, groups, extra = {} }: UserInfo): OutgoingHttpHeaders {
  return {
    [remoteHeaders.user]: asBytes(name),
    ...(uid ? { [remoteHeaders.uid]: asBytes(uid) } : {}),
    ...(groups.length > 0 ? { [remoteHeaders.group]: groups.map(asBytes) } : {}),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `${remoteHeaders.extraPrefix}${escapedKey(key)}`,
        values.map(asBytes),
      ]),
    ),
  };
}

/** Headers carry UTF-8 as it is; Node takes a character for a byte. */
function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** What may not stand in a header's name is percent-encoded, as client-go does it. */
export function escapedKey(key: string): string {
  return [...Buffer.from(key, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
