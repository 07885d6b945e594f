import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { messageOf } from '../../base/fault.ts';
import { type Authenticate, anonymous, StatusError, type UserInfo, unauthorized } from '../serve/serve.ts';
import { PeerCertificate } from './certificate-chain.ts';
import { headerIdentity } from './header-identity.ts';
import type { DelegationParts } from './settings.ts';
import type { TokenReviews } from './token-reviews.ts';
import type { Trust } from './trust.ts';

const authenticatedGroup = 'system:authenticated';
const unauthenticatedGroup = 'system:unauthenticated';

type Credential = 'proxy-certificate' | 'client-certificate' | 'token' | 'token-not-reviewed';

/**
 * Asks, in this order, the front proxy's headers, the client certificate and the bearer token; the first that names somebody
 * counts, whatever became of those before it. Credentials that are there and name nobody are refused with 401.
 */
export function createDelegatedAuthentication(
  trust: () => Trust,
  tokens: TokenReviews | undefined,
  { clock, log, metrics }: DelegationParts,
): Authenticate {
  const refusals = metrics.counter('taffrail_delegated_refusals_total', 'Credentials that were not accepted, by kind');
  const peers = new WeakMap<TLSSocket, PeerCertificate>();
  return async (request) => {
    const refused: Credential[] = [];
    const refuse = (credential: Credential) => void refused.push(credential);
    const user =
      ofCertificate(request, peerOf(request, peers), trust(), clock.nowMs(), refuse) ??
      (await ofToken(request, tokens, log.warn, refuse));
    if (user) return known(user);
    if (refused.length === 0) return anonymous;
    for (const credential of refused) refusals.add(1, { credential });
    throw unauthorized();
  };
}

/** What the other end of the request's connection has shown; undefined where it has shown nothing. */
function peerOf(request: IncomingMessage, peers: WeakMap<TLSSocket, PeerCertificate>): PeerCertificate | undefined {
  const socket = request.socket as TLSSocket;
  const known = peers.get(socket);
  if (known) return known;
  const certificate = socket.getPeerX509Certificate?.();
  if (!certificate) return undefined;
  const peer = new PeerCertificate(certificate);
  peers.set(socket, peer);
  return peer;
}

function ofCertificate(
  request: IncomingMessage,
  peer: PeerCertificate | undefined,
  { requestHeader, clientAuthorities }: Trust,
  nowMs: number,
  refuse: (credential: Credential) => void,
): UserInfo | undefined {
  if (!peer) return undefined;
  const { authorized } = request.socket as TLSSocket;
  const isOf = (authorities: readonly X509Certificate[]) => authorized && peer.isIssuedBy(authorities, nowMs);
  if (requestHeader) {
    const { allowedNames } = requestHeader;
    const isAllowed = allowedNames.length === 0 || allowedNames.includes(peer.commonName);
    const isProxy = isAllowed && isOf(requestHeader.authorities);
    const user = isProxy ? headerIdentity(request, requestHeader) : undefined;
    if (user) return user;
    if (!isProxy) refuse('proxy-certificate');
  }
  if (clientAuthorities) {
    const user = isOf(clientAuthorities) ? peer.user : undefined;
    if (user) return user;
    refuse('client-certificate');
  }
  return undefined;
}

async function ofToken(
  request: IncomingMessage,
  tokens: TokenReviews | undefined,
  warn: (message: string, fields: { error: string }) => void,
  refuse: (credential: Credential) => void,
): Promise<UserInfo | undefined> {
  const token = /^Bearer +(\S+)/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined || !tokens) return undefined;
  try {
    const user = await tokens.userOf(token);
    if (!user) refuse('token');
    return user;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    warn('a token could not be reviewed; its bearer is refused', { error: messageOf(error) });
    refuse('token-not-reviewed');
    return undefined;
  }
}

/** Everybody who is known is told so by a group, as API servers do. */
function known(user: UserInfo): UserInfo {
  const said = user.name === anonymous.name || user.groups.includes(unauthenticatedGroup);
  if (said || user.groups.includes(authenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}
