import { type KeyObject, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { unauthorized } from './status.ts';

/** Who asks, as Kubernetes knows it. */
export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Record<string, readonly string[]>;
}

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const authenticatedGroup = 'system:authenticated';

export interface AuthenticationOptions {
  /** PEM of the authority whose client certificates name users (CN) and groups (O). */
  clientCa?: string;
  /** PEM of the authority whose clients may say who is asking, in X-Remote-* headers; and their allowed names (empty: any). */
  requestHeader?: { ca: string; allowedNames: readonly string[] };
  /** Undefined when the token is not known. */
  userOfToken?: (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>;
}

export type Authenticate = (request: IncomingMessage) => Promise<UserInfo>;

/** Credentials that are there but not good are refused with 401, never taken as anonymous. */
export function createAuthentication(options: AuthenticationOptions): Authenticate {
  const clientKey = options.clientCa === undefined ? undefined : new X509Certificate(options.clientCa).publicKey;
  const proxyKey = options.requestHeader && new X509Certificate(options.requestHeader.ca).publicKey;
  return async (request) => {
    const certificate = verifiedCertificate(request.socket as TLSSocket);
    if (certificate && proxyKey && certificate.verify(proxyKey)) {
      const user = fromHeaders(request, certificate, options.requestHeader!.allowedNames);
      if (user) return user;
    }
    const token = bearerToken(request);
    if (token !== undefined) {
      const user = await options.userOfToken?.(token);
      if (!user) throw unauthorized();
      return known(user);
    }
    return certificate ? fromCertificate(certificate, clientKey) : anonymous;
  };
}

function known(user: UserInfo): UserInfo {
  return user.groups.includes(authenticatedGroup) ? user : { ...user, groups: [...user.groups, authenticatedGroup] };
}

/** Undefined where the client has none; throws 401 where its chain, dates or purpose are not accepted. */
function verifiedCertificate(socket: TLSSocket): X509Certificate | undefined {
  const certificate = socket.getPeerX509Certificate?.();
  if (certificate && !socket.authorized) throw unauthorized();
  return certificate;
}

function fromCertificate(certificate: X509Certificate, clientKey: KeyObject | undefined): UserInfo {
  if (!clientKey || !certificate.verify(clientKey)) throw unauthorized();
  const { commonName, organizations } = subjectOf(certificate);
  if (commonName === '') throw unauthorized();
  return known({ name: commonName, groups: organizations });
}

function fromHeaders(
  request: IncomingMessage,
  certificate: X509Certificate,
  allowedNames: readonly string[],
): UserInfo | undefined {
  if (allowedNames.length > 0 && !allowedNames.includes(subjectOf(certificate).commonName)) throw unauthorized();
  const name = request.headers['x-remote-user'];
  if (typeof name !== 'string' || name === '') return undefined;
  return { name, groups: request.headersDistinct['x-remote-group'] ?? [] };
}

function bearerToken(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const match = /^Bearer +(\S+) *$/i.exec(authorization);
  if (!match) throw unauthorized();
  return match[1];
}

/** Who a certificate names. The subject comes one attribute a line, with `\`-escapes as in RFC 4514. */
export function subjectOf(certificate: X509Certificate): { commonName: string; organizations: string[] } {
  let commonName = '';
  const organizations: string[] = [];
  for (const line of certificate.subject.split('\n')) {
    const value = line
      .slice(line.indexOf('=') + 1)
      .replace(/\\([0-9A-F]{2}|.)/g, (_, escaped: string) =>
        escaped.length === 2 ? String.fromCharCode(Number.parseInt(escaped, 16)) : escaped,
      );
    if (line.startsWith('CN=')) commonName = value;
    if (line.startsWith('O=')) organizations.push(value);
  }
  return { commonName, organizations };
}
