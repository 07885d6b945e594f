import type { KubernetesClient } from '../client/client.ts';
import { type Decision, internalError, type RequestAttributes, StatusError, type UserInfo } from '../serve/serve.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { ReviewCall } from './review-call.ts';
import type { DelegationParts } from './settings.ts';

/** What a client itself makes longer than this is asked about each time: keeping it would let clients fill the memory. */
const keptAttributesBytesMax = 10_000;

/** Invariant: nobody is allowed what the API server has not said so of within the time to live, but for the groups and paths of the settings. */
export class AccessReviews {
  readonly #call: ReviewCall | undefined;
  readonly #parts: DelegationParts;
  readonly #known: ExpiringCache<Decision>;

  constructor(client: KubernetesClient | undefined, parts: DelegationParts) {
    this.#call = client && new ReviewCall(client, 'authorization.k8s.io', 'SubjectAccessReview', parts);
    this.#parts = parts;
    this.#known = new ExpiringCache(parts.settings.answersKeptMax, parts.clock);
  }

  /** Rejects with 500 where the API server cannot be asked, 429 where too much is asked already. */
  async decide(user: UserInfo, attributes: RequestAttributes): Promise<Decision> {
    const { alwaysAllowGroups, alwaysAllowPaths, allowedTtlMs, deniedTtlMs } = this.#parts.settings;
    if (user.groups.some((group) => alwaysAllowGroups.includes(group))) return { allowed: true, reason: '' };
    if (attributes.path !== undefined && isAmong(alwaysAllowPaths, attributes.path))
      return { allowed: true, reason: '' };
    if (!this.#call) return { allowed: false, reason: '' };
    const spec = specOf(user, attributes);
    const key = JSON.stringify(spec);
    const known = this.#known.get(key);
    if (known) return known;
    const decision = await this.#ask(this.#call, key, spec);
    if (sizeOf(attributes) < keptAttributesBytesMax)
      this.#known.set(key, decision, decision.allowed ? allowedTtlMs : deniedTtlMs);
    return decision;
  }

  async #ask(call: ReviewCall, key: string, spec: object): Promise<Decision> {
    try {
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec };
      const { allowed, denied, reason } = await call.ask(key, body);
      return { allowed: allowed === true && denied !== true, reason: typeof reason === 'string' ? reason : '' };
    } catch (error) {
      if (error instanceof StatusError) throw error;
      throw internalError('the API server could not be asked whether this is allowed');
    }
  }
}

function specOf(user: UserInfo, { path, plural, ...attributes }: RequestAttributes): object {
  return {
    user: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(user.extra === undefined ? {} : { extra: user.extra }),
    ...(path === undefined
      ? { resourceAttributes: filled({ ...attributes, resource: plural }) }
      : { nonResourceAttributes: { path, verb: attributes.verb } }),
  };
}

const filled = (fields: Record<string, string>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

function sizeOf(attributes: RequestAttributes): number {
  return Object.values(attributes).reduce((sum, value: string) => sum + value.length, 0);
}

/** A leading slash may be left out in the settings. */
function isAmong(allowed: readonly string[], path: string): boolean {
  const wanted = path.replace(/^\//, '');
  return allowed.some((each) => {
    const pattern = each.replace(/^\//, '');
    return pattern.endsWith('*') ? wanted.startsWith(pattern.slice(0, -1)) : wanted === pattern;
  });
}
