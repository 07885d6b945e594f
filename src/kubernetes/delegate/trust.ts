import type { X509Certificate } from 'node:crypto';
import { Fault } from '../../base/fault.ts';
import { readBundle } from './certificate-chain.ts';

/** A front proxy that is believed, and the headers in which it says who is asking, in lower case. */
export interface RequestHeaderTrust {
  pem: string;
  authorities: readonly X509Certificate[];
  allowedNames: readonly string[];
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeadersPrefix: readonly string[];
}

/** Whose certificates mean what. */
export interface Trust {
  requestHeader: RequestHeaderTrust | undefined;
  clientPem: string | undefined;
  clientAuthorities: readonly X509Certificate[] | undefined;
}

export const noTrust: Trust = { requestHeader: undefined, clientPem: undefined, clientAuthorities: undefined };

type Data = Readonly<Record<string, string>>;

/** From the data of the ConfigMap. Throws Fault `usage` that names the key. */
export function trustOf(data: Data): Trust {
  const clientPem = data['client-ca-file'];
  const proxyPem = data['requestheader-client-ca-file'];
  return {
    clientPem: clientPem || undefined,
    clientAuthorities: clientPem ? readBundle(clientPem, 'client-ca-file') : undefined,
    requestHeader: proxyPem
      ? {
          pem: proxyPem,
          authorities: readBundle(proxyPem, 'requestheader-client-ca-file'),
          allowedNames: listOf(data, 'requestheader-allowed-names'),
          usernameHeaders: headersOf(data, 'requestheader-username-headers'),
          uidHeaders: headersOf(data, 'requestheader-uid-headers'),
          groupHeaders: headersOf(data, 'requestheader-group-headers'),
          extraHeadersPrefix: headersOf(data, 'requestheader-extra-headers-prefix'),
        }
      : undefined,
  };
}

const headersOf = (data: Data, key: string) =>
  listOf(data, key)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

/** A key that is missing is an empty list. */
function listOf(data: Data, key: string): string[] {
  const text = data[key];
  if (text === undefined || text === '') return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new Fault('usage', `${key} is not a JSON list of texts`);
}
