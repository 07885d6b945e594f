import type { ScrapeConfig } from './config.ts';
import { readScrapeConfig } from './read-config.ts';

export interface DefaultScrapeOptions {
  intervalMs: number;
  /** How kubelets are reached where it is not as the Kubernetes API is: files, or any certificate. */
  kubelet?: {
    caFile?: string | undefined;
    credentialsFile?: string | undefined;
    certFile?: string | undefined;
    keyFile?: string | undefined;
    insecureSkipVerify?: boolean | undefined;
  };
}

/** What is scraped where no file says otherwise: kubelets, annotated pods and services, monitors, and the cluster's objects. */
export function defaultScrapeConfig(options: DefaultScrapeOptions): ScrapeConfig {
  return readScrapeConfig(defaultScrapeConfigText(options), 'the default configuration');
}

/** The same as a prometheus.yml; the keys that begin with `taffrail_` are ours. */
export function defaultScrapeConfigText({ intervalMs, kubelet = {} }: DefaultScrapeOptions): string {
  const kubelets = ['/metrics', '/metrics/resource', '/metrics/cadvisor'];
  return [
    `global:\n  scrape_interval: ${intervalMs}ms\n  scrape_timeout: ${Math.min(10_000, intervalMs)}ms`,
    'taffrail_monitors: true',
    'scrape_configs:',
    ...kubelets.map((path) => kubeletJob(path, kubelet)),
    podJob,
    endpointsJob,
    objectsJob,
  ].join('\n');
}

function kubeletJob(path: string, kubelet: NonNullable<DefaultScrapeOptions['kubelet']>): string {
  const { caFile, credentialsFile, certFile, keyFile, insecureSkipVerify } = kubelet;
  const tls = { ca_file: caFile, cert_file: certFile, key_file: keyFile, insecure_skip_verify: insecureSkipVerify };
  return `
  - job_name: kubelet${path.slice('/metrics'.length).replace('/', '-')}
    scheme: https
    metrics_path: ${path}
    honor_labels: true
    track_timestamps_staleness: true
    taffrail_cluster_access: true
    tls_config: ${JSON.stringify(tls)}
    ${credentialsFile === undefined ? '' : `authorization: ${JSON.stringify({ credentials_file: credentialsFile })}`}
    kubernetes_sd_configs:
      - role: node
    relabel_configs:
      - { target_label: job, replacement: kubelet }
      - { source_labels: [__metrics_path__], target_label: metrics_path }
      - { source_labels: [__meta_kubernetes_node_name], target_label: node }`;
}

/** The annotations that the field has agreed on, of a pod or of the service in front of it. */
function annotationRules(kind: 'pod' | 'service'): string {
  const annotation = `__meta_kubernetes_${kind}_annotation_prometheus_io`;
  return `
      - { source_labels: [${annotation}_scrape], action: keep, regex: 'true' }
      - { source_labels: [__meta_kubernetes_pod_phase], action: drop, regex: 'Pending|Succeeded|Failed' }
      - { source_labels: [__meta_kubernetes_pod_container_init], action: drop, regex: 'true' }
      - { source_labels: [${annotation}_scheme], action: replace, regex: '(https?)', target_label: __scheme__ }
      - { source_labels: [${annotation}_path], action: replace, regex: '(.+)', target_label: __metrics_path__ }
      - source_labels: [__address__, ${annotation}_port]
        action: replace
        regex: '(\\[[^\\]]+\\]|[^:]+)(?::\\d+)?;(\\d+)'
        replacement: $1:$2
        target_label: __address__
      - { source_labels: [__meta_kubernetes_namespace], target_label: namespace }
      - { source_labels: [__meta_kubernetes_pod_name], target_label: pod }
      - { source_labels: [__meta_kubernetes_pod_node_name], target_label: node }`;
}

const podJob = `
  - job_name: kubernetes-pods
    kubernetes_sd_configs:
      - role: pod
    relabel_configs:${annotationRules('pod')}`;

const endpointsJob = `
  - job_name: kubernetes-service-endpoints
    kubernetes_sd_configs:
      - role: endpoints
    relabel_configs:${annotationRules('service')}
      - { source_labels: [__meta_kubernetes_service_name], target_label: service }`;

const objectsJob = `
  - job_name: kube-state-metrics
    honor_labels: true
    taffrail_objects_sd_configs:
      - {}`;
