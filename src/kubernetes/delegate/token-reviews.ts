import { createHmac, randomBytes } from 'node:crypto';
import type { KubernetesClient } from '../client/client.ts';
import type { UserInfo } from '../serve/serve.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { ReviewCall } from './review-call.ts';
import type { DelegationParts } from './settings.ts';

/** The API server refuses longer ones. */
const tokenBytesMax = 64 * 1024;

/** Invariant: tokens themselves are kept nowhere, only a keyed hash of each; a review that failed is not kept. */
export class TokenReviews {
  readonly #call: ReviewCall;
  readonly #known: ExpiringCache<{ user: UserInfo | undefined }>;
  readonly #ttlMs: number;
  readonly #hashKey = randomBytes(32);

  constructor(client: KubernetesClient, parts: DelegationParts) {
    this.#call = new ReviewCall(client, 'authentication.k8s.io', 'TokenReview', parts);
    this.#known = new ExpiringCache(parts.settings.tokensKeptMax, parts.clock);
    this.#ttlMs = parts.settings.tokenTtlMs;
  }

  /** Undefined where the API server says that the token is nobody's. Rejects where it cannot be asked. */
  async userOf(token: string): Promise<UserInfo | undefined> {
    if (token.length > tokenBytesMax) return undefined;
    const key = createHmac('sha256', this.#hashKey).update(token).digest('base64');
    const known = this.#known.get(key);
    if (known) return known.user;
    const status = await this.#call.ask(key, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    });
    const user = status.authenticated === true ? userInfoOf(status.user) : undefined;
    // A refusal with a reason may be a passing one, as of an authenticator behind the API server.
    if (user || !status.error) this.#known.set(key, { user }, this.#ttlMs);
    return user;
  }
}

/** Undefined for an answer that names nobody: it lets nobody in. */
function userInfoOf(user: unknown): UserInfo | undefined {
  const { username, uid, groups, extra } = (user ?? {}) as Record<string, unknown>;
  if (typeof username !== 'string' || username === '') return undefined;
  return {
    name: username,
    ...(typeof uid === 'string' && uid !== '' ? { uid } : {}),
    groups: Array.isArray(groups) ? groups.map(String) : [],
    ...(typeof extra === 'object' && extra !== null ? { extra: extra as Record<string, string[]> } : {}),
  };
}
