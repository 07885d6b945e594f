import type { RelabelRule } from '../relabel/relabel.ts';

/** What of a prometheus.yml is understood, with defaults filled in and durations in milliseconds. A limit of 0 is none. */
export interface ScrapeConfig {
  jobs: readonly JobConfig[];
  /** Of `global`. */
  intervalMs: number;
  timeoutMs: number;
  /** Ours (`taffrail_monitors`): ServiceMonitors and PodMonitors become jobs, where the cluster has those kinds. */
  monitors: boolean;
  /** What the file asks for and is not done, for people: each names file, line and key. */
  unsupported: readonly string[];
}

export interface JobConfig {
  jobName: string;
  honorLabels: boolean;
  honorTimestamps: boolean;
  trackTimestampsStaleness: boolean;
  params: Readonly<Record<string, readonly string[]>>;
  intervalMs: number;
  timeoutMs: number;
  protocols: readonly ScrapeProtocol[];
  /** What a page without a known Content-Type is read as; undefined: refused. */
  fallbackProtocol: ScrapeProtocol | undefined;
  metricsPath: string;
  scheme: 'http' | 'https';
  compression: boolean;
  bodyBytesMax: number;
  samplesMax: number;
  targetsMax: number;
  labelsMax: number;
  labelNameLengthMax: number;
  labelValueLengthMax: number;
  droppedTargetsKeptMax: number;
  http: HttpClientConfig;
  relabel: readonly RelabelRule[];
  metricRelabel: readonly RelabelRule[];
  discovery: readonly DiscoveryConfig[];
}

export const scrapeProtocols = [
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
] as const;
export type ScrapeProtocol = (typeof scrapeProtocols)[number];

/** A secret as it stands in the configuration, or the file that holds it (read again when it changes). */
export type Secret = { text: string } | { file: string };

export interface HttpClientConfig {
  basicAuth: { username: Secret; password: Secret | undefined } | undefined;
  authorization: { type: string; credentials: Secret | undefined } | undefined;
  tls: TlsConfig;
  followRedirects: boolean;
  headers: Readonly<Record<string, string>>;
  /** Ours: authenticates with the certificate or token, and trusts the authority, that the Kubernetes API is reached with. */
  clusterAccess: boolean;
}

export interface TlsConfig {
  ca: Secret | undefined;
  cert: Secret | undefined;
  key: Secret | undefined;
  serverName: string | undefined;
  insecureSkipVerify: boolean;
}

export type KubernetesRole = 'node' | 'pod' | 'service' | 'endpoints' | 'endpointslice' | 'ingress';

export interface KubernetesDiscoveryConfig {
  kind: 'kubernetes';
  role: KubernetesRole;
  /** Empty: all of them. */
  namespaces: readonly string[];
  ownNamespace: boolean;
  selectors: readonly { role: KubernetesRole; label: string; field: string }[];
  attachNode: boolean;
  attachNamespace: boolean;
}

export type DiscoveryConfig =
  | { kind: 'static'; targets: readonly string[]; labels: Readonly<Record<string, string>> }
  | { kind: 'file'; files: readonly string[]; refreshMs: number }
  | KubernetesDiscoveryConfig
  /** Ours: one target, the objects of the cluster as kube-state-metrics shows them. */
  | { kind: 'objects' };
