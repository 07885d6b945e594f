import type { KubeObject } from '../../../kubernetes/client/client.ts';
import { sanitized } from '../discovery/kubernetes/meta-labels.ts';

/** What a monitor becomes: a scrape_config as prometheus.yml writes it, with secrets still to be fetched. */
export interface MonitorJob {
  name: string;
  /** Of prometheus.yml. */
  config: Record<string, unknown>;
}

/** A key of a Secret or ConfigMap in the monitor's namespace. */
export interface Reference {
  kind: 'secrets' | 'configmaps';
  namespace: string;
  name: string;
  key: string;
}

type Rule = Record<string, unknown>;
type Fields = Record<string, unknown>;

interface Endpoint extends Fields {
  port?: string;
  portNumber?: number;
  targetPort?: string | number;
  relabelings?: Fields[];
  metricRelabelings?: Fields[];
}

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Gives the text behind a reference. */
export type Resolve = (reference: Reference) => string;

const meta = (name: string) => `__meta_kubernetes_${name}`;
const replace = (source: string, target: string, regex = '(.+)'): Rule => ({
  source_labels: [source],
  regex,
  target_label: target,
});

/** A job for each endpoint of a ServiceMonitor, with the labels and the name that the Prometheus operator gives it. */
export function serviceMonitorJobs(monitor: KubeObject, resolve: Resolve): MonitorJob[] {
  const { spec } = monitor;
  return ((spec?.endpoints ?? []) as Endpoint[]).map((endpoint, at) => ({
    name: `serviceMonitor/${monitor.metadata.namespace}/${monitor.metadata.name}/${at}`,
    config: {
      ...settingsOf(monitor, endpoint, resolve),
      ...discoveryOf(monitor, 'endpoints'),
      relabel_configs: [
        ...selectorRules('service', spec?.selector ?? {}),
        ...portRules(endpoint, 'endpoint_port_name'),
        ...targetRules('Node', 'node'),
        ...targetRules('Pod', 'pod'),
        { source_labels: [meta('namespace')], target_label: 'namespace' },
        { source_labels: [meta('service_name')], target_label: 'service' },
        { source_labels: [meta('pod_name')], target_label: 'pod' },
        { source_labels: [meta('pod_container_name')], target_label: 'container' },
        ...runningRules(endpoint),
        ...textsOf(spec?.targetLabels).map((name) =>
          replace(meta(`service_label_${sanitized(name)}`), sanitized(name)),
        ),
        ...podTargetRules(spec?.podTargetLabels),
        { source_labels: [meta('service_name')], target_label: 'job' },
        ...jobRules('service', spec?.jobLabel),
        ...endpointRules(endpoint),
        ...rulesOf(endpoint.relabelings),
      ],
      metric_relabel_configs: rulesOf(endpoint.metricRelabelings),
    },
  }));
}

/** The same of a PodMonitor. */
export function podMonitorJobs(monitor: KubeObject, resolve: Resolve): MonitorJob[] {
  const { spec, metadata } = monitor;
  return ((spec?.podMetricsEndpoints ?? []) as Endpoint[]).map((endpoint, at) => ({
    name: `podMonitor/${metadata.namespace}/${metadata.name}/${at}`,
    config: {
      ...settingsOf(monitor, endpoint, resolve),
      ...discoveryOf(monitor, 'pod'),
      relabel_configs: [
        ...runningRules(endpoint),
        ...selectorRules('pod', spec?.selector ?? {}),
        ...portRules(endpoint, 'pod_container_port_name'),
        { source_labels: [meta('namespace')], target_label: 'namespace' },
        { source_labels: [meta('pod_container_name')], target_label: 'container' },
        { source_labels: [meta('pod_name')], target_label: 'pod' },
        ...podTargetRules(spec?.podTargetLabels),
        { target_label: 'job', replacement: `${metadata.namespace}/${metadata.name}` },
        ...jobRules('pod', spec?.jobLabel),
        ...endpointRules(endpoint),
        ...rulesOf(endpoint.relabelings),
      ],
      metric_relabel_configs: rulesOf(endpoint.metricRelabelings),
    },
  }));
}

/** Keys whose names differ only in how they are written. */
const ofEndpoint: Record<string, string> = {
  path: 'metrics_path',
  scheme: 'scheme',
  params: 'params',
  interval: 'scrape_interval',
  scrapeTimeout: 'scrape_timeout',
  honorLabels: 'honor_labels',
  honorTimestamps: 'honor_timestamps',
  trackTimestampsStaleness: 'track_timestamps_staleness',
  followRedirects: 'follow_redirects',
  bearerTokenFile: 'bearer_token_file',
};
const ofMonitor: Record<string, string> = {
  sampleLimit: 'sample_limit',
  targetLimit: 'target_limit',
  labelLimit: 'label_limit',
  labelNameLengthLimit: 'label_name_length_limit',
  labelValueLengthLimit: 'label_value_length_limit',
  keepDroppedTargets: 'keep_dropped_targets',
  bodySizeLimit: 'body_size_limit',
  scrapeProtocols: 'scrape_protocols',
  fallbackScrapeProtocol: 'fallback_scrape_protocol',
};

function settingsOf(monitor: KubeObject, endpoint: Endpoint, resolve: Resolve): Fields {
  const config: Fields = { ...renamed(endpoint, ofEndpoint), ...renamed(monitor.spec ?? {}, ofMonitor) };
  if (config.bearer_token_file === '') delete config.bearer_token_file;
  if (typeof config.scheme === 'string') config.scheme = config.scheme.toLowerCase();
  return { ...config, ...credentialsOf(monitor.metadata.namespace ?? 'default', endpoint, resolve) };
}

