import type { Clock } from '../../base/clock.ts';
import type { Logger, MetricsRegistry } from '../../telemetry/telemetry.ts';

/** Header names of the front proxy, and who may be one. */
export interface RequestHeaderSettings {
  /** A file of PEM; names below count only with it, else those of the ConfigMap do. */
  clientCaFile: string | undefined;
  /** Common names of its certificate; any where it is empty. */
  allowedNames: readonly string[];
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeadersPrefix: readonly string[];
}

export interface DelegationSettings {
  /** Goes before the client CA of the ConfigMap. */
  clientCaFile: string | undefined;
  requestHeader: RequestHeaderSettings;
  /** The ConfigMap is not looked at. */
  skipLookup: boolean;
  /** Where the ConfigMap may not be read, only tokens and files count, and nothing fails. */
  tolerateLookupFailure: boolean;
  tokenTtlMs: number;
  allowedTtlMs: number;
  deniedTtlMs: number;
  /** For one review, retries included. */
  reviewTimeoutMs: number;
  /** Reviews under way at once, of tokens and of access each; more are answered with 429. They share connections with the watches. */
  reviewsRunningMax: number;
  tokensKeptMax: number;
  answersKeptMax: number;
  /** Exact paths, or prefixes that end in `*`; only of requests that are for no resource. */
  alwaysAllowPaths: readonly string[];
  alwaysAllowGroups: readonly string[];
  /** How often files are looked at. */
  fileCheckMs: number;
}

export const defaultDelegationSettings: DelegationSettings = {
  clientCaFile: undefined,
  requestHeader: {
    clientCaFile: undefined,
    allowedNames: [],
    usernameHeaders: ['x-remote-user'],
    uidHeaders: [],
    groupHeaders: ['x-remote-group'],
    extraHeadersPrefix: ['x-remote-extra-'],
  },
  skipLookup: false,
  tolerateLookupFailure: false,
  tokenTtlMs: 10_000,
  allowedTtlMs: 10_000,
  deniedTtlMs: 10_000,
  reviewTimeoutMs: 10_000,
  reviewsRunningMax: 100,
  tokensKeptMax: 32_768,
  answersKeptMax: 8192,
  alwaysAllowPaths: ['/healthz', '/readyz', '/livez'],
  alwaysAllowGroups: ['system:masters'],
  fileCheckMs: 10_000,
};

/** What every part of the room is given. */
export interface DelegationParts {
  settings: DelegationSettings;
  log: Logger;
  metrics: MetricsRegistry;
  clock: Clock;
  random: () => number;
}
