import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { UserInfo } from '../../kubernetes/serve/serve.ts';
import { serviceAccounts } from './kinds/configuration.ts';
import { pods } from './kinds/pods.ts';
import type { Registry } from './registry/registry.ts';

/** Who a token says its bearer is, and for whom it was made out. */
export interface ReviewedToken {
  user: UserInfo;
  audiences: string[];
}

export interface TokenSubject {
  namespace: string;
  name: string;
  uid: string;
  pod?: { name: string; uid: string };
  /** The pod's, where it has one. */
  node?: { name: string; uid: string };
}

/** What tokens are for when they do not say: this API server. */
export const apiAudience = 'https://kubernetes.default.svc.cluster.local';
const tokenBytesMax = 8192;

interface Claims {
  iss: string;
  aud: string[];
  sub: string;
  iat: number;
  nbf: number;
  exp: number;
  'kubernetes.io': {
    namespace: string;
    serviceaccount: { name: string; uid: string };
    pod?: { name: string; uid: string };
    node?: { name: string; uid: string };
  };
  /** Tells one token from another, where who used it is written down. */
  jti: string;
}

/**
 * Tokens of service accounts: JWTs (ES256) that end by themselves, and with their account, or the pod that they are bound to.
 * Nothing is kept of them.
 */
export class ServiceTokens {
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #registry: Registry;

  constructor(key: KeyObject, registry: Registry) {
    this.#key = key;
    this.#publicKey = createPublicKey(key);
    this.#registry = registry;
  }

  issue(
    { namespace, name, uid, pod, node }: TokenSubject,
    audiences: readonly string[],
    lifetimeSeconds: number,
  ): string {
    const now = Math.floor(this.#registry.nowMs() / 1000);
    const claims: Claims = {
      iss: apiAudience,
      aud: audiences.length > 0 ? [...audiences] : [apiAudience],
      sub: `system:serviceaccount:${namespace}:${name}`,
      iat: now,
      nbf: now,
      exp: now + lifetimeSeconds,
      jti: this.#registry.newUid(),
      'kubernetes.io': { namespace, serviceaccount: { name, uid }, ...(pod ? { pod } : {}), ...(node ? { node } : {}) },
    };
    const signed = `${encoded({ alg: 'ES256', typ: 'JWT' })}.${encoded(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Undefined for a token that is not ours, has ended, belongs to something that is gone, or is for none of `audiences`. */
  review(token: string, audiences: readonly string[] = [apiAudience]): ReviewedToken | undefined {
    const claims = this.#claimsOf(token);
    if (!claims) return undefined;
    const common = claims.aud.filter((audience) => audiences.includes(audience));
    if (common.length === 0 || !this.#isCurrent(claims)) return undefined;
    const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
    const extra = {
      // Tokens that were issued before they had one are still good.
      ...(claims.jti ? { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] } : {}),
      ...(node
        ? { 'authentication.kubernetes.io/node-name': [node.name], 'authentication.kubernetes.io/node-uid': [node.uid] }
        : {}),
      ...(pod
        ? { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] }
        : {}),
    };
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    const user: UserInfo = { name: claims.sub, uid: serviceaccount.uid, groups, extra };
    return { user, audiences: common };
  }

  #claimsOf(token: string): Claims | undefined {
    const parts = token.split('.');
    if (parts.length !== 3 || token.length > tokenBytesMax) return undefined;
    const [header, claims, signature] = parts as [string, string, string];
    if (header !== encoded({ alg: 'ES256', typ: 'JWT' })) return undefined;
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' as const };
    const good = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
    // What we have signed has the shape that we gave it.
    return good ? (JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Claims) : undefined;
  }

  #isCurrent({ nbf, exp, 'kubernetes.io': subject }: Claims): boolean {
    const { store, nowMs } = this.#registry;
    const now = nowMs() / 1000;
    if (now < nbf || now >= exp) return false;
    const { namespace, serviceaccount, pod } = subject;
    const uidOf = (stored: string, name: string) => store.read(stored, { namespace, name })?.metadata.uid;
    if (uidOf(serviceAccounts.stored, serviceaccount.name) !== serviceaccount.uid) return false;
    return !pod || uidOf(pods.stored, pod.name) === pod.uid;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