function renamed(fields: Fields, names: Record<string, string>): Fields {
  const found = Object.entries(names).filter(([name]) => fields[name] !== undefined && fields[name] !== null);
  return Object.fromEntries(found.map(([name, key]) => [key, fields[name]]));
}

interface KeyOf {
  name?: string;
  key?: string;
}

function credentialsOf(namespace: string, endpoint: Endpoint, resolve: Resolve): Fields {
  const text = (from: KeyOf | undefined, kind: Reference['kind'] = 'secrets') =>
    from?.name && from.key ? resolve({ kind, namespace, name: from.name, key: from.key }) : undefined;
  const either = (from: { secret?: KeyOf; configMap?: KeyOf } | undefined) =>
    text(from?.secret) ?? text(from?.configMap, 'configmaps');
  const tls = (endpoint.tlsConfig ?? {}) as Fields & { keySecret?: KeyOf };
  const basic = endpoint.basicAuth as { username?: KeyOf; password?: KeyOf } | undefined;
  const authorization = endpoint.authorization as { type?: string; credentials?: KeyOf } | undefined;
  const config: Fields = {
    tls_config: {
      ca: either(tls.ca as never),
      cert: either(tls.cert as never),
      key: text(tls.keySecret),
      ca_file: tls.caFile,
      cert_file: tls.certFile,
      key_file: tls.keyFile,
      server_name: tls.serverName,
      insecure_skip_verify: tls.insecureSkipVerify ?? false,
    },
  };
  const bearer = text(endpoint.bearerTokenSecret as KeyOf | undefined);
  if (bearer !== undefined) config.bearer_token = bearer;
  if (basic) config.basic_auth = { username: text(basic.username) ?? '', password: text(basic.password) ?? '' };
  if (authorization)
    config.authorization = { type: authorization.type ?? 'Bearer', credentials: text(authorization.credentials) };
  return config;
}

function discoveryOf(monitor: KubeObject, role: 'endpoints' | 'pod'): Fields {
  const { any = false, matchNames = [] } = monitor.spec?.namespaceSelector ?? {};
  const names = any ? [] : matchNames.length > 0 ? matchNames : [monitor.metadata.namespace];
  const attach = monitor.spec?.attachMetadata?.node === true;
  return { kubernetes_sd_configs: [{ role, namespaces: { names }, attach_metadata: { node: attach } }] };
}

function selectorRules(kind: 'service' | 'pod', selector: LabelSelector): Rule[] {
  const rule = (name: string, values: readonly string[], action: 'keep' | 'drop'): Rule => ({
    source_labels: [meta(`${kind}_label_${sanitized(name)}`), meta(`${kind}_labelpresent_${sanitized(name)}`)],
    regex: `(${values.map(literal).join('|')});true`,
    action,
  });
  const present = (name: string, action: 'keep' | 'drop'): Rule => ({
    source_labels: [meta(`${kind}_labelpresent_${sanitized(name)}`)],
    regex: 'true',
    action,
  });
  const rules = Object.entries(selector.matchLabels ?? {}).map(([name, value]) => rule(name, [value], 'keep'));
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    if (operator === 'In') rules.push(rule(key, values, 'keep'));
    else if (operator === 'NotIn') rules.push(rule(key, values, 'drop'));
    else if (operator === 'Exists') rules.push(present(key, 'keep'));
    else if (operator === 'DoesNotExist') rules.push(present(key, 'drop'));
    else throw new Error(`spec.selector has the operator ${JSON.stringify(operator)}`);
  }
  return rules;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function portRules({ port, portNumber, targetPort }: Endpoint, nameLabel: string): Rule[] {
  const keep = (label: string, value: string | number): Rule[] => [
    { source_labels: [meta(label)], regex: literal(String(value)), action: 'keep' },
  ];
  if (port) return keep(nameLabel, port);
  if (portNumber) return keep('pod_container_port_number', portNumber);
  if (typeof targetPort === 'number') return keep('pod_container_port_number', targetPort);
  return targetPort ? keep('pod_container_port_name', targetPort) : [];
}

function targetRules(kind: string, label: string): Rule[] {
  const source = [meta('endpoint_address_target_kind'), meta('endpoint_address_target_name')];
  return [{ source_labels: source, regex: `${kind};(.*)`, target_label: label }];
}

function runningRules({ filterRunning }: Endpoint): Rule[] {
  if (filterRunning === false) return [];
  return [{ source_labels: [meta('pod_phase')], regex: '(Failed|Succeeded)', action: 'drop' }];
}

function podTargetRules(names: unknown): Rule[] {
  return textsOf(names).map((name) => replace(meta(`pod_label_${sanitized(name)}`), sanitized(name)));
}

function jobRules(kind: 'service' | 'pod', label: unknown): Rule[] {
  return typeof label === 'string' && label !== '' ? [replace(meta(`${kind}_label_${sanitized(label)}`), 'job')] : [];
}

function endpointRules({ port, targetPort, portNumber }: Endpoint): Rule[] {
  const name = port || targetPort || portNumber;
  return name === undefined ? [] : [{ target_label: 'endpoint', replacement: String(name) }];
}

function rulesOf(rules: Fields[] | undefined): Rule[] {
  const names = {
    sourceLabels: 'source_labels',
    separator: 'separator',
    regex: 'regex',
    modulus: 'modulus',
    targetLabel: 'target_label',
    replacement: 'replacement',
    action: 'action',
  };
  return (rules ?? []).map((rule) => renamed(rule, names));
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
