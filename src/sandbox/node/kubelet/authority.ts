import { createHash } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import type { KubernetesClient } from '../../../kubernetes/client/client.ts';
import { ExpiringAnswers } from './expiring-answers.ts';

export interface KubeletUser {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** What is asked of this node: a subresource of it, as `metrics`. */
export interface NodeAttributes {
  verb: string;
  subresource: string;
}

/** Who a bearer is and what somebody may do. Both reject where the API server cannot be asked. */
export interface Authority {
  userOfToken(token: string): Promise<KubeletUser | undefined>;
  allows(user: KubeletUser, attributes: NodeAttributes): Promise<boolean>;
}

/** As a kubelet's defaults: authentication.webhook.cacheTTL and authorization.webhook.cache(Un)AuthorizedTTL. */
const tokenHoldsMs = 2 * 60_000;
const allowedHoldsMs = 5 * 60_000;
const deniedHoldsMs = 30_000;
const answersMax = 4096;
const reviewTimeoutMs = 10_000;
/** The API server has this group too, and must get in where it cannot be asked about itself. */
const privilegedGroup = 'system:masters';

/** Asks the API server by TokenReview and SubjectAccessReview, and remembers for a while. */
export class ReviewedAuthority implements Authority {
  #client: KubernetesClient;
  #nodeName: string;
  #tokens: ExpiringAnswers<KubeletUser | undefined>;
  #decisions: ExpiringAnswers<boolean>;

  constructor(client: KubernetesClient, nodeName: string, clock: Clock) {
    this.#client = client;
    this.#nodeName = nodeName;
    this.#tokens = new ExpiringAnswers(clock, answersMax);
    this.#decisions = new ExpiringAnswers(clock, answersMax);
  }

  userOfToken(token: string): Promise<KubeletUser | undefined> {
    // No token is kept in memory for longer than it takes to ask.
    const key = createHash('sha256').update(token).digest('base64');
    const ask = async () => {
      const status = await this.#review('/apis/authentication.k8s.io/v1/tokenreviews', 'TokenReview', { token });
      return status.authenticated === true ? knownUser(status.user) : undefined;
    };
    return this.#tokens.get(key, ask, (user) => (user ? tokenHoldsMs : deniedHoldsMs));
  }

  async allows(user: KubeletUser, { verb, subresource }: NodeAttributes): Promise<boolean> {
    if (user.groups.includes(privilegedGroup)) return true;
    const { username, ...rest } = user;
    const resourceAttributes = { verb, version: 'v1', resource: 'nodes', subresource, name: this.#nodeName };
    const spec = { user: username, ...rest, resourceAttributes };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const ask = async () => (await this.#review(path, 'SubjectAccessReview', spec)).allowed === true;
    return this.#decisions.get(JSON.stringify(spec), ask, (allowed) => (allowed ? allowedHoldsMs : deniedHoldsMs));
  }

  async #review(path: string, kind: string, spec: object): Promise<Record<string, unknown>> {
    const [, , group, version] = path.split('/');
    const body = { apiVersion: `${group}/${version}`, kind, metadata: {}, spec };
    const answer = await this.#client.request(path, { method: 'POST', body, timeoutMs: reviewTimeoutMs });
    return answer.status ?? {};
  }
}

function knownUser(user: unknown): KubeletUser | undefined {
  const { username, uid, groups, extra } = (user ?? {}) as Partial<KubeletUser>;
  if (typeof username !== 'string' || username === '') return undefined;
  return { username, groups: groups ?? [], ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}
