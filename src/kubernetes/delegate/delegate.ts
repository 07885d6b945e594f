/**
 * The door of delegated authentication and authorization, as extension API servers have it: a server that is no API server of
 * a cluster itself lets the cluster's own say who somebody is and what they may do.
 *
 * Who: the front proxy's word in X-Remote-* headers, where its certificate is of the authority and name that the ConfigMap
 * kube-system/extension-apiserver-authentication allows; a client certificate of the cluster's authority; a bearer token, by
 * TokenReview; else system:anonymous. What: SubjectAccessReview. What cannot be asked is not allowed.
 * Rules and figures are those of k8s.io/apiserver's DelegatingAuthenticationOptions and DelegatingAuthorizationOptions.
 */
import { type Clock, systemClock } from '../../base/clock.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';
import type { KubernetesClient } from '../client/client.ts';
import type { Authenticate, Authorize, UserInfo } from '../serve/serve.ts';
import { AccessReviews } from './access-reviews.ts';
import { createDelegatedAuthentication } from './authentication.ts';
import { type DelegationParts, type DelegationSettings, defaultDelegationSettings } from './settings.ts';
import { TokenReviews } from './token-reviews.ts';
import { TrustKeeper } from './trust-keeper.ts';

export type { DelegationSettings } from './settings.ts';

export interface ReviewOptions {
  settings?: Partial<DelegationSettings>;
  log: Logger;
  metrics: MetricsRegistry;
  clock?: Clock;
  random?: () => number;
}

export interface DelegationOptions extends ReviewOptions {
  /** Reads the ConfigMap and asks whose tokens are; without it only certificates of files count. */
  authentication: KubernetesClient | undefined;
  /** Asks who may do what; without it only alwaysAllowGroups and alwaysAllowPaths may do anything. */
  authorization: KubernetesClient | undefined;
}

export interface Delegation {
  authenticate: Authenticate;
  /** Also of requests that are for no resource (RequestAttributes.path). */
  authorize: Authorize;
  /** PEM of the authorities whose certificates the TLS layer has to let through. */
  clientCas(): readonly string[];
  /** Called at once, and whenever they have changed. */
  onClientCas(listener: (clientCas: readonly string[]) => void): void;
  /** Undefined once the ConfigMap was looked up, or need not be; else what is missing. */
  missing(): string | undefined;
  /** Resolves then, too; rejects with Fault `forbidden` where looking up is not allowed and that is not tolerated. */
  readonly lookedUp: Promise<void>;
  close(): void;
}

/** Whose a token is and what somebody may do, asked of the API server and remembered for a while. */
export interface Reviews {
  /** Undefined where the token is nobody's. Rejects where the API server cannot be asked. */
  userOf(token: string): Promise<UserInfo | undefined>;
  /** Rejects with a StatusError where the API server cannot be asked. */
  authorize: Authorize;
}

/** For a server that knows certificates by itself, as a kubelet. */
export function createReviews(client: KubernetesClient, options: ReviewOptions): Reviews {
  const parts = partsOf(options);
  const tokens = new TokenReviews(client, parts);
  const access = new AccessReviews(client, parts);
  return {
    userOf: (token) => tokens.userOf(token),
    authorize: (user, attributes) => access.decide(user, attributes),
  };
}

/** Throws Fault `usage` for a file that cannot be read. */
export function startDelegation(options: DelegationOptions): Delegation {
  const parts = partsOf(options);
  const trust = new TrustKeeper(options.authentication, parts);
  const tokens = options.authentication && new TokenReviews(options.authentication, parts);
  const access = new AccessReviews(options.authorization, parts);
  return {
    authenticate: createDelegatedAuthentication(() => trust.current, tokens, parts),
    authorize: (user, attributes) => access.decide(user, attributes),
    clientCas: () => trust.clientCas(),
    onClientCas: (listener) => trust.onChange(listener),
    missing: () => trust.missing(),
    lookedUp: trust.lookedUp,
    close: () => trust.close(),
  };
}

function partsOf({
  settings,
  log,
  metrics,
  clock = systemClock,
  random = Math.random,
}: ReviewOptions): DelegationParts {
  return { settings: { ...defaultDelegationSettings, ...settings }, log, metrics, clock, random };
}
